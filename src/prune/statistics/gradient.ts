import type { PassStatistic } from './statistic.js';
import { roundedSums, storedSums } from './sums.js';

/** dL/dW averaged over all samples, summed in float64. */
export const gradient: PassStatistic<Float32Array> = {
  kind: 'backward',
  collect(bench) {
    const { kernels, samples, weights } = bench;
    const sums = storedSums(bench);
    return {
      afterBackward(gradients, count) {
        for (const { index, parameter } of weights) {
          const [to, from] = [sums.get(index)!.address, gradients[index]!.address];
          kernels.add_scaled_f64(to, from, parameter.count, count);
        }
      },
      finish: () => roundedSums(bench, sums, 1 / samples),
    };
  },
};
