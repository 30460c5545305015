import { describedAs, sampledBy } from '../described.js';
import { OptionError } from '../errors.js';
import { show } from '../options.js';

/** A value that depends on the step: the number of optimizer updates made before this one. */
export type Schedule = (step: number) => number;

/** A number becomes a constant schedule. Throws OptionError on anything else that is no function. */
export function toSchedule(where: string, value: unknown): Schedule {
  if (typeof value === 'function') return sampledBy('step', value as Schedule);
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0)
    return describedAs(value, () => value);
  throw new OptionError(`${where}: must be a number >= 0 or a schedule (step) => number, got ${show(value)}`);
}

/** Where `step` lies between begin (0) and begin + steps (1). */
export function progress(step: number, begin: number, steps: number): number {
  return Math.min(Math.max((step - begin) / steps, 0), 1);
}
