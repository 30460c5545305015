/** Where training would have stopped by itself: the step of least validation loss. */
import type { Dataset } from '../../datasets/index.js';
import type { Callback, Sequential } from '../../src/index.js';
import { evaluate } from '../../src/train/evaluate.js';
import { restoreSnapshot, type Snapshot, takeSnapshot } from '../../src/train/trainable.js';

/** Watches a fit, every `every` steps; it changes nothing about the training. */
export class EarlyStop {
  #steps = 0;
  #best = { step: 0, validationLoss: Infinity, validationError: Number.NaN };
  #weights: Snapshot | undefined;

  constructor(
    private readonly model: Sequential,
    private readonly validation: Dataset,
    private readonly every: number,
  ) {}

  /** For the fit; steps count on from one fit to the next. */
  readonly callback: Callback = {
    onStep: (_logs, run) => {
      if (++this.#steps % this.every !== 0) return;
      const { loss, accuracy } = evaluate(this.model, this.validation);
      if (!(loss < this.#best.validationLoss)) return;
      this.#best = { step: this.#steps, validationLoss: loss, validationError: 1 - accuracy };
      this.#weights = run.snapshot();
    },
  };

  /** What was seen, as figures of a run, with the error on a test set of the network as it was then. */
  figures(test: Dataset): Record<string, number> {
    const last = takeSnapshot(this.model);
    if (this.#weights) restoreSnapshot(this.model, this.#weights);
    const { accuracy } = evaluate(this.model, test);
    restoreSnapshot(this.model, last);
    const { step, validationLoss, validationError } = this.#best;
    return {
      stopStep: step,
      stopTestError: 1 - accuracy,
      stopValidationError: validationError,
      stopValidationLoss: validationLoss,
    };
  }
}
