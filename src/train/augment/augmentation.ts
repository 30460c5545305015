/** How augmentation joins training: fit() knows this much of it and no more. */
import type { Trainable } from '../trainable.js';

/** Changes samples on their way into a batch, while fit() trains. Made by augmentImages(), or your own. */
export interface Augmentation {
  readonly kind: string;
  /** What it was made of, so that a checkpoint tells it from another one. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Throws OptionError or ShapeError for samples of this shape that it cannot work with; changes nothing. */
  check?(inputShape: readonly number[]): void;
  /** Called once a fit, before anything changes; what it throws ends the fit. */
  start(model: Trainable): AugmentationProcess;
}

/** One fit with such a method. */
export interface AugmentationProcess {
  /**
   * Changes `rows` [samples.length, ...inputShape] in place: row i is a copy of sample `samples[i]` of the data. Epochs count
   * from 0 over all fits of the model. What is done should depend on epoch and sample alone, so that it does not on batches. The
   * view is void after the call.
   */
  apply(rows: Float32Array, samples: Uint32Array, epoch: number): void;
  /** The fit is over, for whatever reason: gives memory back. */
  end?(): void;
}
