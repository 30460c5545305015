import { describedAs } from '../described.js';
import { expectInteger, expectNumber, expectOptions } from '../options.js';
import { progress, type Schedule } from './schedule.js';

/** cos(pi t) for t in [0, 1], by additions and multiplications alone: Math.cos differs between engines. */
export function cosPi(t: number): number {
  const far = t > 0.5;
  const x = (far ? 1 - t : t) * Math.PI; // [0, pi / 2]
  const z = x * x;
  // Taylor to x^16: below 1e-14 on that interval.
  let sum = 1;
  for (let n = 16; n >= 2; n -= 2) sum = 1 - (z / (n * (n - 1))) * sum;
  return far ? -sum : sum;
}

/**
 * Half a cosine: start at step `begin`, `end` after `steps` more, then held.
 * Loshchilov & Hutter 2016, arXiv:1608.03983, eq. 5, without restarts.
 */
export function cosine(options: { start: number; end?: number; steps: number; begin?: number }): Schedule {
  expectOptions('cosine', options, ['start', 'end', 'steps', 'begin']);
  const start = expectNumber('cosine', 'start', options.start);
  const end = expectNumber('cosine', 'end', options.end ?? 0);
  const steps = expectInteger('cosine', 'steps', options.steps);
  const begin = expectInteger('cosine', 'begin', options.begin ?? 0, 0);
  return describedAs(
    { kind: 'cosine', start, end, steps, begin },
    (step) => end + (start - end) * 0.5 * (1 + cosPi(progress(step, begin, steps))),
  );
}
