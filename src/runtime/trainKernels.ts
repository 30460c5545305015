/** Kernels for training and pruning, compiled beside those for inference when they are first needed. */
import { encoded, type TrainKernels } from '../../build/kernels/train.js';
import { perEngine } from './modules.js';

export type { TrainKernels };

/** The training kernels of an engine, over the same memory. */
export const trainKernels = /* @__PURE__ */ perEngine<TrainKernels>('train', encoded);
