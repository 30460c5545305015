import type { Parameter } from '../tensor/parameter.js';
import { entriesOf } from '../tensor/values.js';

/** Ascending row-major positions where a mask has not 0. */
export function positionsIn(mask: ArrayLike<number>): Uint32Array {
  let count = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) count++;
  const positions = new Uint32Array(count);
  for (let i = 0, next = 0; i < mask.length; i++) if (mask[i] !== 0) positions[next++] = i;
  return positions;
}

/** Ascending row-major positions of the weights that are not pruned; null when none is. */
export function livePositions(parameter: Parameter): Uint32Array | null {
  const { storage } = parameter;
  if (storage.format !== 'dense') {
    const stored = parameter.values();
    if (stored.format !== 'dense') return entriesOf(stored).positions;
  }
  const mask = parameter.readMask();
  return mask && positionsIn(mask);
}
