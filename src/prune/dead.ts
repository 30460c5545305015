/** Which units of a network are dead: nobody reads them, or they are the same whatever comes in. */
import { runPointwise } from '../graph/pointwise.js';
import { parameterPositions, type UnitGroup, unitGroups, unitLayers } from '../graph/units.js';
import { sizeOf } from '../tensor/shape.js';
import type { Trainable } from '../train/trainable.js';
import { foldInto } from './fold.js';
import { type Nonzeros, nonzerosOf } from './nonzeros.js';

/** What was found in the units of one layer. */
export interface DeadUnits {
  readonly group: UnitGroup;
  /** One byte a unit, 1 stays. */
  readonly keep: Uint8Array;
  /** What each removed unit gives; 0 for those that nobody reads. */
  readonly constants: Float32Array;
  /** Units that go because nobody reads them, and because they never vary. */
  unread: number;
  constant: number;
  /** Dead units that stay because a layer needs one unit, or a constant has no bias to go into. */
  lastUnit: number;
  withoutBias: number;
}

/** The layers of a network with their nonzeros, and what is kept of the units between them. */
interface Search {
  readonly model: Pick<Trainable, 'engine' | 'graph' | 'parameters'>;
  readonly layers: readonly Layer[];
  readonly found: readonly DeadUnits[];
}

/** A layer with a weight. */
interface Layer {
  readonly index: number;
  readonly weight: Nonzeros;
  /** Outputs, and columns of one unit that it reads. */
  readonly rows: number;
  readonly stride: number;
  bias: Float32Array | null;
  /** Units that it reads and makes; undefined where they cannot be removed. */
  readonly reads: DeadUnits | undefined;
  readonly makes: DeadUnits | undefined;
  /** True for a plain matrix: each weight meets each value once. */
  readonly matrix: boolean;
}

function searchOf(model: Search['model']): Search {
  const { graph, parameters } = model;
  const positions = parameterPositions(graph);
  const found = unitGroups(graph).map((group): DeadUnits => {
    const keep = new Uint8Array(group.units).fill(1);
    const constants = new Float32Array(group.units);
    return { group, keep, constants, unread: 0, constant: 0, lastUnit: 0, withoutBias: 0 };
  });
  const layers = unitLayers(graph).map((node): Layer => {
    const [weight, bias] = positions[node.index]!;
    const { rows, shape } = parameters[weight!]!;
    const reads = found.find(({ group }) => group.consumers.includes(node));
    const read = reads?.group.members.find(({ parameter, axis }) => parameter === weight && axis === 'cols');
    return {
      index: node.index,
      weight: nonzerosOf(parameters[weight!]!),
      rows,
      stride: read?.stride ?? 1,
      bias: bias === undefined ? null : parameters[bias]!.read(),
      reads,
      makes: found.find(({ group }) => group.producers.includes(node)),
      matrix: shape.length === 2,
    };
  });
  return { model, layers, found };
}

/** Marks the units (or inputs) that live rows of a layer read. */
function markRead({ weight, rows, stride, makes }: Layer, read: Uint8Array): void {
  for (let row = 0; row < rows; row++) {
    if (makes?.keep[row] === 0) continue;
    for (let i = weight.rowPtr[row]!; i < weight.rowPtr[row + 1]!; i++) {
      read[Math.floor(weight.colIdx[i]! / stride)] = 1;
    }
  }
}

/** Back to front: what only an unread unit read is unread as well. A layer keeps one unit, the first. */
function findUnread({ layers, found }: Search): void {
  for (const dead of [...found].reverse()) {
    const read = new Uint8Array(dead.keep.length);
    for (const layer of layers) if (layer.reads === dead) markRead(layer, read);
    if (!read.includes(1)) {
      read[0] = 1;
      dead.lastUnit = 1;
    }
    dead.keep.set(read);
    dead.unread = read.reduce((sum, byte) => sum + 1 - byte, 0);
  }
}

/** Units of a layer that stay but read nothing that stays. */
function emptyUnits({ weight, rows, stride, reads, makes }: Layer): number[] {
  const empty: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (makes?.keep[row] !== 1) continue;
    let i = weight.rowPtr[row]!;
    const end = weight.rowPtr[row + 1]!;
    if (reads) while (i < end && reads.keep[Math.floor(weight.colIdx[i]! / stride)] === 0) i++;
    if (i === end) empty.push(row);
  }
  return empty;
}

/** True when what happens to the units on their way works value by value: a constant stays one. */
function isPointwise({ carriers }: UnitGroup): boolean {
  return carriers.every(
    ({ type, inputShape, outputShape, parameters }) =>
      type.couplesUnits !== true && parameters.length === 0 && sizeOf(inputShape) === sizeOf(outputShape),
  );
}

/** What units without a weight give to those who read them. */
function constantsOf(
  { model }: Search,
  layer: Layer,
  units: readonly number[],
  group: UnitGroup,
): Float32Array {
  // As in the kernels a sum begins at +0: a bias of -0 becomes 0.
  const values = Float32Array.from(units, (unit) => 0 + (layer.bias?.[unit] ?? 0));
  runPointwise(model.engine, group.carriers, values);
  return values;
}

/** Front to back: what reads constants alone becomes one. */
function findConstant(search: Search): void {
  for (const layer of search.layers) {
    const dead = layer.makes;
    if (!dead || dead.group.producers.length > 1 || !isPointwise(dead.group)) continue;
    const readers = search.layers.filter(({ reads }) => reads === dead);
    const takesConstants = readers.every(({ bias, matrix }) => bias !== null && matrix);
    const empty = emptyUnits(layer);
    if (empty.length === 0) continue;
    const values = constantsOf(search, layer, empty, dead.group);
    let left = dead.keep.reduce((sum, byte) => sum + byte, 0);
    empty.forEach((unit, i) => {
      const value = values[i]!;
      if (value !== 0 && !(takesConstants && Number.isFinite(value))) dead.withoutBias++;
      else if (left === 1) dead.lastUnit = 1;
      else {
        dead.keep[unit] = 0;
        dead.constants[unit] = value;
        dead.constant++;
        left--;
      }
    });
    for (const reader of readers) {
      reader.bias &&= foldInto(reader.bias, reader.weight, dead.constants, reader.stride);
    }
  }
}

/** Features of the input that no weight reads, ascending; none are told when something mixes them first. */
function unreadInputs({ model, layers }: Search): Uint32Array {
  const { inputShape, nodes } = model.graph;
  const size = sizeOf(inputShape);
  const first = layers[0];
  const before = nodes.slice(0, first?.index ?? 0);
  const plain = before.every(({ type, spec }) => (type.unitFlow?.(spec) ?? 'carries') === 'carries');
  if (!first?.matrix || !plain || sizeOf(nodes[first.index]!.inputShape) !== size) return new Uint32Array(0);
  const read = new Uint8Array(size);
  markRead(first, read);
  return Uint32Array.from(read.keys()).filter((input) => read[input] === 0);
}

/**
 * The dead units of every layer whose units can be removed, and unread inputs. One pass back and one forth find all: dropping
 * what is unread makes more unread only further front, folding makes more constant only further back.
 */
export function findDead(model: Search['model']): { found: readonly DeadUnits[]; unreadInputs: Uint32Array } {
  const search = searchOf(model);
  findUnread(search);
  findConstant(search);
  return { found: search.found, unreadInputs: unreadInputs(search) };
}
