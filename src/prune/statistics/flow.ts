import type { Block } from '../../runtime/memory.js';
import { layOut, readDoubles, writeDoubles } from './room.js';
import { type Bench, byWeight, type OwnStatistic, type StudiedWeight } from './statistic.js';

/** Scales to a largest value of 1: layers multiply up to any size otherwise. All zeros stay so. */
function normalized(values: Float64Array): Float64Array {
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  return top > 0 ? values.map((value) => value / top) : values;
}

interface Vectors {
  readonly weights: Block;
  readonly x: Block;
  readonly y: Block;
}

/** |W| · x, or |W|^T · y, by the kernels. */
function pass(
  { kernels }: Bench,
  { parameter }: StudiedWeight,
  { weights, x, y }: Vectors,
  given: Float64Array,
  forward: boolean,
): Float64Array {
  const { rows, cols } = parameter;
  parameter.storage.toDense(weights.address, parameter.address);
  writeDoubles(forward ? x : y, given);
  if (forward) kernels.flow_forward_f64(y.address, weights.address, x.address, rows, cols);
  else kernels.flow_backward_f64(x.address, weights.address, y.address, rows, cols);
  return readDoubles(forward ? y : x, forward ? rows : cols);
}

/** y_i x_j / sum_ij(y_i |w_ij| x_j); all zeros where nothing flows. */
function shares(weight: Float32Array, x: Float64Array, y: Float64Array): Float64Array {
  const cols = x.length;
  const flow = new Float64Array(weight.length);
  let sum = 0;
  for (let i = 0; i < flow.length; i++) {
    flow[i] = y[Math.floor(i / cols)]! * x[i % cols]!;
    sum += Math.abs(weight[i]!) * flow[i]!;
  }
  return sum > 0 ? flow.map((value) => value / sum) : flow.fill(0);
}

/**
 * How much of R = 1^T |W_L| ... |W_1| 1 goes through each weight, as dR/d|W| / R: R itself over- or underflows in deep or
 * wide networks. Every layer carries all of R (sum of |w| dR/d|w| = R), so scaling each layer to a sum of 1 divides all of
 * them by the same R, and the ranking over all layers is exact. Biases and activations take no part; the model is only
 * read. Tanaka et al. 2020, arXiv:2006.05467, eq. 1 and theorem 1.
 */
export const flow: OwnStatistic<Float64Array> = {
  kind: 'weights',
  steps: ({ all }) => 2 * all.length,
  async compute(bench, pace) {
    const { room, all, weights } = bench;
    const most = (size: (weight: StudiedWeight) => number) => Math.max(1, ...all.map(size));
    const vectors: Vectors = {
      weights: room.allocate(4 * most(({ parameter }) => parameter.length)),
      x: room.doubles(most(({ parameter }) => parameter.cols)),
      y: room.doubles(most(({ parameter }) => parameter.rows)),
    };
    const forward = new Map<number, Float64Array>();
    let x: Float64Array = new Float64Array(all[0]?.parameter.cols ?? 0).fill(1);
    for (const weight of all) {
      forward.set(weight.index, x);
      x = normalized(pass(bench, weight, vectors, x, true));
      await pace.step();
    }
    const backward = new Map<number, Float64Array>();
    let y: Float64Array = x.fill(1);
    for (const weight of [...all].reverse()) {
      backward.set(weight.index, y);
      y = normalized(pass(bench, weight, vectors, y, false));
      await pace.step();
    }
    return byWeight(weights, ({ index, parameter }) =>
      shares(layOut(parameter, parameter.address, room.memory), forward.get(index)!, backward.get(index)!),
    );
  },
};
