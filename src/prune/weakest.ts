/** Which connections of a weight are its weakest. */
import type { Structure } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Trainable } from '../train/trainable.js';
import { keepHighest, sortableKeys } from './select.js';

/** Scores of the live blocks of a weight, from an array that lies as its values do (a byte address). */
export function liveScores(
  { engine, kernels }: Trainable,
  { storage }: Parameter,
  structure: Structure,
  array: number,
): Float32Array {
  const { count, grid } = structure;
  const { memory } = engine;
  const [scores, values] = memory.allOrNothing(() => [
    memory.allocate(count * 4, false),
    memory.allocate(count * grid.height * 4, false),
  ]);
  try {
    let from = array;
    if (storage.format === 'dense') {
      const { rowPtr, colIdx } = structure;
      from = values.address;
      kernels.blocks_gather_f32(from, rowPtr, colIdx, array, grid.rows, grid.cols, 1);
    }
    kernels.blocks_scores_f32(scores.address, from, count, grid.height);
    return scores.f32(count).slice();
  } finally {
    scores.free();
    values.free();
  }
}

/** Marks the `count` blocks with the highest scores, ties keep the lower position. */
export function keepLargest(scores: Float32Array, count: number): Uint8Array {
  return keepHighest([sortableKeys('drop', scores)], count)[0]!;
}

/** Marks the blocks that stay: of either sign all but the `share` with the lowest scores. */
export function keepBySign(scores: Float32Array, share: number, positive: Uint8Array): Uint8Array {
  const keys = sortableKeys('drop', scores);
  const kept = (length: number) => length - Math.floor(length * share);
  const keep = new Uint8Array(keys.length);
  for (const sign of [0, 1]) {
    const places = Uint32Array.from(keys.keys()).filter((i) => positive[i] === sign);
    const mask = keepHighest([Uint32Array.from(places, (i) => keys[i]!)], kept(places.length))[0]!;
    places.forEach((place, i) => {
      keep[place] = mask[i]!;
    });
  }
  return keep;
}

/** 1 for every live weight that is not negative. */
export function signsOf(parameter: Parameter, positions: Uint32Array): Uint8Array {
  const { format, values } = parameter.values();
  return Uint8Array.from(positions, (at, i) => (values[format === 'dense' ? at : i]! < 0 ? 0 : 1));
}
