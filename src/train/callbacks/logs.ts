import { appendLine } from '../../io/files.js';
import type { Callback, EpochLogs } from './callback.js';

const columns = [
  'epoch',
  'loss',
  'accuracy',
  'valLoss',
  'valAccuracy',
  'sparsity',
  'learningRate',
  'samplesPerSecond',
  'seconds',
] as const satisfies readonly (keyof EpochLogs)[];

/** Appends one line of comma-separated values an epoch to `path`, with a header at the begin of every fit that does not go on from a checkpoint. */
export function csvLog(path: string): Callback {
  return {
    onFitBegin: (run) => (run.resumed ? undefined : appendLine(path, columns.join(','))),
    onEpochEnd: (logs) => appendLine(path, columns.map((column) => logs[column] ?? '').join(',')),
  };
}

/** Appends one JSON object an epoch to `path`. */
export function jsonlLog(path: string): Callback {
  return { onEpochEnd: (logs) => appendLine(path, JSON.stringify(logs)) };
}
