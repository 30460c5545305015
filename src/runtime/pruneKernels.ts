/** Kernels of data-driven pruning (float64), compiled when they are first needed: start-up does not know of them. */
import { encoded, type PruneKernels } from '../../build/kernels/prune.js';
import type { Engine } from './engine.js';
import { instantiate } from './modules.js';

export type { PruneKernels };

const loaded = new WeakMap<Engine, Promise<PruneKernels>>();

/** The pruning kernels of an engine, over the same memory. */
export function pruneKernels(engine: Engine): Promise<PruneKernels> {
  let kernels = loaded.get(engine);
  if (!kernels) {
    kernels = instantiate<PruneKernels>('prune', encoded, engine.memory);
    loaded.set(engine, kernels);
  }
  return kernels;
}
