/** Changes of a stored matrix: of its format, of what is live in it, of its size. Each is all or nothing. */
import { MemoryError } from '../errors.js';
import {
  DenseStorage,
  type FormatName,
  type Place,
  type SparseFormat,
  SparseStorage,
  Structure,
  sparseFormats,
  storageOf,
  structureIn,
} from './formats/index.js';
import { type Choice, gather, select as selectionOf } from './select.js';
import type { StoredMatrix } from './storedMatrix.js';
import { denseOf, type SparseValues, type TensorValues } from './values.js';

function sparseOf({ engine, kernels }: Place, structure: Structure): SparseStorage {
  return new SparseStorage(engine, kernels, structure);
}

function structureOf({ engine, kernels, rows, cols }: Place, data: SparseValues): Structure {
  const grid = { rows, cols, height: sparseFormats[data.format] };
  return Structure.fromArrays(engine, kernels, grid, data.rowPtr, data.colIdx);
}

/** Sparse storage of another structure: what both have is carried over, the rest begins at zero. */
function becomeSparse(matrix: StoredMatrix, format: SparseFormat, make: () => Structure): void {
  const old = matrix.storage;
  const storage = () => sparseOf(matrix.place, make());
  if (old instanceof DenseStorage) {
    matrix.prepare(storage, (next, to, from) => next.fromDense(to, from))();
  } else if (old instanceof SparseStorage && old.format === format) {
    matrix.prepare(storage, (next, to, from) => next.carry(to, old, from))();
  } else {
    matrix.withDense((dense) => {
      matrix.prepare(storage, (next, to, from) => {
        old.toDense(dense.address, from);
        next.fromDense(to, dense.address);
      })();
    });
  }
}

function becomeDense(matrix: StoredMatrix): void {
  const { place, storage: old } = matrix;
  const make = () => {
    const next = new DenseStorage(place.engine, place.kernels, place.rows * place.cols);
    next.setMask(old.readMask());
    return next;
  };
  matrix.prepare(make, (_, to, from) => old.toDense(to, from))();
}

/** Changes the format, not the values; live weights must come in whole blocks of it. */
export function convert(matrix: StoredMatrix, format: FormatName): void {
  const { place, storage } = matrix;
  if (format === storage.format) return;
  if (format === 'dense') becomeDense(matrix);
  else becomeSparse(matrix, format, () => structureIn(place, storage, format));
}

/** Dense storage with that mask; values and slots that it prunes become zero. */
export function setMask(matrix: StoredMatrix, mask: Uint8Array | null): void {
  convert(matrix, 'dense');
  const storage = matrix.storage as DenseStorage;
  storage.setMask(mask);
  for (const array of [storage, ...matrix.slots]) storage.applyMask(array.address);
}

/** True when the matrix is stored under that very structure. */
function isLike({ storage }: StoredMatrix, data: SparseValues): boolean {
  if (!(storage instanceof SparseStorage) || storage.format !== data.format) return false;
  const { rowPtr, colIdx } = storage.structure.read();
  const same = (a: Uint32Array, b: Uint32Array) => a.length === b.length && a.every((n, i) => n === b[i]);
  return same(rowPtr, data.rowPtr) && same(colIdx, data.colIdx);
}

/**
 * Takes over copied values with their structure; slots of weights that were live and stay so are kept. Where the structure is
 * that of now, and where dense weights have masks before and after, it takes no memory.
 */
export function restore(matrix: StoredMatrix, data: TensorValues): void {
  const { place } = matrix;
  try {
    if (data.format === 'dense') setMask(matrix, data.mask);
    else if (!isLike(matrix, data)) becomeSparse(matrix, data.format, () => structureOf(place, data));
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    matrix.rebuild(data); // no room for both
    return;
  }
  if (data.format === 'dense') matrix.write(data.values);
  else place.engine.memory.f32.set(data.values, matrix.storage.address / 4);
}

/** Values of that copy at the weights that are live now; 0 where it has none. Structure and slots stay. Takes no memory. */
export function rewind(matrix: StoredMatrix, data: TensorValues): void {
  matrix.write(denseOf(data));
}

/** Keeps what `keep` has 1 for: a byte a weight in dense storage, a byte a block in sparse storage, compacted in place. */
export function prune(matrix: StoredMatrix, keep: Uint8Array): void {
  const { storage } = matrix;
  if (!(storage instanceof SparseStorage)) {
    setMask(matrix, keep);
    return;
  }
  const bytes = matrix.place.engine.memory.allocate(keep.length, false);
  try {
    bytes.u8(keep.length).set(keep);
    const arrays = Array.from(matrix.slots, (slot) => slot.block);
    storage.select(bytes.address, arrays);
  } finally {
    bytes.free();
  }
}

/** Drops what `keep` has 0 for, and connects weights or blocks at ascending positions `added`, all zero. */
export function rewire(matrix: StoredMatrix, keep: Uint8Array, added: Uint32Array): void {
  const { place, storage: old } = matrix;
  if (!(old instanceof SparseStorage)) {
    const mask = keep.slice();
    setMask(matrix, mask);
    for (const position of added) mask[position] = 1;
    (old as DenseStorage).setMask(mask);
    return;
  }
  const { engine } = place;
  const { height } = old.structure.grid;
  matrix.prepare(
    () => sparseOf(place, old.structure.changed(engine, keep, added)),
    (next, to, from) => {
      const floats = engine.memory.f32; // nothing can fail from here on, and the old array is about to go
      for (let i = 0, at = from / 4; i < keep.length; i++, at += height) {
        if (keep[i] === 0) floats.fill(0, at, at + height);
      }
      next.carry(to, old, from);
    },
  )();
}

/**
 * A smaller matrix of those rows and columns, with structure and slots. It is made now; the function that comes back
 * puts it in the place of this one, and cannot fail.
 */
export function select(matrix: StoredMatrix, choice: Choice): () => void {
  const { place, storage } = matrix;
  const { memory } = place.engine;
  const selection = selectionOf(storage.read(), place.rows, place.cols, choice);
  const smaller = { ...place, rows: selection.rows, cols: selection.cols };
  return matrix.prepare(
    () => storageOf(smaller, selection.data),
    (next, to, from) => {
      if (to === next.address) return; // its values came with the selection
      const view = (address: number, count: number) => memory.f32.subarray(address / 4, address / 4 + count);
      gather(view(to, next.count), view(from, storage.count), selection);
    },
    smaller,
  );
}
