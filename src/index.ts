/**
 * Everything: building, training, pruning, running, files and reports. `import { sequential, prune } from 'espalier'`.
 *
 * @module espalier
 */

export { type BatchTime, type TradeOff, type TradeOffOptions, tradeOff } from './bench/tradeOff.js';
export * from './errors.js';
export {
  type Exported,
  type ExportedScript,
  type ExportedWasm,
  type ExportFormat,
  type ExportOptions,
  type ExportSize,
  exportModule,
} from './export/exportModule.js';
export type { Graph, GraphNode } from './graph/graph.js';
export type { Network, NetworkSource, ParameterValues } from './graph/network.js';
export { type LayerRun, removableLayers } from './graph/removable.js';
export type { Summary, SummaryLayer } from './graph/summary.js';
export { type UnitGroup, type UnitMember, unitGroups } from './graph/units.js';
export type { Budget } from './io/budget.js';
export { type KernelSource, type KernelSources, loadKernels } from './io/kernels.js';
export type { FileSource } from './io/modelSource.js';
export type { CheckpointValue } from './io/state.js';
export { type BatchNormOptions, batchNorm } from './layers/batchNorm.js';
export { type Conv2dOptions, conv2d } from './layers/conv2d.js';
export { dense } from './layers/dense.js';
export { dropout } from './layers/dropout.js';
export { flatten } from './layers/flatten.js';
export { gelu } from './layers/gelu.js';
export type { Pair } from './layers/geometry.js';
export type { LayerSpec, LayerType } from './layers/layer.js';
export { leakyRelu } from './layers/leakyRelu.js';
export { avgPool2d, globalAvgPool2d, maxPool2d, type PoolOptions } from './layers/pooling.js';
export { relu } from './layers/relu.js';
export { residual } from './layers/residual.js';
export { sigmoid } from './layers/sigmoid.js';
export { softmax } from './layers/softmax.js';
export { tanh } from './layers/tanh.js';
export {
  type Architecture,
  type ArchitectureName,
  architectures,
  type BatchOptions,
  createModel,
  type LayerView,
  type LoadOptions,
  loadModel,
  type Mask,
  type Masks,
  prune,
  removeLayers,
  removeUnits,
  type Sequential,
  type SequentialOptions,
  sequential,
  shrink,
  type TrainExitOptions,
  trainExit,
  type WeightView,
} from './model/index.js';
export {
  type Allocation,
  erk,
  perLayer,
  type ScoredTensor,
  standardDeviations,
  type TensorShape,
  type Threshold,
} from './prune/allocations/index.js';
export type { CalibrationOptions } from './prune/calibration.js';
export type { TensorReport } from './prune/census.js';
export { apoz } from './prune/criteria/apoz.js';
export { batchNormScale } from './prune/criteria/batchNormScale.js';
export { fpgm } from './prune/criteria/fpgm.js';
export { grasp } from './prune/criteria/grasp.js';
export type {
  Criterion,
  CriterionContext,
  CriterionDefaults,
  CriterionName,
} from './prune/criteria/index.js';
export { lamp } from './prune/criteria/lamp.js';
export { magnitude } from './prune/criteria/magnitude.js';
export { meanActivation } from './prune/criteria/meanActivation.js';
export { obs } from './prune/criteria/obs.js';
export { random } from './prune/criteria/random.js';
export { snip } from './prune/criteria/snip.js';
export { sparsegpt } from './prune/criteria/sparsegpt.js';
export { synflow } from './prune/criteria/synflow.js';
export { taylor, unitTaylor } from './prune/criteria/taylor.js';
export { wanda } from './prune/criteria/wanda.js';
export type { Cut, ScoreHistogram } from './prune/cut.js';
export { type LayerLiveness, type Liveness, liveness } from './prune/liveness.js';
export type { Fate, LogEntry, PruningLog } from './prune/log.js';
export { type MaskOverlap, type MaskSource, maskOverlap, type TensorOverlap } from './prune/overlap.js';
export { type AcdcOptions, acdc } from './prune/presets/acdc.js';
export { type BatchNormSlimmingOptions, batchNormSlimming } from './prune/presets/batchNormSlimming.js';
export { type DynamicOptions, type DynamicRules, dynamic, rigl, set } from './prune/presets/dynamic.js';
export {
  type DynamicNetworkSurgeryOptions,
  dynamicNetworkSurgery,
} from './prune/presets/dynamicNetworkSurgery.js';
export { type GradualOptions, gradual } from './prune/presets/gradual.js';
export { type GranetOptions, granet } from './prune/presets/granet.js';
export { type L0Options, l0 } from './prune/presets/l0.js';
export { learningRateRewinding, lotteryTicket, type TicketOptions } from './prune/presets/lotteryTicket.js';

export { type MovementOptions, movement } from './prune/presets/movement.js';
export { iterative, oneShot, type RoundSchedule } from './prune/presets/rounds.js';
export { type SrSteOptions, srSte } from './prune/presets/srSte.js';
export { type TrainableThresholdOptions, trainableThreshold } from './prune/presets/trainableThreshold.js';
export type { PruneOptions, RetrainOptions } from './prune/pruneOptions.js';
export type { AbsentConnections, RegrowthScores } from './prune/regrowth/index.js';
export type { PruneReport, PruneStart, RoundReport } from './prune/report.js';
export type { RewindTarget } from './prune/rewindTo.js';
export { sensitivity } from './prune/sensitivity.js';
export type { SensitivityOptions } from './prune/sensitivityOptions.js';
export type { LayerSensitivity, Sensitivity, SensitivityPoint } from './prune/sensitivityResult.js';
export type { ShrinkLayer, ShrinkReport } from './prune/shrinkReport.js';
export type { Activity, StatisticName, WeightStatistics } from './prune/statistics/index.js';
export {
  block,
  channel,
  filter,
  type GroupNumbers,
  type NeuronOptions,
  neuron,
  nm,
  type PoolName,
  type RemovalStructure,
  type Structure,
  type StructureName,
  type WeightMatrix,
  type WeightStructure,
} from './prune/structures/index.js';
export type { KeptUnits, RemoveUnitsOptions } from './prune/surgery.js';
export type { Survivors } from './prune/survivors.js';
export { type SensitivityChartOptions, sensitivityChart } from './report/comparisonSections.js';
export type { ReportContent } from './report/content.js';
export { renderReport, report } from './report/report.js';
export type { BuildName } from './runtime/engine.js';
export { type Features, probe } from './runtime/probe.js';
export { cosine, cubic, linear, type Schedule, stepDecay, warmup } from './schedules/index.js';
export type { Exit, ExitSessionOptions } from './session/exitOptions.js';
export type { ExitSession } from './session/exitSession.js';
export { createExitSession, loadExitSession } from './session/exits.js';
export type { SessionLayer } from './session/layers.js';
export type { SessionOptions } from './session/options.js';
export type { KernelChoice } from './session/planner.js';
export type { ExitShare, HistogramBin, Labels, MultiplyAdds, Profile } from './session/profile.js';
export { createSession, loadSession, type Session } from './session/session.js';
export type { FormatName } from './tensor/formats/index.js';
export type { ParameterSpec } from './tensor/parameterSpec.js';
export type { Shape } from './tensor/shape.js';
export type { Augmentation, AugmentationProcess } from './train/augment/augmentation.js';
export { type ApplyOptions, augmentImages, type ImageAugmentation } from './train/augment/augmentImages.js';
export type { ElasticOptions, ImageAugmentationOptions } from './train/augment/imageOptions.js';
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
  type ProgressStream,
  progressBar,
  type Resumed,
  type StepLogs,
} from './train/callbacks/index.js';
export type { CheckpointOptions, CheckpointStore } from './train/checkpoint/options.js';
export type { LabelledData, Targets } from './train/data.js';
export type { Metrics } from './train/evaluate.js';
export type { FitOptions } from './train/fitOptions.js';
export { binaryCrossEntropy } from './train/losses/binaryCrossEntropy.js';
export type { LossName } from './train/losses/index.js';
export type { Loss, LossCall } from './train/losses/loss.js';
export { meanSquaredError } from './train/losses/meanSquaredError.js';
export { softCrossEntropy } from './train/losses/softCrossEntropy.js';
export { softmaxCrossEntropy } from './train/losses/softmaxCrossEntropy.js';
export {
  type AdamOptions,
  adam,
  adamw,
  type Optimizer,
  type SgdOptions,
  sgd,
  type UpdateCall,
} from './train/optimizers/index.js';
export type { WeightPass } from './train/passes.js';
export type { PruningProcess, PruningRun, TrainingPruning } from './train/pruning.js';
export type { StorageChoice } from './train/storage.js';
export type { Snapshot } from './train/trainable.js';
export { version } from './version.js';
