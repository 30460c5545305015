/** Where `survivors: 'rewind'` goes back to. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import type { Snapshot, Trainable } from '../train/trainable.js';
import type { Survivors } from './survivors.js';

/** Values of all parameters in the order of getWeights(), or a model that has them. */
export type RewindTarget = readonly Float32Array[] | { getWeights(): readonly Float32Array[] };

function arraysOf(target: RewindTarget): readonly Float32Array[] {
  const arrays: unknown =
    typeof (target as { getWeights?: unknown } | null)?.getWeights === 'function'
      ? (target as { getWeights(): readonly Float32Array[] }).getWeights()
      : target;
  if (Array.isArray(arrays) && arrays.every((array) => array instanceof Float32Array)) return arrays;
  throw new OptionError(
    `prune: rewindTo must be a list of Float32Array as getWeights() gives it, or a model, got ${show(target)}`,
  );
}

function snapshotOf({ parameters }: Pick<Trainable, 'parameters'>, target: RewindTarget): Snapshot {
  const arrays = arraysOf(target);
  if (arrays.length !== parameters.length) {
    throw new ShapeError(`prune: rewindTo must have ${parameters.length} arrays, got ${arrays.length}`);
  }
  return parameters.map(({ name, length }, i) => {
    const values = arrays[i]!;
    if (values.length !== length) {
      throw new ShapeError(`prune: rewindTo: ${name} must have ${length} values, got ${values.length}`);
    }
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) throw new DataError(`prune: rewindTo: ${name} must be finite, got ${values[at]} at ${at}`);
    return { format: 'dense', values: values.slice(), mask: null };
  });
}

/**
 * A copy of what `rewindTo` gives; undefined without it. Throws OptionError where rewinding has nowhere to go: a file of a model
 * holds the weights that it had in the end alone.
 */
export function checkRewindTo(
  model: Pick<Trainable, 'parameters' | 'rewindPoint' | 'loaded'>,
  target: RewindTarget | undefined,
  survivors: Survivors,
): Snapshot | undefined {
  if (target === undefined) {
    if (survivors !== 'rewind' || model.rewindPoint || !model.loaded) return undefined;
    throw new OptionError(
      "prune: survivors 'rewind' must come with rewindTo for a model from a file, which holds no earlier weights " +
        '(rewindTo: model.getWeights() for those of the file), got none',
    );
  }
  if (survivors !== 'rewind') {
    throw new OptionError(`prune: rewindTo must come with survivors 'rewind', got ${show(survivors)}`);
  }
  return snapshotOf(model, target);
}
