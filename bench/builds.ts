/**
 * Two builds of this package in one process, in turns: what a change of a kernel or of the planner does to whole
 * sessions, and whether their outputs kept their bits. A kernel alone, with buffers of its own, may tell otherwise.
 *
 *   git worktree add ../before main && (cd ../before && npm ci && npm run build)
 *   npm run build && npm run bench:builds -- --against ../before/dist [--only lenet5,wide] [--batches 1,32] [--json]
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { OptionError } from '../src/errors.js';
import type * as Espalier from '../src/index.js';
import { expectOneOf } from '../src/options.js';
import { formatMicros, table } from '../src/report/index.js';
import { SeededRandom } from '../test/support/seededRandom.js';
import { type Case, interleave, ratio } from './interleave.js';
import { machine } from './machine.js';

type Build = typeof Espalier;

const make: Readonly<Record<string, (build: Build) => Promise<Espalier.Sequential>>> = {
  lenet300: (build) => build.createModel('lenet300', { seed: 1 }),
  wide: ({ dense, relu, sequential }) =>
    sequential({ inputShape: [784], seed: 1 }, [dense(1024), relu(), dense(1024), relu(), dense(10)]),
  lenet5: (build) => build.createModel('lenet5', { seed: 1 }),
  residual: (build) => build.createModel('residual', { seed: 1 }),
  depthwise: (build) => build.createModel('depthwise', { seed: 1 }),
};
const names = Object.keys(make);
const SPARSITIES = [0, 0.5, 0.9];

/** A network in both builds. */
interface Row {
  readonly network: string;
  readonly sparsity: number;
  readonly batch: number;
  readonly before: number;
  readonly now: number;
  readonly faster: number;
  readonly sameBits: boolean;
}

const load = (folder: string) => import(pathToFileURL(resolve(folder, 'index.js')).href) as Promise<Build>;

async function compare(
  builds: readonly Build[],
  network: string,
  sparsity: number,
  batch: number,
): Promise<Row> {
  const x = new SeededRandom(3).floats(batch * 784);
  const outputs: Float32Array[] = [];
  const made: { dispose(): void }[] = [];
  const cases = await Promise.all(
    builds.map(async (build, i): Promise<Case> => {
      const model = await make[network]!(build);
      if (sparsity > 0) await build.prune(model, { sparsity, allocation: 'uniform' });
      const session = await build.createSession(model, { batch });
      const out = session.run(x);
      outputs[i] = out.slice();
      made.push(session, model);
      const run = (times: number) => {
        for (let n = 0; n < times; n++) session.run(x, out);
      };
      return { name: String(i), run };
    }),
  );
  const [before, now] = await interleave(cases);
  for (const each of made) each.dispose();
  const sameBits = outputs[0]!.every((value, i) => Object.is(value, outputs[1]![i]));
  return {
    network,
    sparsity,
    batch,
    before: before!.micros,
    now: now!.micros,
    faster: ratio(before!, now!),
    sameBits,
  };
}

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    only: { type: 'string', default: names.join() },
    batches: { type: 'string', default: '1,8,32,256' },
    json: { type: 'boolean', default: false },
  },
});
if (values.against === undefined)
  throw new OptionError('bench:builds: --against must name the dist folder of another build, got none');
const networks = values.only.split(',').map((name) => expectOneOf('bench:builds', '--only', name, names));
const batches = values.batches.split(',').map(Number);
const builds = [await load(values.against), await load('dist')];
console.error(`${machine()}, one thread, medians of interleaved rounds`);
const rows: Row[] = [];
for (const network of networks)
  for (const sparsity of SPARSITIES)
    for (const batch of batches) rows.push(await compare(builds, network, sparsity, batch));
console.error(
  table([
    ['network', 'zeros', 'batch', 'before', 'now', 'faster', 'outputs'],
    ...rows.map((row) => [
      row.network,
      `${row.sparsity * 100} %`,
      String(row.batch),
      formatMicros(row.before),
      formatMicros(row.now),
      `${row.faster.toFixed(2)}x`,
      row.sameBits ? 'the same bits' : 'OTHER BITS',
    ]),
  ]),
);
if (values.json) console.log(JSON.stringify({ machine: machine(), rows }));
