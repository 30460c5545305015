import type { Block } from '../../runtime/block.js';
import { inputGroups, inputReader, mostSamples } from './inputs.js';
import { type Room, readDoubles } from './room.js';
import { type Bench, byWeight, type PassStatistic, type StudiedWeight } from './statistic.js';

/** Side of the matrix: the inputs, and a constant one for the bias. */
export function gramSize(cols: number, hasBias: boolean): number {
  return cols + (hasBias ? 1 : 0);
}

const sizeOf = ({ parameter, bias }: StudiedWeight) => gramSize(parameter.cols, bias !== undefined);
/** Kernels work on whole panels of four. */
const padded = (size: number) => Math.ceil(size / 4) * 4;

/** Bytes of the sums of one group. */
function groupBytes(weight: StudiedWeight): number {
  const side = padded(sizeOf(weight));
  return side * side * 8;
}

/** The matrices of all groups, one behind the other. */
function finished(
  kernels: Bench['kernels'],
  room: Room,
  sums: Block,
  weight: StudiedWeight,
  groups: number,
  samples: number,
): Float64Array {
  const size = sizeOf(weight);
  const all = new Float64Array(groups * size * size);
  const whole = room.memory.allocate(size * size * 8, false);
  try {
    for (let group = 0; group < groups; group++) {
      const from = sums.address + group * groupBytes(weight);
      kernels.gram_finish_f64(whole.address, from, size, 1 / samples);
      all.set(readDoubles(whole, size * size), group * size * size);
    }
    return all;
  } finally {
    whole.free();
  }
}

/**
 * Second moments of the inputs of a layer, X · X^T / samples, in float64; with a constant input where there is a bias. For a
 * convolution X are its windows, of every group by itself, and their sum over a sample counts as one.
 */
export const gram: PassStatistic<Float64Array> = {
  kind: 'forward',
  collect(bench) {
    const { kernels, room, weights, samples: total } = bench;
    const read = inputReader(bench);
    const groups = byWeight(weights, inputGroups);
    const sums = byWeight(weights, (weight) => room.allocate(groups.get(weight.index)! * groupBytes(weight)));
    const widest = Math.max(0, ...weights.map(sizeOf));
    const most = mostSamples(bench);
    const panels = room.allocate(padded(widest) * most * 8, false);
    const list = room.allocate(most * 4, false);
    return {
      afterLayer(pass, count) {
        const weight = weights.find(({ layer }) => layer === pass.layer);
        if (!weight) return;
        const size = sizeOf(weight);
        read(weight, pass, count, ({ x, features, lanes, samples, group }) => {
          const to = sums.get(weight.index)!.address + group * groupBytes(weight);
          kernels.gram_pack_f64(panels.address, x, features, lanes, samples, size - features);
          kernels.gram_add_f64(to, panels.address, size, samples, list.address);
        });
      },
      finish: () =>
        byWeight(weights, (weight) =>
          finished(kernels, room, sums.get(weight.index)!, weight, groups.get(weight.index)!, total),
        ),
    };
  },
};
