import { appendLine, openLog, reopenLog } from '../../io/lines.js';
import type { Callback, EpochLogs } from './callback.js';
import { expectPath } from './path.js';

/** Figures that come out the same when an epoch is trained again, then those that do not. */
const figures = ['epoch', 'loss', 'accuracy', 'valLoss', 'valAccuracy', 'sparsity', 'learningRate'] as const;
const columns = [...figures, 'samplesPerSecond', 'seconds'] as const satisfies readonly (keyof EpochLogs)[];

/** How epochs are written. */
interface LogFormat {
  readonly header?: string;
  lineOf(logs: EpochLogs): string;
  /** The figures of a line, in their order; of other lines whatever does not begin with the number of an epoch. */
  figuresOf(line: string): readonly unknown[];
}

/** The epochs that a log ends with, told by their figures: rising numbers belong to one fit. */
function epochsAtEnd(lines: readonly string[], { figuresOf }: LogFormat): Set<string> {
  const found = new Set<string>();
  let next = Infinity;
  for (const line of [...lines].reverse()) {
    const own = figuresOf(line);
    const epoch = Number(own[0]);
    if (!(epoch < next)) break;
    found.add(own.join());
    next = epoch;
  }
  return found;
}

/** Epochs that were written before a fit was interrupted, but not kept, are trained again: they are not written again. */
function logTo(path: string, format: LogFormat): Callback {
  let written = new Set<string>();
  return {
    onFitBegin({ resumed }) {
      openLog(path);
      const lines = resumed ? reopenLog(path) : [];
      written = epochsAtEnd(lines, format);
      if (format.header !== undefined && lines.length === 0) appendLine(path, format.header);
    },
    onEpochEnd(logs) {
      const line = format.lineOf(logs);
      if (!written.has(format.figuresOf(line).join())) appendLine(path, line);
    },
  };
}

const csv: LogFormat = {
  header: columns.join(),
  lineOf: (logs) => columns.map((column) => logs[column] ?? '').join(),
  figuresOf: (line) => line.split(',').slice(0, figures.length),
};

/** What a line holds; nothing for one that somebody else has written. */
function parsed(line: string): Partial<EpochLogs> {
  try {
    return (JSON.parse(line) as Partial<EpochLogs> | null) ?? {};
  } catch {
    return {};
  }
}

const jsonl: LogFormat = {
  lineOf: (logs) => JSON.stringify(logs),
  figuresOf(line) {
    const logs = parsed(line);
    return figures.map((name) => logs[name]);
  },
};

/**
 * Appends one line of comma-separated values an epoch to `path`, with a header at the begin of every fit that does not go on from a
 * checkpoint; one that does writes no epoch twice. Throws OptionError; a fit fails with FileError at its begin where it cannot write.
 */
export function csvLog(path: string): Callback {
  expectPath('csvLog', path);
  return logTo(path, csv);
}

/**
 * Appends one JSON object an epoch to `path`; a fit that goes on from a checkpoint writes no epoch twice. Throws OptionError; a fit
 * fails with FileError at its begin where it cannot write.
 */
export function jsonlLog(path: string): Callback {
  expectPath('jsonlLog', path);
  return logTo(path, jsonl);
}
