/** Units that are the same whatever comes in, from the inputs forwards. */
import type { GraphNode } from '../graph/graph.js';
import { runOnConstants } from '../graph/pointwise.js';
import { parameterPositions } from '../graph/units.js';
import { affineOf } from '../layers/batchNorm.js';
import { type DeadUnits, rowStays, type Search, type SearchLayer } from './deadSearch.js';
import { foldInto } from './fold.js';
import { nonzerosOf } from './nonzeros.js';

/** What is known of the units of a group at one place: a value, or NaN for one that varies or is not known. */
type Known = Float32Array;

/** True for a row that reads nothing, or nothing but units that have gone. */
function readsNothing({ weight, stride, reads }: SearchLayer, row: number): boolean {
  const end = weight.rowPtr[row + 1]!;
  let i = weight.rowPtr[row]!;
  if (reads) while (i < end && reads.keep[Math.floor(weight.colIdx[i]! / stride)] === 0) i++;
  return i === end;
}

/** As in the kernels a sum begins at +0: a bias of -0 becomes 0. */
const biasAt = (bias: Float32Array | null, unit: number) => 0 + (bias?.[unit] ?? 0);

function madeBy(layer: SearchLayer): Known {
  const known = new Float32Array(layer.rows / layer.run).fill(Number.NaN);
  if (layer.run > 1) return known; // a run of rows is no single value
  return known.map((none, row) =>
    rowStays(layer, row) && readsNothing(layer, row) ? biasAt(layer.bias, row) : none,
  );
}

/** Behind batch normalization: a scale of 0 leaves the shift alone. */
function normed(values: readonly Float32Array[], { spec }: GraphNode, x: Known): Known {
  if (values[0]!.length !== x.length) return x.map(() => Number.NaN);
  const { scale, shift } = affineOf(spec, values);
  return x.map((value, c) => {
    const [factor, add] = [Math.fround(scale[c]!), Math.fround(shift[c]!)];
    return factor === 0 ? add : Math.fround(Math.fround(value * factor) + add);
  });
}

/** Behind a depthwise convolution: the bias, of a channel of zeros and of a kernel of zeros. */
function convolved({ model }: Search, positions: readonly number[], x: Known): Known {
  const [weight, bias] = positions.map((position) => model.parameters[position]!);
  const { rowPtr } = nonzerosOf(weight!);
  const biases = bias ? bias.read() : null;
  return x.map((value, c) => (value === 0 || rowPtr[c] === rowPtr[c + 1] ? biasAt(biases, c) : Number.NaN));
}

/** What is known behind a carrier. */
function carried(
  search: Search,
  node: GraphNode,
  positions: readonly number[],
  inputs: readonly Known[],
): Known {
  const { engine, parameters } = search.model;
  const x = inputs[0]!;
  switch (node.type.role) {
    case 'add':
      return x.map((value, c) => Math.fround(value + inputs[1]![c]!));
    case 'affine':
      return normed(
        positions.map((position) => parameters[position]!.read()),
        node,
        x,
      );
    case 'convolution':
      return convolved(search, positions, x);
    default:
      return runOnConstants(engine, node, x);
  }
}

/** What the units of a group give to each layer that reads them. */
function givenTo(search: Search, dead: DeadUnits): Known[] {
  const { producers, carriers, consumers } = dead.group;
  const positions = parameterPositions(search.model.graph);
  const known = new Map<number, Known>();
  for (const node of [...producers, ...carriers].sort((a, b) => a.index - b.index)) {
    const layer = search.layers.find((each) => each.node === node && each.makes === dead);
    const inputs = () => node.inputs.map((input) => known.get(input)!);
    known.set(node.index, layer ? madeBy(layer) : carried(search, node, positions[node.index]!, inputs()));
  }
  return consumers.map((node) => known.get(node.inputs[0]!)!);
}

/** The constants of one group go; true when any did. */
function findInGroup(search: Search, dead: DeadUnits): boolean {
  const readers = search.layers.filter(({ reads }) => reads === dead);
  const [first, ...others] = givenTo(search, dead);
  const takesConstants = readers.every(({ bias, even }) => bias !== null && even);
  const fresh = new Float32Array(dead.keep.length);
  let left = dead.keep.reduce((sum, byte) => sum + byte, 0);
  let went = false;
  dead.withoutBias = 0;
  first!.forEach((value, unit) => {
    if (dead.keep[unit] === 0 || [first!, ...others].some((known) => Number.isNaN(known[unit]))) return;
    const same = others.every((known) => known[unit] === value);
    if (!same || (value !== 0 && !(takesConstants && Number.isFinite(value)))) dead.withoutBias++;
    else if (left === 1) dead.lastUnit = 1;
    else {
      dead.keep[unit] = 0;
      fresh[unit] = value;
      dead.constant++;
      left--;
      went = true;
    }
  });
  if (!went) return false;
  fresh.forEach((value, unit) => {
    if (value !== 0) dead.constants[unit] = value;
  });
  for (const reader of readers) reader.bias &&= foldInto(reader.bias, reader.weight, fresh, reader.stride);
  return true;
}

/**
 * Units that give every layer behind them one and the same value go: it is folded into their biases. What reads constants alone becomes
 * one, so this goes on until nothing changes. A constant other than 0 stays where a layer behind it has no bias, or
 * zeros around its image. True when any went.
 */
export function findConstant(search: Search): boolean {
  let went = false;
  for (let more = true; more; ) {
    more = search.found.map((dead) => findInGroup(search, dead)).includes(true);
    went ||= more;
  }
  return went;
}
