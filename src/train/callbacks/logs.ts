import { appendLine, openLog } from '../../io/files.js';
import type { Callback, EpochLogs } from './callback.js';
import { expectPath } from './path.js';

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

/** Appends one line of comma-separated values an epoch to `path`, with a header at the begin of every fit that does not go on from a checkpoint. Throws OptionError; a fit fails with FileError where it cannot write. */
export function csvLog(path: string): Callback {
  expectPath('csvLog', path);
  return {
    onFitBegin: (run) => (run.resumed ? openLog(path) : appendLine(path, columns.join(','))),
    onEpochEnd: (logs) => appendLine(path, columns.map((column) => logs[column] ?? '').join(',')),
  };
}

/** Appends one JSON object an epoch to `path`. Throws OptionError; a fit fails with FileError at its begin where it cannot write. */
export function jsonlLog(path: string): Callback {
  expectPath('jsonlLog', path);
  return {
    onFitBegin: () => openLog(path),
    onEpochEnd: (logs) => appendLine(path, JSON.stringify(logs)),
  };
}
