/** Options of prune. */
import type { CheckpointOptions, CheckpointStore } from '../train/checkpoint/options.js';
import type { LabelledData } from '../train/data.js';
import type { FitOptions } from '../train/fitOptions.js';
import type { Allocation, AllocationName, Threshold } from './allocations/index.js';
import type { CalibrationOptions } from './calibration.js';
import type { Criterion, CriterionName } from './criteria/index.js';
import type { RoundSchedule } from './presets/rounds.js';
import type { RoundReport } from './report.js';
import type { RewindTarget } from './rewindTo.js';
import type { GroupNumbers, Structure, StructureName } from './structures/index.js';
import type { Survivors } from './survivors.js';

/** Retraining after each round: the options of fit, and the data. */
export interface RetrainOptions extends FitOptions {
  readonly data: LabelledData;
}

/** Options of prune. */
export interface PruneOptions extends CalibrationOptions {
  /**
   * Share of zeros over the prunable weights in the end, 0 to 1; weights of the output layer count, biases do not. For blocks,
   * units and layers the share of those. Left out where something else decides it: a threshold, perLayer(), nm().
   */
  readonly sparsity?: number;
  /** In place of a sparsity: what scores less goes. A number, or a rule such as standardDeviations(2). */
  readonly threshold?: number | Threshold;
  /** Which weights matter: magnitude by default. A name, a built-in, or `(context) => scores`. */
  readonly criterion?: Criterion | CriterionName;
  /**
   * How much from which tensor: `'global'` by default, unless the criterion has another (fpgm, apoz, sparsegpt: `'uniform'`; wanda:
   * `'rows'`). A name, a built-in, or `(tensors, sparsity) => masks`.
   */
  readonly allocation?: Allocation | AllocationName;
  /** What goes together: `'weight'` by default; block(4, 1), nm(2, 4), `'neuron'`, `'filter'`, `'channel'`, `'layer'`, or the group of every weight. */
  readonly structure?: Structure | StructureName | GroupNumbers;
  /** Names of the layers to prune, such as `['dense1']`; shares are those of them alone. All by default. */
  readonly layers?: readonly string[];
  /**
   * Leaves every layer its best weight, where a ranking would take all; true by default. Rounds tell where it acted. Where too few
   * weights are to stay for one a layer, or shares by layer leave one nothing, more stay than was asked for: see `reached`. A
   * sparsity of 1 takes everything all the same.
   */
  readonly guard?: boolean;
  /** In how many rounds: oneShot() by default. */
  readonly schedule?: RoundSchedule;
  /** What the survivors become: `'trained'` by default. */
  readonly survivors?: Survivors;
  /**
   * Where `survivors: 'rewind'` goes back to: values of all parameters as getWeights() gives them, or a model. By default the weights
   * before the first training or pruning of this model object, or those of `rewindAt`; a model from a file has none, and needs it.
   */
  readonly rewindTo?: RewindTarget;
  /** For obs() and `survivors: 'reconstruct'`: see reconstruct(); 0.01 by default. */
  readonly damp?: number;
  /** Retraining after every round; none by default. */
  readonly fit?: RetrainOptions;
  /**
   * True to begin the optimizer anew in every round: empty moments, learning-rate schedule from its first step (learning-rate
   * rewinding). False by default: both go on, where the same optimizer object is used.
   */
  readonly restart?: boolean;
  /**
   * Keeps the whole state of pruning in a file (or a store of your own) while a round trains, and goes on from it when it is
   * there, as that of fit() does; the same model and report come out, bit for bit. With `fit`. What fit() says of functions
   * holds for criteria, structures and thresholds of your own.
   */
  readonly checkpoint?: string | CheckpointStore | CheckpointOptions;
  /**
   * Called after every round, at least once: a pruning that goes on from a checkpoint, or had ended, calls it anew for the last
   * round that was done, as it cannot know whether that call came through, and for none before it. The next round waits for what
   * it returns. What it throws or rejects with ends the pruning, and the model stays as that round left it.
   */
  readonly onRound?: ((round: RoundReport) => void) | ((round: RoundReport) => Promise<void>);
}
