import { OptionError } from '../../errors.js';
import type { Engine } from '../../runtime/engine.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Shape } from '../../tensor/shape.js';
import type { StatisticName, WeightStatistics } from '../statistics/statistic.js';

/** What a criterion may look at for one weight tensor. */
export interface CriterionContext {
  /** Such as `dense1.weight`. */
  readonly name: string;
  readonly shape: Shape;
  /** Parts of the rows that have inputs, and statistics of inputs, of their own: groups of a convolution; 1 when left out. */
  readonly groups?: number;
  /** A copy of the values, row-major; zero where already pruned. */
  readonly weight: Float32Array;
  /** 1 keeps; null while nothing is pruned. */
  readonly mask: Uint8Array | null;
  /** Scales of the batch normalization behind the units of the weight; left out where there is none. */
  readonly scales?: Float32Array;
  /** Decides random choices. */
  readonly seed: number;
  /** What was gathered because the criterion `needs` it. */
  readonly statistics?: Partial<WeightStatistics>;
  /** Sparsity that is asked for, of this tensor or of all: for criteria that choose block by block. */
  readonly share?: number;
  /** Long work reports here, in rows. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Long work stops, with an AbortedError, when it is aborted. */
  readonly signal?: AbortSignal;
  /** @internal For criteria that work in float64. */
  readonly engine?: Engine;
  /** @internal For built-in criteria that score with kernels. */
  readonly parameter: Parameter;
  /** @internal */
  readonly kernels: TrainKernels;
  /** @internal Scores of the kernel-based criteria are written here; [n] floats. */
  readonly scratch: { readonly address: number; f32(length: number): Float32Array };
}

/** What goes best with a criterion, where a call of prune() does not say otherwise. */
export interface CriterionDefaults {
  readonly allocation?: string;
  readonly rounds?: number;
  readonly survivors?: 'reconstruct';
}

/** Scores of one tensor: higher is kept. Ties keep the lower index. A promise where it takes long. */
export interface Criterion {
  (context: CriterionContext): Float32Array | Promise<Float32Array>;
  /**
   * True for a criterion that looks at each weight by itself: of a tensor in sparse storage it is then given the stored
   * values alone, as `weight` [live], and no mask. Without it, tensors are laid out in full for it.
   */
  readonly elementwise?: boolean;
  /** Statistics that are to be gathered before it is called. */
  readonly needs?: readonly StatisticName[];
  /** One score for every weight [n], as by default, or one for every output unit [rows]. */
  readonly scores?: 'weights' | 'units';
  /** True where layers are to be pruned front to back, each seeing what the pruned ones before it give. */
  readonly layerwise?: boolean;
  readonly defaults?: CriterionDefaults;
}

/** What was gathered under that name. Throws OptionError when it was not. */
export function statisticOf<Name extends StatisticName>(
  criterion: string,
  { name: tensor, statistics }: CriterionContext,
  name: Name,
): WeightStatistics[Name] {
  const found = statistics?.[name];
  if (found !== undefined) return found;
  throw new OptionError(`${criterion}: ${name} of ${tensor} must be gathered from data first, got none`);
}

/** The engine of a context. Throws OptionError when there is none. */
export function engineOf(criterion: string, { engine }: CriterionContext): Engine {
  if (engine) return engine;
  throw new OptionError(`${criterion}: the engine of the model must be given, got none`);
}
