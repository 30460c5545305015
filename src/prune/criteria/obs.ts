import { describedAs } from '../../described.js';
import { expectNumber, expectOptions } from '../../options.js';
import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import { type PruneKernels, pruneKernels } from '../../runtime/pruneKernels.js';
import { inverseOf, type Moments, momentsOf } from '../moments.js';
import { Room, readDoubles, writeDoubles } from '../statistics/room.js';
import { Pace } from '../statistics/study.js';
import { type Criterion, type CriterionContext, engineOf, statisticOf } from './criterion.js';
import { eachGroup } from './eachGroup.js';

const LARGEST = 0x7f7fffff; // bits of the largest float32

/**
 * Scores that rise strictly along an elimination: the running maximum of the losses, or the next float where it stands
 * still. A ranking over all rows then takes each row's weights in their order.
 */
export function risingScores(losses: Float64Array): Float32Array {
  const scores = Float32Array.from(losses);
  const bits = new Int32Array(scores.buffer); // those of floats >= 0 sort as the floats do
  let last = -1;
  for (let i = 0; i < bits.length; i++) {
    last = Math.min(Math.max(bits[i]!, last + 1), LARGEST);
    bits[i] = last;
  }
  return scores;
}

/** What rows are eliminated with, one after the other. */
interface Bench {
  readonly kernels: PruneKernels;
  /** Columns, the constant first. */
  readonly inputs: Uint32Array;
  readonly inverse: Block;
  readonly a: Block;
  readonly w: Block;
  readonly ids: Block;
  readonly keep: Block;
  readonly gone: Block;
  readonly loss: Block;
}

function benchOf(kernels: PruneKernels, room: Room, moments: Moments): Bench {
  const { cols, live, constant } = moments;
  const inputs = Uint32Array.from(constant ? [cols, ...live] : live);
  const n = inputs.length;
  const inverse = inverseOf(kernels, room, moments, inputs, 'obs');
  return {
    ...{ kernels, inputs, inverse, a: room.doubles(n * n), w: room.doubles(n), ids: room.allocate(n * 4) },
    ...{ keep: room.allocate(n), gone: room.allocate(n * 4), loss: room.doubles(n) },
  };
}

/** Addresses of what a row is eliminated with, in the order of the kernel. */
type Places = [gone: number, loss: number, a: number, w: number, ids: number, keep: number];

/** Multiplications of one call: some milliseconds. */
const TOGETHER = 3e6;

/** Weights that are left after one call, of `count`: eliminating one takes count^2 / 2 multiplications. */
const leftOf = (count: number) => count - Math.ceil((2 * TOGETHER) / (count * count));

/** Eliminates all weights of one row [cols], and writes their scores. */
async function eliminateRow(
  bench: Bench,
  row: Float32Array,
  mask: Uint8Array | null,
  scores: Float32Array,
  pace: Pace,
): Promise<void> {
  const { kernels, inputs, inverse, a, w, ids, keep, gone, loss } = bench;
  const n = inputs.length;
  const isWeight = (j: number) => j < row.length;
  new Uint8Array(a.memory.buffer).copyWithin(a.address, inverse.address, inverse.address + n * n * 8);
  // What the constant is multiplied with, the bias, is free to change: its value does not matter.
  const values = Float64Array.from(inputs, (j) => (isWeight(j) ? row[j]! : 0));
  const kept = Uint8Array.from(inputs, (j) => (isWeight(j) && mask?.[j] === 0 ? 0 : 1));
  writeDoubles(w, values);
  ids.u32(n).set(inputs);
  keep.u8(n).set(kept);
  const fixed = n > 0 && !isWeight(inputs[0]!) ? 1 : 0;
  const live = kept.reduce((sum, one) => sum + one, 0) - fixed;
  const places = [gone, loss, a, w, ids, keep].map(({ address }) => address) as Places;
  for (let count = n; count > fixed; ) {
    const least = Math.max(fixed, leftOf(count));
    kernels.obs_row_f64(...places, n, fixed, count, least);
    count = least;
    await pace.turn();
  }
  const rising = risingScores(readDoubles(loss, live).reverse());
  gone.u32(live).forEach((j, i) => {
    scores[j] = rising[live - 1 - i]!;
  });
}

async function eliminate(context: CriterionContext, engine: Engine, moments: Moments): Promise<Float32Array> {
  const { weight, mask } = context;
  const { cols } = moments;
  const kernels = await pruneKernels(engine);
  const rows = weight.length / cols;
  const pace = new Pace('obs', rows, context);
  const scores = new Float32Array(weight.length);
  const room = new Room(engine.memory);
  try {
    const bench = benchOf(kernels, room, moments);
    for (let from = 0; from < weight.length; from += cols) {
      const [row, bytes] = [weight.subarray(from, from + cols), mask?.subarray(from, from + cols) ?? null];
      await eliminateRow(bench, row, bytes, scores.subarray(from, from + cols), pace);
      await pace.step();
    }
    return scores;
  } finally {
    room.free();
  }
}

/**
 * Optimal brain surgeon, exact and row by row: of every row, the weight p = argmin w_p^2 / [H^-1]_pp goes, the others move by
 * -w_p / [H^-1]_pp H^-1_p, and so on to the last; H = X X^T / samples + damp mean(diagonal) I. With a bias, H has the
 * constant input, which never goes: the bias may make up for weights too. Score = running maximum of w_p^2 / [H^-1]_pp, the
 * increase of the mean squared error of the layer's output (of a convolution, summed over its pixels), along the elimination of the row; so one ranking over rows takes
 * what costs least next. Weights of inputs that are always 0 score 0. Best with survivors `'reconstruct'`.
 * Hassibi & Stork 1993; Frantar & Alistarh 2022, arXiv:2208.11580, algorithms 1 and 2.
 *
 * Throws OptionError unless damp >= 0, NumericError when H has no inverse (only with damp 0).
 */
export function obs(options: { damp?: number } = {}): Criterion {
  expectOptions('obs', options, ['damp']);
  const damp = expectNumber('obs', 'damp', options.damp ?? 0.01, 0);
  const score: Criterion = (context) => {
    const gram = statisticOf('obs', context, 'gram');
    const cols = context.weight.length / context.shape[0]!;
    const engine = engineOf('obs', context);
    return eachGroup(context, gram, (part, own) =>
      eliminate(part, engine, momentsOf(context.name, own, cols, damp)),
    );
  };
  return describedAs(
    { kind: 'obs', damp },
    Object.assign(score, {
      needs: ['gram'],
      layerwise: true,
      defaults: { survivors: 'reconstruct' },
    } as const),
  );
}
