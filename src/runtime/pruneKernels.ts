/** Kernels of data-driven pruning (float64), loaded when they are first needed: start-up does not know of them. */
import type { PruneKernels } from '../../build/kernels/prune.js';
import { type Engine, instantiate } from './engine.js';

export type { PruneKernels };

const loaded = new WeakMap<Engine, Promise<PruneKernels>>();

/** The pruning kernels of an engine, over the same memory. */
export function pruneKernels(engine: Engine): Promise<PruneKernels> {
  let kernels = loaded.get(engine);
  if (!kernels) {
    kernels = import('../../build/kernels/prune.js')
      .then(({ base64 }) => instantiate<PruneKernels>(base64, engine.memory))
      .catch((error: unknown) => {
        loaded.delete(engine); // the next call tries anew
        throw error;
      });
    loaded.set(engine, kernels);
  }
  return kernels;
}
