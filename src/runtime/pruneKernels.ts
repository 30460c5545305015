/** Kernels of data-driven pruning (float64), compiled when they are first needed: start-up does not know of them. */
import { encoded, type PruneKernels } from '../../build/kernels/prune.js';
import { perEngine } from './modules.js';

export type { PruneKernels };

/** The pruning kernels of an engine, over the same memory. */
export const pruneKernels = /* @__PURE__ */ perEngine<PruneKernels>('prune', encoded);
