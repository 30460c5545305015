import { readDoubles } from './room.js';
import { type Activity, byWeight, type PassStatistic } from './statistic.js';

/** For every unit: the share of samples for which it is not zero after its activation, and its mean there. */
export const activity: PassStatistic<Activity> = {
  kind: 'forward',
  collect({ kernels, room, weights, samples }) {
    const sums = byWeight(weights, ({ parameter }) => ({
      nonzero: room.doubles(parameter.rows),
      total: room.doubles(parameter.rows),
    }));
    return {
      afterLayer({ layer, y, outputs, lanes }, count) {
        const weight = weights.find(({ activation }) => activation === layer);
        if (!weight) return;
        const { nonzero, total } = sums.get(weight.index)!;
        kernels.add_activity_f64(nonzero.address, total.address, y, outputs, lanes, count);
      },
      finish: () =>
        byWeight(weights, ({ index, parameter: { rows } }) => {
          const { nonzero, total } = sums.get(index)!;
          const mean = (sum: number) => sum / samples;
          return { nonzero: readDoubles(nonzero, rows).map(mean), mean: readDoubles(total, rows).map(mean) };
        }),
    };
  },
};
