/** Public surface of `espalier`: re-exports only. */
export * from './errors.js';
export type { Graph, GraphNode } from './graph/graph.js';
export type { Network, NetworkSource } from './graph/network.js';
export type { Summary, SummaryLayer } from './graph/summary.js';
export type { Budget } from './io/budget.js';
export { dense } from './layers/dense.js';
export { dropout } from './layers/dropout.js';
export { flatten } from './layers/flatten.js';
export { gelu } from './layers/gelu.js';
export type { LayerSpec } from './layers/layer.js';
export { leakyRelu } from './layers/leakyRelu.js';
export { relu } from './layers/relu.js';
export { sigmoid } from './layers/sigmoid.js';
export { softmax } from './layers/softmax.js';
export { tanh } from './layers/tanh.js';
export {
  type BatchOptions,
  type LayerView,
  type LoadOptions,
  loadModel,
  prune,
  type Sequential,
  type SequentialOptions,
  sequential,
  type WeightView,
} from './model/index.js';
export {
  type Allocation,
  erk,
  perLayer,
  type ScoredTensor,
  type TensorShape,
} from './prune/allocations/index.js';
export type { Criterion, CriterionContext } from './prune/criteria/index.js';
export { lamp } from './prune/criteria/lamp.js';
export { magnitude } from './prune/criteria/magnitude.js';
export { random } from './prune/criteria/random.js';
export { type DynamicOptions, type DynamicRules, dynamic, rigl, set } from './prune/presets/dynamic.js';
export { type GradualOptions, gradual } from './prune/presets/gradual.js';
export { iterative, oneShot, type RoundSchedule } from './prune/presets/rounds.js';
export type { PruneOptions, PruneReport, RetrainOptions, RoundReport, TensorReport } from './prune/prune.js';
export type { Survivors } from './prune/survivors.js';
export { type Features, probe } from './runtime/probe.js';
export { cosine, cubic, linear, type Schedule, stepDecay, warmup } from './schedules/index.js';
export type { SessionLayer } from './session/layers.js';
export { createSession, loadSession, type Session, type SessionOptions } from './session/session.js';
export {
  type Callback,
  checkpoint,
  csvLog,
  type EarlyStoppingOptions,
  type EpochLogs,
  earlyStopping,
  type FitRun,
  type History,
  jsonlLog,
  type ProgressBarOptions,
  progressBar,
  type StepLogs,
} from './train/callbacks/index.js';
export type { LabelledData, Targets } from './train/data.js';
export type { Metrics } from './train/evaluate.js';
export type { FitOptions } from './train/fitOptions.js';
export { binaryCrossEntropy } from './train/losses/binaryCrossEntropy.js';
export type { LossName } from './train/losses/index.js';
export type { Loss } from './train/losses/loss.js';
export { meanSquaredError } from './train/losses/meanSquaredError.js';
export { softmaxCrossEntropy } from './train/losses/softmaxCrossEntropy.js';
export {
  type AdamOptions,
  adam,
  adamw,
  type Optimizer,
  type SgdOptions,
  sgd,
} from './train/optimizers/index.js';
export type { PruningProcess, PruningRun, TrainingPruning } from './train/pruning.js';
export type { StorageChoice } from './train/storage.js';
export { version } from './version.js';
