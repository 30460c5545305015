/** Whether what is live in a matrix comes in whole blocks. */
import type { Engine } from '../../runtime/engine.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import { type FormatName, type SparseFormat, type Storage, sparseFormats } from './format.js';
import { Structure } from './structure.js';

/** Where the structure of a matrix is made: its size, and what makes it. */
export interface Place {
  readonly engine: Engine;
  readonly kernels: TrainKernels;
  readonly rows: number;
  readonly cols: number;
}

/** The structure, in blocks of that format, of what is live in a storage. */
export function structureIn(place: Place, storage: Storage, format: SparseFormat): Structure {
  const { engine, kernels, rows, cols } = place;
  const length = rows * cols;
  const bytes = engine.memory.allocate(length, false);
  try {
    const mask = storage.readMask();
    if (mask) bytes.u8(length).set(mask);
    else bytes.u8(length).fill(1);
    return Structure.fromMask(engine, kernels, { rows, cols, height: sparseFormats[format] }, bytes.address);
  } finally {
    bytes.free();
  }
}

/** Pruned weights in those blocks of a format that hold a live one: training would bring them back. */
export function misfitsIn(place: Place, storage: Storage, format: FormatName): number {
  if (format === 'dense' || format === 'csr' || format === storage.format) return 0;
  const structure = structureIn(place, storage, format);
  const { weights } = structure;
  structure.free();
  return weights - storage.live;
}
