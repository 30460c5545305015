/** The parameters of a model: room for them, first values, and values from the user. */
import { DataError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { glorotUniform, heUniform, initialize } from '../graph/initializers.js';
import { expectBoolean, expectOptions, show } from '../options.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import { Parameter } from '../tensor/parameter.js';
import { expectMasked } from '../tensor/parameterChecks.js';
import type { SparseStart } from '../tensor/storedMatrix.js';
import type { Trainable } from '../train/trainable.js';

/** By the position of a parameter: what is live in weights that begin sparse. */
export type Starts = ReadonlyMap<number, SparseStart>;

/** Memory for all parameters of a graph, or none of it: MemoryError leaves nothing behind. */
export function allocateParameters(
  engine: Engine,
  kernels: TrainKernels,
  { nodes }: Graph,
  starts: Starts | undefined,
): Parameter[] {
  let position = 0;
  return engine.memory.allOrNothing(() =>
    nodes.flatMap((node) =>
      node.parameters.map((spec) => {
        const start = starts?.get(position++);
        return new Parameter(engine, kernels, `${node.name}.${spec.role}`, spec, start);
      }),
    ),
  );
}

/** What first values are drawn for, and by. */
type Drawn = Pick<Trainable, 'engine' | 'kernels' | 'graph' | 'parameters' | 'seed'>;

/**
 * Draws first values under the present masks; round 0 are those of a new model. `densities` tells, by position, the share of
 * connections that a parameter began with, where that is not 1.
 */
export function drawValues(
  { engine, kernels, graph, parameters, seed }: Drawn,
  round: number,
  densities: ReadonlyMap<number, number>,
): void {
  let position = 0;
  for (const node of graph.nodes) {
    const next = graph.nodes[node.index + 1]?.type.kind;
    const initializer = next === 'sigmoid' || next === 'tanh' ? glorotUniform : heUniform;
    for (let i = 0; i < node.parameters.length; i++) {
      const parameter = parameters[position]!;
      const from = position + 1000 * round;
      initialize(engine, kernels, parameter, initializer, seed, from, densities.get(position));
      position++;
    }
  }
}

/**
 * Checks what Sequential.setWeights() says; gives what does it, which takes memory where sparse weights become dense, and is not
 * settled yet.
 */
export function checkWeights(
  parameters: readonly Parameter[],
  weights: readonly Float32Array[],
  options: { keepMasks?: boolean },
): { change: () => void; takesMemory: boolean } {
  expectOptions('setWeights', options, ['keepMasks']);
  const keepMasks = expectBoolean('setWeights', 'keepMasks', options.keepMasks ?? false);
  if (!Array.isArray(weights) || weights.length !== parameters.length) {
    throw new ShapeError(`setWeights: weights must be ${parameters.length} arrays, got ${show(weights)}`);
  }
  parameters.forEach((parameter, i) => {
    const values = weights[i];
    if (!(values instanceof Float32Array) || values.length !== parameter.length) {
      throw new ShapeError(
        `setWeights: ${parameter.name} must be a Float32Array of ${parameter.length}, got ${show(values)}`,
      );
    }
    if (parameter.spec.role === 'variance' && values.some((value) => value < 0)) {
      throw new DataError(`setWeights: ${parameter.name} must not be negative, got ${Math.min(...values)}`);
    }
    const mask = keepMasks ? parameter.readMask() : null;
    if (mask) expectMasked(`setWeights: ${parameter.name}`, values, mask);
  });
  const change = () => {
    parameters.forEach((parameter, i) => {
      if (!keepMasks) parameter.setMask(null);
      parameter.write(weights[i]!);
    });
  };
  return { change, takesMemory: !keepMasks && parameters.some(({ format }) => format !== 'dense') };
}
