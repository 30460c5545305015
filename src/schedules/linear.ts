import { describedAs } from '../described.js';
import { expectInteger, expectNumber, expectOptions } from '../options.js';
import { progress, type Schedule } from './schedule.js';

/** Straight line: holds `start` until step `begin`, reaches `end` after `steps` more, then holds it. */
export function linear(options: { start: number; end: number; steps: number; begin?: number }): Schedule {
  expectOptions('linear', options, ['start', 'end', 'steps', 'begin']);
  const start = expectNumber('linear', 'start', options.start);
  const end = expectNumber('linear', 'end', options.end);
  const steps = expectInteger('linear', 'steps', options.steps);
  const begin = expectInteger('linear', 'begin', options.begin ?? 0, 0);
  return describedAs(
    { kind: 'linear', start, end, steps, begin },
    (step) => start + (end - start) * progress(step, begin, steps),
  );
}
