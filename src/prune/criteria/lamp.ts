import { describedAs } from '../../described.js';
import type { Criterion } from './criterion.js';

/** First place in an ascending list that is not below `value`. */
function lowerBound(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Layer-adaptive magnitude: score = w^2 / sum of all v^2 >= w^2 of the same layer. With the `'global'` allocation it finds a
 * share for every layer, and never empties one: the largest weight scores 1. Lee et al. 2021, arXiv:2010.07611.
 */
export function lamp(): Criterion {
  const score: Criterion = ({ weight }) => {
    const squares = weight.map((value) => value * value);
    const sorted = squares.slice().sort();
    const rest = new Float64Array(sorted.length + 1);
    for (let i = sorted.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + sorted[i]!;
    return squares.map((square) => (square === 0 ? 0 : square / rest[lowerBound(sorted, square)]!));
  };
  return describedAs({ kind: 'lamp' }, Object.assign(score, { elementwise: true }));
}
