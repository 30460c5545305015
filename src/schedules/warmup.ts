import { describedAs } from '../described.js';
import { expectInteger } from '../options.js';
import { type Schedule, toSchedule } from './schedule.js';

/** Rises from 0 to the first value of `then` within `steps`, and goes on with it from there. */
export function warmup(steps: number, then: number | Schedule): Schedule {
  const length = expectInteger('warmup', 'steps', steps);
  const next = toSchedule('warmup: then', then);
  return describedAs({ kind: 'warmup', steps: length, next }, (step) =>
    step < length ? (next(0) * (step + 1)) / length : next(step - length),
  );
}
