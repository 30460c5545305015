/** Snapshots of all parameters to plain data and back. */
import type { CheckpointValue } from '../../io/state.js';
import { type SparseFormat, sparseFormats } from '../../tensor/formats/index.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { SparseValues, TensorValues } from '../../tensor/values.js';
import { trainsIn } from '../storage.js';
import type { Snapshot } from '../trainable.js';
import { bytesOf, type Fields, fieldsOf, floatsOf, listOf, refuse, wordsOf } from './read.js';

/** As they are stored. */
export function packSnapshot(snapshot: Snapshot): CheckpointValue {
  return snapshot.map((values) => ({ ...values }));
}

/** Row pointers begin at 0, never fall, and end at the number of columns; these rise within each group. */
function expectStructure(what: string, { rowPtr, colIdx, cols }: Omit<SparseValues, 'values'>): void {
  if (rowPtr[0] !== 0 || rowPtr.at(-1) !== colIdx.length) refuse(`${what}.rowPtr`, rowPtr);
  for (let group = 0; group + 1 < rowPtr.length; group++) {
    const [begin, end] = [rowPtr[group]!, rowPtr[group + 1]!];
    if (end < begin || end > colIdx.length) refuse(`${what}.rowPtr`, end);
    for (let i = begin; i < end; i++) {
      if (colIdx[i]! >= cols || (i > begin && colIdx[i]! <= colIdx[i - 1]!))
        refuse(`${what}.colIdx`, colIdx[i]);
    }
  }
}

function readDense(what: string, { values, mask }: Fields, { length, prunable }: Parameter): TensorValues {
  const floats = floatsOf(`${what}.values`, values, length);
  if (mask === null) return { format: 'dense', values: floats, mask };
  const bytes = bytesOf(`${what}.mask`, mask, length);
  const wrong = bytes.findIndex((kept, i) => kept > 1 || (kept === 0 && floats[i] !== 0)); // no weight may come back
  if (wrong >= 0 || !prunable) refuse(`${what}.mask`, bytes[wrong]);
  return { format: 'dense', values: floats, mask: bytes };
}

function readSparse(what: string, fields: Fields, format: SparseFormat, parameter: Parameter): TensorValues {
  const { rows, cols } = parameter;
  const height = sparseFormats[format];
  const same = fields.rows === rows && fields.cols === cols && fields.height === height;
  if (!same || !trainsIn(parameter, format)) refuse(`${what}.rows`, fields.rows);
  const rowPtr = wordsOf(`${what}.rowPtr`, fields.rowPtr, Math.ceil(rows / height) + 1);
  const colIdx = wordsOf(`${what}.colIdx`, fields.colIdx);
  const structure = { format, rows, cols, height, rowPtr, colIdx };
  expectStructure(what, structure);
  return { ...structure, values: floatsOf(`${what}.values`, fields.values, colIdx.length * height) };
}

/** A snapshot of those parameters, in whatever formats; inverse of packSnapshot(). Throws FormatError. */
export function readSnapshot(what: string, parameters: readonly Parameter[], value: unknown): Snapshot {
  return listOf(what, value, parameters.length).map((entry, i) => {
    const parameter = parameters[i]!;
    const name = `${what} of ${parameter.name}`;
    const fields = fieldsOf(name, entry);
    const { format } = fields;
    if (format === 'dense') return readDense(name, fields, parameter);
    if (typeof format !== 'string' || !Object.hasOwn(sparseFormats, format)) refuse(`${name}.format`, format);
    return readSparse(name, fields, format as SparseFormat, parameter);
  });
}
