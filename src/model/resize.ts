/** A model becomes a smaller one. */
import type { Cut } from '../prune/resizable.js';
import type { Parameter } from '../tensor/parameter.js';
import { select } from '../tensor/select.js';
import { formatFor, ifRoom } from '../train/storage.js';
import type { Snapshot, Trainable } from '../train/trainable.js';

/** What is left of a model. */
export interface Resized {
  readonly parameters: readonly Parameter[];
  readonly rewindPoint: Snapshot | null;
}

/** What of a model is cut. */
type Held = Pick<Trainable, 'engine' | 'parameters' | 'rewindPoint' | 'states' | 'storage'>;

/** Another format where the new size asks for it and there is room: that is a matter of speed alone. */
function settle(parameters: readonly Parameter[], storage: Trainable['storage']): void {
  for (const parameter of parameters) {
    ifRoom(() => {
      const format = formatFor(parameter, storage);
      if (parameter.fits(format)) parameter.convert(format);
    });
  }
}

/** The same cut through values that were copied earlier. */
function cutSnapshot(snapshot: Snapshot, parameters: readonly Parameter[], cut: Cut): Snapshot {
  return cut.parameters.map(({ from, rows, cols }) => {
    const { rows: height, cols: width } = parameters[from]!;
    return rows || cols ? select(snapshot[from]!, height, width, { rows, cols }).data : snapshot[from]!;
  });
}

/** Cuts the parameters of a model with moments and snapshot, all or nothing; frees those that are not in the cut. */
export function resized(model: Held, cut: Cut): Resized {
  const { engine, parameters, rewindPoint, states, storage } = model;
  const specs = cut.graph.nodes.flatMap((node) =>
    node.parameters.map((spec) => ({ spec, name: `${node.name}.${spec.role}` })),
  );
  const snapshot = rewindPoint && cutSnapshot(rewindPoint, parameters, cut);
  const changes = engine.memory.allOrNothing(() =>
    cut.parameters.map((choice, i) => {
      const { spec, name } = specs[i]!;
      return parameters[choice.from]!.select(choice, spec, name);
    }),
  );
  // Nothing can fail from here on.
  const left = cut.parameters.map(({ from }) => parameters[from]!);
  states.keep(cut.parameters.map(({ from }) => from));
  for (const parameter of parameters) if (!left.includes(parameter)) parameter.free();
  changes.forEach((change, i) => {
    change();
    const { values } = cut.parameters[i]!;
    if (values) left[i]!.write(values);
  });
  settle(left, storage);
  return { parameters: left, rewindPoint: snapshot };
}
