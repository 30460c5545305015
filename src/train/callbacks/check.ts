/** Checks of callbacks: before anything is trained, and of what their steps return. */
import { OptionError } from '../../errors.js';
import { show } from '../../options.js';
import type { Callback } from './callback.js';

const hooks = ['onFitBegin', 'onResume', 'onEpochBegin', 'onStep', 'onEpochEnd', 'onFitEnd'] as const;

const isAsync = (hook: unknown) => Object.prototype.toString.call(hook) === '[object AsyncFunction]';

/** Throws OptionError unless they are objects with hooks, and their onStep no async function. */
export function checkCallbacks(callbacks: readonly Callback[]): readonly Callback[] {
  const made = (callback: unknown) => typeof callback === 'object' && callback !== null;
  if (!Array.isArray(callbacks) || !callbacks.every(made)) {
    throw new OptionError(
      `fit: callbacks must be a list of objects such as progressBar(), got ${show(callbacks)}`,
    );
  }
  callbacks.forEach((callback: Callback, i) => {
    const given = hooks.flatMap((name) => callback[name] ?? []);
    if (given.length === 0 || !given.every((hook) => typeof hook === 'function')) {
      throw new OptionError(
        `fit: callbacks[${i}] must have functions among ${hooks.join(', ')}, got ${show(callback)}`,
      );
    }
    if (isAsync(callback.onStep))
      throw new OptionError(`fit: callbacks[${i}].onStep must be synchronous, got an async function`);
  });
  return callbacks;
}

/** Throws OptionError for a promise: a step does not wait. */
export function expectNoPromise(result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return;
  // This error is the answer: a rejection later on, which nobody waits for, would end the process.
  Promise.resolve(result).catch(() => {});
  throw new OptionError('fit: onStep must be synchronous, got one that returns a promise');
}
