/** A model is kept as it is, to go back to. */
import type { Held } from '../prune/resizable.js';
import { shadowOf } from '../train/shadow.js';
import type { Trainable } from '../train/trainable.js';
import type { ParameterSet } from './parameterSet.js';

/** Copies what Resizable.resize() changes. Throws MemoryError, and keeps nothing. */
export function hold(model: Trainable, set: ParameterSet): Held {
  const { states, rewindPoint, clock } = model;
  const before = { ...clock };
  const copy = shadowOf(model);
  try {
    const { parameters } = copy.model;
    const [putStates, putParameters] = [states.copied(parameters), set.held(parameters)];
    return {
      restore() {
        putParameters();
        putStates();
        model.rewindPoint = rewindPoint;
        Object.assign(clock, before);
      },
      free: () => copy.free(),
    };
  } catch (error) {
    copy.free();
    throw error;
  }
}
