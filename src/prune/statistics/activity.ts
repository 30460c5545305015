import type { Block } from '../../runtime/block.js';
import { readDoubles } from './room.js';
import { type Activity, byWeight, type PassStatistic, type StudiedWeight } from './statistic.js';

/** Sums over samples, for every feature of the layer behind which units have their final values. */
interface Sums {
  readonly nonzero: Block;
  readonly total: Block;
  readonly features: number;
}

/** Means over samples, and over the features (pixels) that each unit has. */
function means(sums: Float64Array, units: number, samples: number): Float64Array {
  const pixels = sums.length / units;
  return Float64Array.from({ length: units }, (_, unit) => {
    let sum = 0;
    for (let i = unit * pixels; i < (unit + 1) * pixels; i++) sum += sums[i]!;
    return sum / (samples * pixels);
  });
}

/**
 * For every unit: how often it is not zero once it has its final value, and its mean there; over samples and, for the channels
 * of an image, pixels. Hu et al. 2016, arXiv:1607.03250, eq. 1.
 */
export const activity: PassStatistic<Activity> = {
  kind: 'forward',
  collect({ study, kernels, room, weights, samples }) {
    const { nodes } = study.model.graph;
    const sums = byWeight(weights, ({ activation }: StudiedWeight): Sums => {
      const features = nodes[activation]!.outputShape.reduce((product, side) => product * side, 1);
      return { nonzero: room.doubles(features), total: room.doubles(features), features };
    });
    return {
      afterLayer({ layer, y, lanes }, count) {
        const weight = weights.find(({ activation }) => activation === layer);
        if (!weight) return;
        const { nonzero, total, features } = sums.get(weight.index)!;
        kernels.add_activity_f64(nonzero.address, total.address, y, features, lanes, count);
      },
      finish: () =>
        byWeight(weights, ({ index, parameter: { rows } }) => {
          const { nonzero, total, features } = sums.get(index)!;
          const mean = (block: Block) => means(readDoubles(block, features), rows, samples);
          return { nonzero: mean(nonzero), mean: mean(total) };
        }),
    };
  },
};
