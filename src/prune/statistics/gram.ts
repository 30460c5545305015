import { readDoubles } from './room.js';
import { byWeight, type PassStatistic, type StudiedWeight } from './statistic.js';

/** Side of the matrix: the inputs, and a constant one for the bias. */
export function gramSize(cols: number, hasBias: boolean): number {
  return cols + (hasBias ? 1 : 0);
}

const sizeOf = ({ parameter, bias }: StudiedWeight) => gramSize(parameter.cols, bias !== undefined);
/** Kernels work on whole panels of four. */
const padded = (size: number) => Math.ceil(size / 4) * 4;

/** Second moments of the inputs of a layer, X · X^T / samples, in float64; with a constant input where there is a bias. */
export const gram: PassStatistic<Float64Array> = {
  kind: 'forward',
  collect({ kernels, room, weights, samples, batchSize }) {
    const sums = byWeight(weights, (weight) => room.doubles(padded(sizeOf(weight)) * padded(sizeOf(weight))));
    const widest = Math.max(0, ...weights.map(sizeOf));
    const panels = room.allocate(padded(widest) * batchSize * 8, false);
    const list = room.allocate(batchSize * 4, false);
    return {
      afterLayer({ layer, x, inputs, lanes }, count) {
        const weight = weights.find((one) => one.layer === layer);
        if (!weight) return;
        const size = sizeOf(weight);
        kernels.gram_pack_f64(panels.address, x, inputs, lanes, count, size - inputs);
        kernels.gram_add_f64(sums.get(weight.index)!.address, panels.address, size, count, list.address);
      },
      finish: () =>
        byWeight(weights, (weight) => {
          const size = sizeOf(weight);
          const whole = room.memory.allocate(size * size * 8, false);
          try {
            kernels.gram_finish_f64(whole.address, sums.get(weight.index)!.address, size, 1 / samples);
            return readDoubles(whole, size * size);
          } finally {
            whole.free();
          }
        }),
    };
  },
};
