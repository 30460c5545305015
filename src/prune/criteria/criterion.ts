import type { TrainKernels } from '../../runtime/trainKernels.js';
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
  readonly address: number;
  /** @internal */
  readonly kernels: TrainKernels;
  /** @internal Scores of the kernel-based criteria are written here; [n] floats. */
  readonly scratch: { readonly address: number; f32(length: number): Float32Array };
}

/** Scores of one tensor, [n] like its weights: higher is kept. Ties keep the lower index. */
export type Criterion = (context: CriterionContext) => Float32Array;
