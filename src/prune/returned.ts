import { show } from '../options.js';

/** What a user's function returned, for messages: a function is what a factory gives that was passed without a call. */
export function returned(value: unknown): string {
  return typeof value === 'function' ? 'a function (did you forget to call it, with ()?)' : show(value);
}
