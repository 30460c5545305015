import { Parameter } from '../../tensor/parameter.js';
import type { TensorValues } from '../../tensor/values.js';
import type { Trainable } from '../../train/trainable.js';

/** A model with parameters of its own, to be changed freely. */
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

/** A copy of what a pass needs of a model: the model itself never shows what is tried out on it. */
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
  const { graph, states, seed, storage, clock, rewindPoint } = model;
  const shadow: Trainable = {
    ...{ engine, kernels, graph, states, seed, storage, clock, rewindPoint, parameters: made },
    encode: () => model.encode(),
    expectLive: (where) => model.expectLive(where),
  };
  return { model: shadow, free };
}
