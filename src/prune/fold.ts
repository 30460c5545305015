/** Constants in the place of removed units: what they would have added goes into the biases of those who read them. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import type { GraphNode } from '../graph/graph.js';
import { parameterPositions, type UnitGroup } from '../graph/units.js';
import { conv2dGeometry } from '../layers/conv2d.js';
import { show } from '../options.js';
import type { Trainable } from '../train/trainable.js';
import { type Nonzeros, nonzerosOf } from './nonzeros.js';

/**
 * bias + weight · x, where x holds constants[u] in the `stride` columns of unit u: column after column, in float32. Rows that
 * read nothing but zeros keep their bits.
 */
export function foldInto(
  bias: Float32Array,
  { rowPtr, colIdx, values }: Nonzeros,
  constants: Float32Array,
  stride: number,
): Float32Array {
  return bias.map((start, row) => {
    let sum = start;
    for (let i = rowPtr[row]!; i < rowPtr[row + 1]!; i++) {
      const constant = constants[Math.floor(colIdx[i]! / stride)]!;
      if (constant !== 0) sum = Math.fround(sum + Math.fround(values[i]! * constant));
    }
    return sum;
  });
}

/**
 * True for a layer in whose outputs every weight meets a value: a constant input then adds the same everywhere. Zeros around an image
 * are not constant with it.
 */
export function readsEvenly({ type, spec, inputShape }: GraphNode): boolean {
  if (type.role !== 'convolution') return true;
  const { top, bottom, left, right } = conv2dGeometry(spec, inputShape);
  return top + bottom + left + right === 0;
}

/** Constants of removed units, 0 for those that stay. Throws unless they are finite. */
function expectConstants({ name, units }: UnitGroup, keep: Uint8Array, given: unknown): Float32Array {
  if (!(given instanceof Float32Array) || given.length !== units) {
    throw new ShapeError(
      `removeUnits: fold of ${name} must be a Float32Array of ${units}, got ${show(given)}`,
    );
  }
  const constants = given.map((value, unit) => (keep[unit] === 1 ? 0 : value));
  const wrong = constants.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new DataError(`removeUnits: fold of ${name} must be finite, got ${constants[wrong]} at ${wrong}`);
  }
  return constants;
}

/** New biases by the position of the parameter, before their own rows go. Checks the constants. */
export function foldedBiases(
  { graph, parameters }: Pick<Trainable, 'graph' | 'parameters'>,
  groups: ReadonlyMap<UnitGroup, Uint8Array>,
  fold: ReadonlyMap<string, Float32Array>,
): Map<number, Float32Array> {
  if (!(fold instanceof Map)) {
    throw new OptionError(`removeUnits: fold must be a Map from layers to constants, got ${show(fold)}`);
  }
  const positions = parameterPositions(graph);
  const biases = new Map<number, Float32Array>();
  for (const [name, given] of fold) {
    const found = [...groups].find(([{ producers }]) => producers.some((node) => node.name === name));
    if (!found) throw new OptionError(`removeUnits: fold must be of layers in keep, got ${show(name)}`);
    const [group, keep] = found;
    const constants = expectConstants(group, keep, given);
    if (constants.every((value) => value === 0)) continue;
    for (const node of group.consumers) {
      const [weight, bias] = positions[node.index]!;
      if (!readsEvenly(node)) {
        throw new OptionError(
          `removeUnits: fold of ${name} must go into a layer without padding, got ${node.name} with zeros around`,
        );
      }
      if (bias === undefined) {
        throw new OptionError(
          `removeUnits: fold of ${name} must go into a bias, got ${node.name} without one`,
        );
      }
      const { stride } = group.members.find(
        ({ parameter, axis }) => parameter === weight && axis === 'cols',
      )!;
      const start = biases.get(bias) ?? parameters[bias]!.read();
      biases.set(bias, foldInto(start, nonzerosOf(parameters[weight!]!), constants, stride));
    }
  }
  return biases;
}
