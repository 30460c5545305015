/** How many multiply-adds a sample needs. */
import type { SessionLayer } from './layers.js';
import type { Program } from './program.js';

/**
 * Multiply-adds of a sample: by all weights, and by those that are left after pruning, dropping and folding. Both count where a weight
 * meets a pixel, not the border around an image, nor padding.
 */
export interface WeightCounts {
  readonly dense: number;
  readonly live: number;
}

/** Counts those of a compiled network. */
export function weightCounts(layers: readonly SessionLayer[], { steps }: Program): WeightCounts {
  const dense = layers.reduce((sum, layer) => sum + layer.denseMultiplyAdds, 0);
  let live = 0;
  for (const step of steps) for (const count of step.columnCounts() ?? []) live += count;
  return { dense, live };
}

/**
 * Adds to tally [samples] how many weights the nonzero features of each sample meet; NaN is not zero.
 *
 * `memory` holds x [tiles, features, lanes] at byte `address`; columnCounts [features].
 */
export function addLive(
  tally: Float64Array,
  memory: Float32Array,
  address: number,
  columnCounts: Uint32Array,
  lanes: number,
): void {
  const features = columnCounts.length;
  for (let s = 0; s < tally.length; s++) {
    const lane = s % lanes;
    let at = address / 4 + (s - lane) * features + lane;
    let sum = 0;
    for (let f = 0; f < features; f++, at += lanes) if (memory[at] !== 0) sum += columnCounts[f]!;
    tally[s]! += sum;
  }
}
