import type { PassStatistic } from './statistic.js';
import { roundedSums, storedSums } from './sums.js';

/** Mean over the batches of (g w)^2, g being the mean gradient of a batch. */
export const taylor: PassStatistic<Float32Array> = {
  kind: 'backward',
  collect(bench) {
    const { kernels, weights } = bench;
    const sums = storedSums(bench);
    let batches = 0;
    return {
      afterBackward(gradients) {
        batches++;
        for (const { index, parameter } of weights) {
          const to = sums.get(index)!.address;
          const { address, count } = parameter;
          kernels.add_squared_products_f64(to, gradients[index]!.address, address, count);
        }
      },
      finish: () => roundedSums(bench, sums, 1 / batches),
    };
  },
};
