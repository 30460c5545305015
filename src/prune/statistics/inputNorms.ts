import { readDoubles } from './room.js';
import { byWeight, type PassStatistic } from './statistic.js';

/** ||X_j||_2 over all samples, for every input of a layer. */
export const inputNorms: PassStatistic<Float64Array> = {
  kind: 'forward',
  collect({ kernels, room, weights }) {
    const sums = byWeight(weights, ({ parameter }) => room.doubles(parameter.cols));
    return {
      afterLayer({ layer, x, inputs, lanes }, count) {
        const weight = weights.find((one) => one.layer === layer);
        if (!weight) return;
        kernels.add_square_sums_f64(sums.get(weight.index)!.address, x, inputs, lanes, count);
      },
      finish: () =>
        byWeight(weights, ({ index, parameter }) =>
          readDoubles(sums.get(index)!, parameter.cols).map((sum) => Math.sqrt(sum)),
        ),
    };
  },
};
