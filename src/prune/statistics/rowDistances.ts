import { readDoubles } from './room.js';
import type { OwnStatistic } from './statistic.js';

/** Sum of the Euclidean distances of a row to all others, for every row. */
export const rowDistances: OwnStatistic<Float64Array> = {
  kind: 'weights',
  steps: ({ weights }) => weights.reduce((sum, { parameter }) => sum + parameter.rows, 0),
  async compute({ kernels, room, weights }, pace) {
    const found = new Map<number, Float64Array>();
    for (const { index, parameter } of weights) {
      const { rows, cols, length } = parameter;
      const sums = room.doubles(rows);
      const weight = room.allocate(length * 4, false);
      parameter.storage.toDense(weight.address, parameter.address);
      for (let row = 0; row < rows; row++) {
        kernels.add_row_distances_f64(sums.address, weight.address, row, rows, cols);
        await pace.step();
      }
      found.set(index, readDoubles(sums, rows));
    }
    return found;
  },
};
