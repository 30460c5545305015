/** Learning rates and progress of training, as several commands use them. */
import { cosine, type Schedule } from '../schedules/index.js';
import { type Callback, type FitRun, type ProgressStream, progressBar } from '../train/callbacks/index.js';

/** Learning rates end at this share of where they began. */
const LAST_SHARE = 0.01;

/** Half a cosine from `learningRate` to a hundredth of it over all `steps`. */
export function decay(learningRate: number, steps: number): Schedule {
  return cosine({ start: learningRate, end: learningRate * LAST_SHARE, steps });
}

/** The same anew in every pruning round: an optimizer counts its steps over all of them. */
export function decayPerRound(learningRate: number, stepsPerRound: number): Schedule {
  const once = decay(learningRate, stepsPerRound);
  return (step) => once(step % stepsPerRound);
}

/** Steps of `epochs` passes over `samples`. */
export function stepsOf(samples: number, batchSize: number, epochs: number): number {
  return Math.ceil(samples / batchSize) * epochs;
}

/** A progress bar for each fit of prune(), labelled with its round. */
export function roundProgress(rounds: number, stream: ProgressStream): Callback {
  let round = 0;
  let bar: Callback = {};
  const begin = (run: FitRun) => {
    bar = progressBar({ label: `round ${round}/${rounds}`, stream });
    return bar.onFitBegin?.(run);
  };
  return {
    kind: 'roundProgress',
    options: {},
    onFitBegin(run) {
      round++;
      return begin(run);
    },
    state: () => round,
    restore(state, run) {
      round = Number(state);
      void begin(run);
    },
    onResume: (at, run) => bar.onResume?.(at, run),
    onStep: (logs, run) => bar.onStep?.(logs, run),
    onEpochEnd: (logs, run) => bar.onEpochEnd?.(logs, run),
  };
}
