/** Optimizers: a new one is one file and one line here. */
export { type AdamOptions, adam, adamw } from './adam.js';
export type { Optimizer, UpdateCall } from './optimizer.js';
export { type SgdOptions, sgd } from './sgd.js';
