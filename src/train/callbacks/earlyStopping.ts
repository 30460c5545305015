import { OptionError } from '../../errors.js';
import { expectBoolean, expectInteger, expectNumber, expectOneOf, expectOptions } from '../../options.js';
import { countOf, fieldsOf, numberOf } from '../checkpoint/read.js';
import type { Snapshot } from '../trainable.js';
import type { Callback, EpochLogs, FitRun } from './callback.js';

const monitors = ['loss', 'accuracy', 'valLoss', 'valAccuracy'] as const;

/** Options of earlyStopping(). */
export interface EarlyStoppingOptions {
  /** What must improve: `valLoss` by default. */
  readonly monitor?: (typeof monitors)[number];
  /** Epochs without improvement that are tolerated, 2 by default. */
  readonly patience?: number;
  /** Least change that counts, 0 by default. */
  readonly minDelta?: number;
  /** Go back to the weights of the best epoch at the end; true by default. */
  readonly restoreBest?: boolean;
}

function unavailable(monitor: string): OptionError {
  return new OptionError(
    `earlyStopping: monitor '${monitor}' must be available, got none; give fit validation data, or labels for accuracy`,
  );
}

/** Ends a fit when `monitor` has stopped improving. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  expectOptions('earlyStopping', options, ['monitor', 'patience', 'minDelta', 'restoreBest']);
  const monitor = expectOneOf('earlyStopping', 'monitor', options.monitor ?? 'valLoss', monitors);
  const patience = expectInteger('earlyStopping', 'patience', options.patience ?? 2, 0);
  const minDelta = expectNumber('earlyStopping', 'minDelta', options.minDelta ?? 0, 0);
  const restoreBest = expectBoolean('earlyStopping', 'restoreBest', options.restoreBest ?? true);
  const sign = monitor.endsWith('ccuracy') ? 1 : -1;
  let best = -Infinity;
  let waited = 0;
  let snapshot: Snapshot | undefined;
  let fit: FitRun | undefined;
  return {
    kind: 'earlyStopping',
    options: { monitor, patience, minDelta, restoreBest },
    onFitBegin(run) {
      fit = run;
      if (monitor.startsWith('val') && !run.validates) throw unavailable(monitor);
      best = -Infinity;
      waited = 0;
      snapshot = undefined;
    },
    onEpochEnd(logs: EpochLogs, run) {
      const value = logs[monitor];
      if (value === undefined || Number.isNaN(value)) {
        throw unavailable(monitor);
      }
      if (sign * value > best + minDelta) {
        best = sign * value;
        waited = 0;
        if (restoreBest) snapshot = run.snapshot();
      } else if (++waited > patience) run.stop();
    },
    onFitEnd(_history, run) {
      if (snapshot) run.restore(snapshot);
      snapshot = undefined;
    },
    state: () => ({ best, waited, snapshot: snapshot && fit ? fit.packSnapshot(snapshot) : null }),
    restore(state, run) {
      const fields = fieldsOf('earlyStopping', state);
      const kept = fields.snapshot ?? null;
      const earlier = kept === null ? undefined : run.unpackSnapshot(kept);
      best = numberOf('earlyStopping.best', fields.best);
      waited = countOf('earlyStopping.waited', fields.waited);
      snapshot = earlier;
    },
  };
}
