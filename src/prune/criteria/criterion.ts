import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Shape } from '../../tensor/shape.js';

/** What a criterion may look at for one weight tensor. */
export interface CriterionContext {
  /** Such as `dense1.weight`. */
  readonly name: string;
  readonly shape: Shape;
  /** A copy of the values, row-major; zero where already pruned. */
  readonly weight: Float32Array;
  /** 1 keeps; null while nothing is pruned. */
  readonly mask: Uint8Array | null;
  /** Decides random choices. */
  readonly seed: number;
  /** @internal For built-in criteria that score with kernels. */
  readonly parameter: Parameter;
  /** @internal */
  readonly kernels: TrainKernels;
  /** @internal Scores of the kernel-based criteria are written here; [n] floats. */
  readonly scratch: { readonly address: number; f32(length: number): Float32Array };
}

/** Scores of one tensor, [n] like its weights: higher is kept. Ties keep the lower index. */
export interface Criterion {
  (context: CriterionContext): Float32Array;
  /**
   * True for a criterion that looks at each weight by itself: of a tensor in sparse storage it is then given the stored
   * values alone, as `weight` [live], and no mask. Without it, tensors are laid out in full for it.
   */
  readonly elementwise?: boolean;
}
