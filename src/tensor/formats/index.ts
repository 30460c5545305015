/** How the values of a parameter can lie in memory. A sparse format of another height is one line in format.ts. */
export { DenseStorage } from './dense.js';
export { misfitsIn, type Place, structureIn } from './fit.js';
export { type FormatName, type SparseFormat, type Storage, sparseFormats } from './format.js';
export { storageOf } from './make.js';
export { SparseStorage } from './sparse.js';
export { Structure } from './structure.js';
