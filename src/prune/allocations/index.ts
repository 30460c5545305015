/** Registry of allocations: a new one is one file and one line here. */
import type { Allocation } from './allocation.js';
import { erk } from './erk.js';
import { global } from './global.js';
import { rows } from './rows.js';
import { uniform } from './uniform.js';

export const allocations = { uniform, global, erk: erk(), rows } as const satisfies Readonly<
  Record<string, Allocation>
>;
export { type Allocation, keptOf, layerOf, type ScoredTensor, type TensorShape } from './allocation.js';
export { erk } from './erk.js';
export { perLayer } from './perLayer.js';
export { keepAbove, standardDeviations, type Threshold } from './threshold.js';

/** Name of a built-in allocation. */
export type AllocationName = keyof typeof allocations;
