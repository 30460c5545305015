/** A copy of a model, to be changed freely, or to stay as the model was. */
import { Parameter } from '../tensor/parameter.js';
import type { TensorValues } from '../tensor/values.js';
import type { Trainable } from './trainable.js';

/** A model with parameters of its own. */
export interface Shadow {
  readonly model: Trainable;
  free(): void;
}

/** Where live blocks lie, for a parameter that is to be stored in the same way. */
function startOf(data: TensorValues) {
  if (data.format === 'dense') return undefined;
  const { format, cols, rowPtr, colIdx } = data;
  const positions = new Uint32Array(colIdx.length);
  for (let group = 0; group + 1 < rowPtr.length; group++) {
    for (let i = rowPtr[group]!; i < rowPtr[group + 1]!; i++) positions[i] = group * cols + colIdx[i]!;
  }
  return { format, positions };
}

/** A copy of what a pass needs of a model. Throws MemoryError, and keeps nothing, when the memory does not suffice. */
export function shadowOf(model: Trainable): Shadow {
  const { engine, kernels } = model;
  const made: Parameter[] = [];
  const free = () => {
    for (const parameter of made) parameter.free();
  };
  try {
    for (const original of model.parameters) {
      const values = original.values();
      const { name, spec } = original;
      const copy = engine.memory.allOrNothing(
        () => new Parameter(engine, kernels, name, spec, startOf(values)),
      );
      made.push(copy);
      copy.restore(values);
    }
  } catch (error) {
    free();
    throw error;
  }
  const { graph, states, seed, storage, clock, rewindPoint, loaded } = model;
  const shadow: Trainable = {
    ...{ engine, kernels, graph, states, seed, storage, clock, rewindPoint, loaded, parameters: made },
    encode: () => model.encode(),
    expectLive: (where) => model.expectLive(where),
  };
  return { model: shadow, free };
}
