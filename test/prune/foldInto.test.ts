import { expect, test } from 'vitest';
import { foldInto } from '../../src/prune/fold.js';

/** One row that reads two units, and one that reads the second. */
const weights = {
  rowPtr: Uint32Array.of(0, 2, 3),
  colIdx: Uint32Array.of(0, 1, 1),
  values: Float32Array.of(Infinity, 2, -1),
};

test('a constant of 0 adds nothing: not to -0, and not what infinity times 0 would', () => {
  const folded = foldInto(Float32Array.of(-0, 5), weights, Float32Array.of(0, 0), 1);
  expect(folded).toEqual(Float32Array.of(-0, 5));
  expect(foldInto(Float32Array.of(1, 5), weights, Float32Array.of(0, 3), 1)).toEqual(Float32Array.of(7, 2));
});
