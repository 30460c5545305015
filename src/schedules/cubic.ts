import { describedAs } from '../described.js';
import { expectInteger, expectNumber, expectOptions } from '../options.js';
import { progress, type Schedule } from './schedule.js';

/** Cubic ramp: holds `start` before `begin`, `end` after. Zhu & Gupta 2017, arXiv:1710.01878, eq. 1. */
export function cubic(options: { start?: number; end: number; steps: number; begin?: number }): Schedule {
  expectOptions('cubic', options, ['start', 'end', 'steps', 'begin']);
  const start = expectNumber('cubic', 'start', options.start ?? 0);
  const end = expectNumber('cubic', 'end', options.end);
  const steps = expectInteger('cubic', 'steps', options.steps);
  const begin = expectInteger('cubic', 'begin', options.begin ?? 0, 0);
  return describedAs({ kind: 'cubic', start, end, steps, begin }, (step) => {
    const left = 1 - progress(step, begin, steps);
    return end + (start - end) * left * left * left; // `**` gives other bits on other engines
  });
}
