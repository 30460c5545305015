/** Weights to measure with: a given share of zeros at random places, seeded. */
import { SeededRandom } from '../../test/support/seededRandom.js';
import type { PeerLayer } from '../peers.js';

/** A matrix [rows, cols] with values in [-1, 1); `sparsity` of its weights, or of its blocks of rows, are zero. */
export function randomWeight(
  rows: number,
  cols: number,
  sparsity: number,
  seed: number,
  block = 1,
): Float32Array {
  const random = new SeededRandom(seed);
  const groups = Math.ceil(rows / block);
  const keep = random.mask(groups * cols, sparsity);
  return random
    .floats(rows * cols)
    .map((value, i) => (keep[Math.floor(Math.floor(i / cols) / block) * cols + (i % cols)] ? value : 0));
}

/** A matrix of which every run of m inputs of a row holds n weights. */
export function nmWeight(rows: number, cols: number, n: number, m: number, seed: number): Float32Array {
  const random = new SeededRandom(seed);
  const w = random.floats(rows * cols).map((value) => value || 1);
  const order = random.floats(rows * cols);
  for (let first = 0; first < w.length; first += m) {
    const places = Array.from({ length: m }, (_, i) => first + i).sort((a, b) => order[a]! - order[b]!);
    for (const place of places.slice(n)) w[place] = 0;
  }
  return w;
}

/** A multilayer perceptron with the same share of zeros in every layer; ReLU on all but the last. */
export function randomLayers(sizes: readonly number[], sparsity: number): PeerLayer[] {
  return sizes.slice(1).map((outFeatures, i) => {
    const inFeatures = sizes[i]!;
    const bound = Math.sqrt(6 / (inFeatures * (1 - sparsity)));
    const weight = randomWeight(outFeatures, inFeatures, sparsity, 10 * i + 1).map((value) => value * bound);
    const bias = new SeededRandom(10 * i + 2).floats(outFeatures).map((value) => value * 0.1);
    return { weight, bias, outFeatures, inFeatures, relu: i < sizes.length - 2 };
  });
}
