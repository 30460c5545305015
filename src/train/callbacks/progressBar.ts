import { expectOptions } from '../../options.js';
import type { Callback, EpochLogs, StepLogs } from './callback.js';

/** Where progress goes: process.stderr, or anything of the same form. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Options of progressBar(). */
export interface ProgressBarOptions {
  /** Stands before every line, such as `round 2/5`. */
  readonly label?: string;
  /** process.stderr by default; nothing is written where there is none. */
  readonly stream?: ProgressStream;
}

const TERMINAL_MILLIS = 80;
const PLAIN_MILLIS = 5000;
const WIDTH = 24;

function bar(share: number): string {
  const full = Math.round(share * WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
}

/** `1m 04s` or `12 s`. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
}

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function epochLine(logs: EpochLogs): string {
  const parts = [`loss ${logs.loss.toFixed(4)}`];
  if (!Number.isNaN(logs.accuracy)) parts.push(`accuracy ${percent(logs.accuracy)}`);
  if (logs.valAccuracy !== undefined && !Number.isNaN(logs.valAccuracy)) {
    parts.push(`validation ${percent(logs.valAccuracy)}`);
  } else if (logs.valLoss !== undefined) parts.push(`validation loss ${logs.valLoss.toFixed(4)}`);
  if (logs.sparsity > 0) parts.push(`sparsity ${percent(logs.sparsity)}`);
  return [...parts, `${Math.round(logs.samplesPerSecond)} samples/s`].join('  ');
}

/**
 * Shows progress: on a terminal a bar with rate and time left, one line an epoch when it is done; elsewhere plain
 * lines, at most one every five seconds within an epoch.
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  expectOptions('progressBar', options, ['label', 'stream']);
  const stream = options.stream ?? (typeof process === 'object' ? process.stderr : undefined);
  const label = options.label ? `${options.label}  ` : '';
  const terminal = stream?.isTTY === true;
  let start = 0;
  let drawn = 0;
  let storage = '';
  let before = 0;
  return {
    onFitBegin() {
      start = performance.now();
      drawn = start;
      before = 0;
    },
    onResume({ epoch, step, done }, run) {
      before = (epoch - 1) * run.stepsPerEpoch + step;
      const place =
        step > 0 ? `epoch ${epoch}, after step ${step} of ${run.stepsPerEpoch}` : `epoch ${epoch}`;
      stream?.write(
        `${label}${done ? 'has ended before: taken from its checkpoint' : `goes on with ${place}`}\n`,
      );
    },
    onStep({ epoch, step, loss }: StepLogs, run) {
      const now = performance.now();
      if (!stream || now - drawn < (terminal ? TERMINAL_MILLIS : PLAIN_MILLIS)) return;
      drawn = now;
      const done = (epoch - 1) * run.stepsPerEpoch + step;
      const total = run.epochs * run.stepsPerEpoch;
      const elapsed = (now - start) / 1000;
      const rate = Math.round(((done - before) * run.batchSize) / elapsed);
      const left = clock((elapsed / (done - before)) * (total - done));
      const state = `epoch ${epoch}/${run.epochs}  loss ${loss.toFixed(4)}  ${rate} samples/s  ${left} left`;
      if (terminal) {
        const line = `${label}${bar(done / total)} ${Math.floor((done / total) * 100)} %  ${state}`;
        stream.write(`\r\x1b[2K${line.slice(0, (stream.columns ?? 120) - 1)}`);
      } else stream.write(`${label}${Math.floor((done / total) * 100)} %  ${state}\n`);
    },
    onEpochEnd(logs, run) {
      const clear = terminal ? '\r\x1b[2K' : '';
      stream?.write(`${clear}${label}epoch ${logs.epoch}/${run.epochs}  ${epochLine(logs)}\n`);
      if (logs.storage !== storage && logs.storage.split(' ').some((format) => format !== 'dense')) {
        stream?.write(`${label}weights are stored as: ${logs.storage}\n`);
      }
      storage = logs.storage;
    },
  };
}
