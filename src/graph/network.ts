/** A network as plain data: what files store and sessions compile. */
import { ShapeError } from '../errors.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import {
  csrOf,
  denseOf,
  type Entries,
  entriesOf,
  maskOf,
  type SparseValues,
  type TensorValues,
} from '../tensor/values.js';
import type { Graph } from './graph.js';

/**
 * Values of one parameter, row-major, with its mask if it was pruned. Both may be getters that find their array when asked:
 * ask again rather than keep one.
 */
export interface ParameterValues {
  readonly values: Float32Array;
  readonly mask: Uint8Array | null;
  /** Where they are known already. */
  readonly entries?: Entries;
  /** True when those entries are the live weights and all others are pruned. */
  readonly pruned?: boolean;
  /** Elements, where finding out would mean to lay them out. */
  readonly length?: number;
}

/** The live values of a matrix, laid out when asked for. */
class SparseParameter implements ParameterValues {
  readonly pruned = true;
  readonly length: number;
  readonly #values: SparseValues;
  #entries: Entries | undefined;

  constructor(values: SparseValues) {
    this.#values = values;
    this.length = values.rows * values.cols;
  }

  get entries(): Entries {
    this.#entries ??= entriesOf(this.#values);
    return this.#entries;
  }

  get values(): Float32Array {
    return denseOf(this.#values);
  }

  get mask(): Uint8Array | null {
    return maskOf(this.#values);
  }
}

/** Copied values of a parameter as a part of a network. */
export function parameterOf(values: TensorValues): ParameterValues {
  return values.format === 'dense' ? values : new SparseParameter(values);
}

/** Those values as a parameter stores them; without a copy where that is possible. */
export function tensorOf(given: ParameterValues, [rows = 1, ...rest]: Shape): TensorValues {
  if (given.pruned && given.entries) return csrOf(given.entries, rows, sizeOf(rest));
  return { format: 'dense', values: given.values, mask: given.mask };
}

/** A graph with the values of every parameter, node by node. */
export interface Network {
  readonly graph: Graph;
  readonly parameters: readonly (readonly ParameterValues[])[];
}

/** Anything that can be compiled into a session. */
export interface NetworkSource {
  toNetwork(): Network;
  /** @internal As toNetwork, without a copy: good until the next change of a weight; biases are copies, masks are left out. */
  lendNetwork?(): Network;
  /** @internal Throws DisposedError after dispose(). */
  expectLive?(where: string): void;
}

/** Throws ShapeError unless every parameter has the length that its node asks for. */
export function expectNetwork({ graph, parameters }: Network): void {
  for (const node of graph.nodes) {
    const given = parameters[node.index] ?? [];
    node.parameters.forEach((spec, i) => {
      const length = given[i]?.length ?? given[i]?.values.length;
      if (length !== sizeOf(spec.shape)) {
        throw new ShapeError(
          `${node.name}: ${spec.role} must hold ${sizeOf(spec.shape)} values, got ${length ?? 'none'}`,
        );
      }
    });
  }
}
