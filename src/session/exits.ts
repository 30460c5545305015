/** Opens networks with exits, from models or from files. */
import type { Network, NetworkSource } from '../graph/network.js';
import type { Budget } from '../io/budget.js';
import { type FileSource, openModel } from '../io/modelSource.js';
import { expectOptions } from '../options.js';
import { type Exit, type ExitSessionOptions, expectExits, placeExits } from './exitOptions.js';
import { ExitSession } from './exitSession.js';
import { checkOptions, engineFor, SESSION_OPTIONS, type SessionOptions } from './options.js';
import { networkOf } from './source.js';

async function open(
  where: string,
  network: Network,
  exits: readonly Exit<Network>[],
  options: Required<SessionOptions>,
): Promise<ExitSession> {
  const placed = placeExits(where, network, exits);
  const engine = await engineFor(options);
  return engine.memory.allOrNothing(() => new ExitSession(engine, network, placed, options));
}

/**
 * Compiles a model for inference with early exits: a sample whose margin at a head, the largest softmax probability less the
 * second largest, is above the exit's `margin` is answered there; only the others go on. The answer of a sample does not
 * depend on those beside it, and without leaving equals createSession's bit by bit, except that a unit which never varies is
 * not folded into a bias across an exit (equal within rounding). The session holds copies of model and heads.
 *
 * Teerapittayanon, McDanel & Kung 2016, BranchyNet, arXiv:1709.01686, with a margin in place of entropy.
 *
 * @throws OptionError or ShapeError when an exit names no hidden layer, comes out of order or has a head that does not fit.
 */
export async function createExitSession(
  model: NetworkSource,
  options: ExitSessionOptions,
): Promise<ExitSession> {
  const where = 'createExitSession';
  expectOptions(where, options, [...SESSION_OPTIONS, 'exits']);
  const { exits, ...rest } = options;
  const checked = checkOptions(where, rest);
  expectExits(where, exits);
  const network = networkOf(`${where}: model`, model);
  const heads = exits.map((exit, i) => networkOf(`${where}: exits[${i}]: head`, exit.head));
  const copied = exits.map((exit, i) => ({ ...exit, head: heads[i]! }));
  return open(where, network, copied, checked);
}

/**
 * Compiles model files, the network's and those of the heads, as createExitSession does: bytes, paths, or URLs. Throws
 * FormatError or FileError too; `budget` limits what each file may ask for.
 */
export async function loadExitSession(
  source: FileSource,
  options: ExitSessionOptions<FileSource> & { readonly budget?: Partial<Budget> },
): Promise<ExitSession> {
  const where = 'loadExitSession';
  expectOptions(where, options, [...SESSION_OPTIONS, 'exits', 'budget']);
  const { exits, budget, ...rest } = options;
  const checked = checkOptions(where, rest);
  expectExits(where, exits);
  const engine = await engineFor(checked);
  const networks = await Promise.all(
    [source, ...exits.map(({ head }) => head)].map((file) => openModel(where, file, budget, engine)),
  );
  const [network, ...heads] = networks.map((file) => file.network);
  const decoded = exits.map((exit, i) => ({ ...exit, head: heads[i]! }));
  return open(where, network!, decoded, checked);
}
