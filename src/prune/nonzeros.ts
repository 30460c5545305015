import type { Parameter } from '../tensor/parameter.js';
import { entriesOf } from '../tensor/values.js';

/** The nonzeros of a matrix, row by row; NaN is one, -0 is none. */
export interface Nonzeros {
  readonly rowPtr: Uint32Array;
  readonly colIdx: Uint32Array;
  readonly values: Float32Array;
}

/** A copy of the weights that are not zero, pruned or not. */
export function nonzerosOf(parameter: Parameter): Nonzeros {
  const { rows, cols } = parameter;
  const stored = parameter.values();
  const entries = stored.format === 'dense' ? null : entriesOf(stored);
  const all = entries?.values ?? stored.values;
  const count = all.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);
  const rowPtr = new Uint32Array(rows + 1);
  const colIdx = new Uint32Array(count);
  const values = new Float32Array(count);
  let next = 0;
  for (let i = 0; i < all.length; i++) {
    if (all[i] === 0) continue;
    const at = entries ? entries.positions[i]! : i;
    rowPtr[Math.floor(at / cols) + 1]!++;
    colIdx[next] = at % cols;
    values[next++] = all[i]!;
  }
  for (let row = 0; row < rows; row++) rowPtr[row + 1]! += rowPtr[row]!;
  return { rowPtr, colIdx, values };
}
