/** When a method that alternates is dense, and when sparse. */
import { describedAs } from '../../described.js';
import { expectInteger, expectNumber } from '../../options.js';
import type { PruningRun } from '../../train/pruning.js';

/** Options of the phases. */
export interface PhaseOptions {
  /** Epochs of a dense and of a sparse phase, 1 each by default. */
  readonly dense?: number;
  readonly sparse?: number;
  /** Share of the fit that is dense at first, 0.1 by default. */
  readonly warmup?: number;
  /** Share of the fit that is sparse in the end, 0.4 by default. */
  readonly finish?: number;
}

/** Checks the options; gives for a fit whether a step is sparse. No dense phase is cut short. */
export function phases(where: string, options: PhaseOptions): (run: PruningRun) => (step: number) => boolean {
  const dense = expectInteger(where, 'dense', options.dense ?? 1);
  const sparse = expectInteger(where, 'sparse', options.sparse ?? 1);
  const warmup = expectNumber(where, 'warmup', options.warmup ?? 0.1, 0, 1);
  const finish = expectNumber(where, 'finish', options.finish ?? Math.min(0.4, 1 - warmup), 0, 1 - warmup);
  return describedAs({ dense, sparse, warmup, finish }, ({ steps, stepsPerEpoch }) => {
    const last = Math.min(Math.floor((1 - finish) * steps), steps - 1);
    const first = Math.min(Math.floor(warmup * steps), last);
    const [denseSteps, sparseSteps] = [dense * stepsPerEpoch, sparse * stepsPerEpoch];
    const turn = denseSteps + sparseSteps;
    return (step) => {
      if (step < first || step >= last) return step >= last;
      const within = (step - first) % turn;
      return within < sparseSteps || step - within + turn > last;
    };
  });
}
