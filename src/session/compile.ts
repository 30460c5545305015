/** Turns a network into programs, one for each width of a tile that the batch is cut into. */
import type { Network } from '../graph/network.js';
import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import { type ConvCostOf, chooseConv, estimateConv } from './convs/choose.js';
import { allInputs, type InputLayout, liveGroups, placesOf, tiler } from './inputs.js';
import { describe, type SessionLayer } from './layers.js';
import { type Lowered, lower } from './lower.js';
import { ceiling, measured, measuredConv } from './measure.js';
import { hasWeight, type Op } from './ops.js';
import { passOf, widestOf } from './passes.js';
import {
  type Choice,
  type CostOf,
  choose,
  cut,
  estimate,
  type KernelChoice,
  TILE_WIDTHS,
  type TileCost,
  type TileRun,
} from './planner.js';
import { compileProgram, type Program } from './program.js';
import { type Simplified, simplify } from './simplify.js';

/** What compiling depends on. */
export interface CompileOptions {
  readonly batch: number;
  readonly kernels: KernelChoice;
  readonly measure: boolean;
  readonly activationThreshold: number;
  /** Where the network stands in a larger one: behind a product, which makes its inputs hidden activations. */
  readonly hidden?: boolean;
  /** True to be ready for fewer samples than `batch` as well: those that others have left. */
  readonly fewer?: boolean;
}

/** Everything that a session runs. */
export interface Plan {
  /** By width of a tile. */
  readonly programs: ReadonlyMap<number, Program>;
  /** The same with what a tile costs, to cut other batches with. */
  readonly tiles: readonly TileCost[];
  readonly layers: readonly SessionLayer[];
  /** Features of the widest activation. */
  readonly widest: number;
  /** Samples that go through the whole network together, while they are hot in cache. */
  readonly pass: number;
  /** Buffers for activations. */
  readonly buffers: number;
  /** Brings samples into tiles. */
  readonly tile: (y: number, x: number, samples: number, lanes: number) => void;
  readonly blocks: readonly Block[];
}

/** Nanoseconds that surround the layers of one tile: a call, and each value that is copied and transposed. */
const AROUND: Readonly<Record<'one' | 'tile', readonly [perTile: number, perValue: number]>> = {
  one: [250, 0.1],
  tile: [250, 0.25],
};

function around(lanes: number, values: number): number {
  const [perTile, perValue] = lanes === 1 ? AROUND.one : AROUND.tile;
  return perTile + perValue * values * lanes;
}

/** Operations over tiles, into which live inputs are gathered. */
interface TilePart {
  readonly ops: readonly Op[];
  readonly layout: InputLayout;
}

/** The parts of the network for single samples, which come whole, and for tiles; the latter made when asked for. */
interface Parts {
  readonly features: number;
  readonly one: readonly Op[];
  tile(): TilePart;
}

/** Puts the live inputs of the first operations in their places among `rows` inputs. */
function movedInputs(ops: readonly Op[], places: Uint32Array, rows: number): Op[] {
  const first = ops.findIndex(({ kind }) => kind === 'product'); // only elementwise ones come before it
  return ops.map((op, i) => {
    if (op.kind === 'elementwise') return i < first ? { ...op, size: rows } : op;
    return i === first && op.kind === 'product' ? { ...op, weight: op.weight.moved(places, rows) } : op;
  });
}

function tilePart({ ops, liveInputs }: Simplified, one: readonly Op[], features: number): TilePart {
  if (!liveInputs) return { ops, layout: allInputs(features) };
  const layout = liveGroups(features, liveInputs);
  if (layout.rows === features) return { ops: one, layout };
  return { ops: movedInputs(ops, placesOf(layout, liveInputs), layout.rows), layout };
}

function partsOf(simplified: Simplified, features: number): Parts {
  const { ops, liveInputs } = simplified;
  const one = liveInputs ? movedInputs(ops, liveInputs, features) : ops;
  let tile: TilePart | undefined;
  return {
    features,
    one,
    tile() {
      tile ??= tilePart(simplified, one, features);
      return tile;
    },
  };
}

/** A width, what its tile costs, and the format of every product. */
interface Candidate extends TileCost {
  readonly ops: readonly Op[];
  readonly choices: readonly Choice[];
}

/** How the costs of formats are found. */
interface Costs {
  readonly product: CostOf;
  readonly conv: ConvCostOf;
}

function candidate(parts: Parts, lanes: number, kernels: KernelChoice, costs: Costs): Candidate | null {
  const ops = lanes === 1 ? parts.one : parts.tile().ops;
  const choices: Choice[] = [];
  for (const op of ops) {
    if (!hasWeight(op)) continue;
    const choice =
      op.kind === 'product'
        ? choose(kernels, op.weight, lanes, costs.product)
        : chooseConv(kernels, op, lanes, costs.conv);
    if (!choice) return null;
    choices.push(choice);
  }
  const values = lanes === 1 ? parts.features : parts.tile().layout.rows;
  const cost = choices.reduce((sum, choice) => sum + choice.cost, around(lanes, values));
  return { lanes, cost, ops, choices };
}

/** Candidates of all widths that a batch can fill by half; of wider ones too, only if there is no other. */
function candidatesFor(batch: number, of: (lanes: number) => Candidate | null): Candidate[] {
  const among = (widths: readonly number[]) => widths.map(of).filter((each) => each !== null);
  const narrow = among(TILE_WIDTHS.filter((lanes) => lanes < 2 * batch));
  return narrow.length > 0 ? narrow : among(TILE_WIDTHS);
}

/** Stands for the way into tiles where no program takes them. */
const NO_TILES: ReturnType<typeof tiler> = { blocks: [], run: () => undefined };

const unchanged = ({ ops }: Lowered): Simplified => ({ ops, liveInputs: null, notes: new Map() });

/** Samples up to which every number is prepared for; more differ by whole tiles. */
const MOST_PREPARED = 64;

/** Tiles that a program is needed for, those of the whole batch first. */
function runsOf({ batch, fewer }: CompileOptions, candidates: readonly Candidate[]): TileRun[] {
  const runs = cut(batch, candidates);
  if (!fewer) return runs;
  const counts = Array.from({ length: Math.min(batch, MOST_PREPARED) }, (_, i) => i + 1);
  return [...runs, ...counts.flatMap((count) => cut(count, candidates))];
}

/** Compiles a network for one batch size. */
export function compile(engine: Engine, network: Network, options: CompileOptions): Plan {
  const { batch, kernels, measure, activationThreshold: level, hidden = false } = options;
  const lowered = lower(engine, network, { level, hidden });
  const simplified = kernels === 'dense' ? unchanged(lowered) : simplify(engine, lowered.ops);
  const features = sizeOf(network.graph.inputShape);
  const parts = partsOf(simplified, features);
  const timed = measure && kernels === 'auto';
  const costs = timed
    ? { product: measured(engine), conv: measuredConv(engine) }
    : { product: estimate, conv: estimateConv };
  const candidates = candidatesFor(batch, (lanes) => candidate(parts, lanes, kernels, costs));
  const runs = runsOf(options, candidates);
  const used = candidates.filter(({ lanes }) => runs.some((run) => run.lanes === lanes));
  const programs = new Map(
    used.map((each) => [
      each.lanes,
      compileProgram(engine, each.ops, lowered.result, each.lanes, each.choices),
    ]),
  );
  const tiles = used.some(({ lanes }) => lanes > 1) ? tiler(engine, parts.tile().layout) : NO_TILES;
  const main = programs.get(runs[0]!.lanes)!;
  const widest = widestOf(parts.one, features);
  return {
    programs,
    tiles: used.map(({ lanes, cost }) => ({ lanes, cost })),
    layers: describe(engine, network, lowered, simplified, main, measure ? ceiling(engine) : null),
    widest,
    pass: passOf(parts.one, widest, programs),
    buffers: Math.max(...[...programs.values()].map((program) => program.buffers)),
    tile: tiles.run,
    blocks: [...tiles.blocks, ...[...programs.values()].flatMap((program) => program.blocks)],
  };
}
