import { describedAs } from '../described.js';
import { expectInteger, expectNumber, expectOptions } from '../options.js';
import type { Schedule } from './schedule.js';

/** Staircase: `start` multiplied by `factor` once every `every` steps. */
export function stepDecay(options: { start: number; factor?: number; every: number }): Schedule {
  expectOptions('stepDecay', options, ['start', 'factor', 'every']);
  const start = expectNumber('stepDecay', 'start', options.start);
  const factor = expectNumber('stepDecay', 'factor', options.factor ?? 0.1, 0, 1);
  const every = expectInteger('stepDecay', 'every', options.every);
  return describedAs({ kind: 'stepDecay', start, factor, every }, (step) => {
    let value = start;
    for (let drops = Math.floor(step / every); drops > 0 && value > 0; drops--) value *= factor;
    return value;
  });
}
