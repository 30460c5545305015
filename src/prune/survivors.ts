/** What the weights that are left become. */
import { type Trainable, takeSnapshot } from '../train/trainable.js';

/**
 * `'trained'` keeps the values, `'rewind'` goes back to earlier ones (see `rewindTo`), `'reinit'` draws new ones, `'reconstruct'` chooses them
 * so that the outputs of every layer stay as near as possible to what they were.
 */
export type Survivors = 'trained' | 'rewind' | 'reinit' | 'reconstruct';

/** A model that can draw first values anew. */
export interface Reinitializable {
  /** Fills all parameters as at the begin, with random numbers of their own for every `round`. */
  reinitialize(round: number): void;
}

/** Applies the choice under the present masks; moments of optimizers begin anew unless values are kept. */
export function resetSurvivors(
  model: Trainable & Reinitializable,
  survivors: Survivors,
  round: number,
): void {
  if (survivors === 'trained' || survivors === 'reconstruct') return; // values are what they should be
  if (survivors === 'reinit') model.reinitialize(round);
  else {
    const snapshot = model.rewindPoint ?? takeSnapshot(model); // prune() has set it
    model.parameters.forEach((parameter, i) => {
      parameter.rewind(snapshot[i]!);
    });
  }
  model.states.reset();
}
