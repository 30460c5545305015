import { inputGroups, inputReader } from './inputs.js';
import { readDoubles } from './room.js';
import { byWeight, type PassStatistic } from './statistic.js';

/** ||X_j||_2 over all samples, for every input of a layer; of a convolution, over all windows of every group. */
export const inputNorms: PassStatistic<Float64Array> = {
  kind: 'forward',
  collect(bench) {
    const { kernels, room, weights } = bench;
    const read = inputReader(bench);
    const length = byWeight(weights, (weight) => inputGroups(weight) * weight.parameter.cols);
    const sums = byWeight(weights, ({ index }) => room.doubles(length.get(index)!));
    return {
      afterLayer(pass, count) {
        const weight = weights.find(({ layer }) => layer === pass.layer);
        if (!weight) return;
        const to = sums.get(weight.index)!.address;
        read(weight, pass, count, ({ x, features, lanes, samples, group }) => {
          kernels.add_square_sums_f64(to + group * features * 8, x, features, lanes, samples);
        });
      },
      finish: () =>
        byWeight(weights, ({ index }) =>
          readDoubles(sums.get(index)!, length.get(index)!).map((sum) => Math.sqrt(sum)),
        ),
    };
  },
};
