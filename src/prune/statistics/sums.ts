import type { Block } from '../../runtime/block.js';
import { layOut } from './room.js';
import { type Bench, byWeight } from './statistic.js';

/** A double for every stored value of every weight, by position. */
export function storedSums({ weights, room }: Bench): Map<number, Block> {
  return byWeight(weights, ({ parameter }) => room.doubles(parameter.count));
}

/** Those sums times `scale`, laid out row-major in float32. */
export function roundedSums(
  { kernels, room, weights }: Bench,
  sums: ReadonlyMap<number, Block>,
  scale: number,
): Map<number, Float32Array> {
  return byWeight(weights, ({ index, parameter }) => {
    const rounded = room.memory.allocate(parameter.count * 4, false);
    try {
      kernels.round_scaled_f32(rounded.address, sums.get(index)!.address, parameter.count, scale);
      return layOut(parameter, rounded.address, room.memory);
    } finally {
      rounded.free();
    }
  });
}
