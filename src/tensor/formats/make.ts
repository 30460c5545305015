import type { TensorValues } from '../values.js';
import { DenseStorage } from './dense.js';
import type { Place } from './fit.js';
import type { Storage } from './format.js';
import { SparseStorage } from './sparse.js';
import { Structure } from './structure.js';

/** Storage of copied values, in their format and structure. To be called within allOrNothing(). */
export function storageOf({ engine, kernels, rows, cols }: Place, data: TensorValues): Storage {
  let storage: Storage;
  if (data.format === 'dense') {
    const made = new DenseStorage(engine, kernels, rows * cols);
    made.setMask(data.mask);
    storage = made;
  } else {
    const grid = { rows, cols, height: data.height };
    const structure = Structure.fromArrays(engine, kernels, grid, data.rowPtr, data.colIdx);
    storage = new SparseStorage(engine, kernels, structure);
  }
  engine.memory.f32.set(data.values, storage.address / 4);
  return storage;
}
