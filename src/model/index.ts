/** Models: what users build, train, prune, save and load. */

export { type Architecture, type ArchitectureName, architectures, createModel } from './architectures.js';
export type { BatchOptions } from './batchTrainer.js';
export { type LoadOptions, loadModel, prune, type SequentialOptions, sequential } from './create.js';
export { type TrainExitOptions, trainExit } from './exit.js';
export type { Mask, Masks } from './masks.js';
export { Sequential } from './sequential.js';
export { removeLayers, removeUnits, shrink } from './surgery.js';
export type { LayerView, WeightView } from './views.js';
