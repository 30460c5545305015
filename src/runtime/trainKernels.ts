/** Kernels for training and pruning, loaded beside those for inference when they are first needed. */
import { encoded, type TrainKernels } from '../../build/kernels/train.js';
import type { Engine } from './engine.js';
import { instantiate } from './modules.js';

export type { TrainKernels };

const loaded = new WeakMap<Engine, Promise<TrainKernels>>();

/** The training kernels of an engine, over the same memory. */
export function trainKernels(engine: Engine): Promise<TrainKernels> {
  let kernels = loaded.get(engine);
  if (!kernels) {
    kernels = instantiate<TrainKernels>('train', encoded, engine.memory);
    loaded.set(engine, kernels);
  }
  return kernels;
}
