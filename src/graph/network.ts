/** A network as plain data: what files store and sessions compile. */
import { ShapeError } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import type { Graph } from './graph.js';

/** Values of one parameter, row-major, with its mask if it was pruned. */
export interface ParameterValues {
  readonly values: Float32Array;
  readonly mask: Uint8Array | null;
}

/** A graph with the values of every parameter, node by node. */
export interface Network {
  readonly graph: Graph;
  readonly parameters: readonly (readonly ParameterValues[])[];
}

/** Anything that can be compiled into a session. */
export interface NetworkSource {
  toNetwork(): Network;
}

/** Throws ShapeError unless every parameter has the length that its node asks for. */
export function expectNetwork({ graph, parameters }: Network): void {
  for (const node of graph.nodes) {
    const given = parameters[node.index] ?? [];
    node.parameters.forEach((spec, i) => {
      const length = given[i]?.values.length;
      if (length !== sizeOf(spec.shape)) {
        throw new ShapeError(
          `${node.name}: ${spec.role} must hold ${sizeOf(spec.shape)} values, got ${length ?? 'none'}`,
        );
      }
    });
  }
}
