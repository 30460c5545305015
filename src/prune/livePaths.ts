/** Paths of live weights through a graph: which values they reach from the inputs, and from which they lead to an output. */
import type { GraphNode } from '../graph/graph.js';
import { parameterPositions } from '../graph/units.js';
import { sizeOf } from '../tensor/shape.js';
import type { Trainable } from '../train/trainable.js';
import { livePositions } from './livePositions.js';

/** One weight, [rows, cols], between what it reads (values, or channels of an image) and the units that it makes. */
export interface LiveProduct {
  readonly name: string;
  readonly node: GraphNode;
  readonly rows: number;
  readonly cols: number;
  /** Live weights; null stands for all. */
  readonly positions: Uint32Array | null;
  /** How many values or channels it reads. */
  readonly units: number;
}

/** One byte a value: 1 where a path leads. */
export interface LayerMarks {
  /** From the inputs: to what a layer reads, and to its units. */
  readonly given: Uint8Array;
  readonly made: Uint8Array;
  /** To an output, from its units. */
  readonly leading: Uint8Array;
}

/** Calls `visit(row, input)` for every live weight; the input is a value, or a channel of an image. */
export function eachLive(
  { rows, cols, positions, node, units }: LiveProduct,
  visit: (row: number, input: number) => void,
): void {
  const groups = node.type.role === 'convolution' ? (node.spec.groups as number) : 1;
  const area = cols / (units / groups);
  const one = (row: number, col: number) => {
    const first = Math.floor((row * groups) / rows) * (units / groups);
    visit(row, first + Math.floor(col / area));
  };
  if (positions) for (const at of positions) one(Math.floor(at / cols), at % cols);
  else for (let row = 0; row < rows; row++) for (let col = 0; col < cols; col++) one(row, col);
}

function productsOf({
  graph,
  parameters,
}: Pick<Trainable, 'graph' | 'parameters'>): Map<number, LiveProduct> {
  const positions = parameterPositions(graph);
  const products = graph.nodes.flatMap((node): LiveProduct[] => {
    const weight = positions[node.index]!.map((at) => parameters[at]!).find(({ prunable }) => prunable);
    if (!weight) return [];
    const { rows, cols } = weight;
    return [
      { name: node.name, node, rows, cols, positions: livePositions(weight), units: node.inputShape[0]! },
    ];
  });
  return new Map(products.map((product) => [product.node.index, product]));
}

/** Marks of units from those of their values: one where any of a run is. */
function gathered(marks: Uint8Array, units: number): Uint8Array {
  const run = marks.length / units;
  return Uint8Array.from({ length: units }, (_, unit) =>
    marks.subarray(unit * run, (unit + 1) * run).includes(1) ? 1 : 0,
  );
}

/** Marks of values from those of their units. */
function spread(marks: Uint8Array, size: number): Uint8Array {
  if (marks.length === size) return marks.slice();
  const run = size / marks.length;
  return Uint8Array.from({ length: size }, (_, i) => marks[Math.floor(i / run)]!);
}

/** The same marks for another size of the same units; all, where one is, behind a layer that couples them. */
function carried({ type, inputShape }: GraphNode, marks: Uint8Array, size: number): Uint8Array {
  if (type.couplesUnits) return new Uint8Array(size).fill(marks.includes(1) ? 1 : 0);
  return marks.length === size ? marks.slice() : spread(gathered(marks, inputShape[0]!), size);
}

function join(into: Uint8Array, marks: Uint8Array): void {
  marks.forEach((mark, i) => {
    if (mark === 1) into[i] = 1;
  });
}

/** What a path from an input reaches: what each layer gives, by its index. */
function reachedFrom(
  nodes: readonly GraphNode[],
  inputs: number,
  products: ReadonlyMap<number, LiveProduct>,
) {
  const first = new Uint8Array(inputs).fill(1);
  const marks: Uint8Array[] = [];
  const given = (node: GraphNode) => node.inputs.map((input) => marks[input] ?? first);
  for (const node of nodes) {
    const size = sizeOf(node.outputShape);
    const product = products.get(node.index);
    const [before, also] = given(node);
    if (product) {
      const [read, made] = [gathered(before!, product.units), new Uint8Array(product.rows)];
      eachLive(product, (row, input) => {
        if (read[input] === 1) made[row] = 1;
      });
      marks.push(spread(made, size));
    } else {
      const own = carried(node, before!, size);
      if (also) join(own, also);
      marks.push(own);
    }
  }
  return { marks, given: (node: GraphNode) => given(node)[0]! };
}

/** From what a path leads to an output: what each layer gives, by its index, and the inputs in the end. */
function leadingOut(nodes: readonly GraphNode[], inputs: number, products: ReadonlyMap<number, LiveProduct>) {
  const marks = nodes.map(({ outputShape }) => new Uint8Array(sizeOf(outputShape)));
  const first = new Uint8Array(inputs);
  marks.at(-1)?.fill(1);
  for (const node of [...nodes].reverse()) {
    const product = products.get(node.index);
    const after = marks[node.index]!;
    for (const input of node.inputs) {
      const into = marks[input] ?? first;
      if (!product) {
        const back = { ...node, inputShape: node.outputShape };
        join(into, carried(back, after, into.length));
        continue;
      }
      const [made, read] = [gathered(after, product.rows), new Uint8Array(product.units)];
      eachLive(product, (row, col) => {
        if (made[row] === 1) read[col] = 1;
      });
      join(into, spread(read, into.length));
    }
  }
  return { marks, inputs: first };
}

/** Units that a layer couples with others vary where any of them does: marks behind the layer that does. */
function behindCoupling(
  nodes: readonly GraphNode[],
  { index }: GraphNode,
  marks: readonly Uint8Array[],
): Uint8Array {
  let at = index;
  for (let next = nodes[at + 1]; next?.inputs[0] === at && next.inputs.length === 1; next = nodes[at + 1]) {
    if (next.parameters.some(({ role }) => role === 'weight')) break;
    if (next.type.couplesUnits) return marks[next.index]!;
    at = next.index;
  }
  return marks[index]!;
}

/** Every weight of a model with the paths around it, in the order of layers, and the inputs from which any leads. */
export function livePaths(model: Pick<Trainable, 'graph' | 'parameters'>): {
  readonly products: readonly LiveProduct[];
  readonly marks: readonly LayerMarks[];
  readonly inputs: Uint8Array;
} {
  const { nodes, inputShape } = model.graph;
  const products = productsOf(model);
  const size = sizeOf(inputShape);
  const reached = reachedFrom(nodes, size, products);
  const leading = leadingOut(nodes, size, products);
  const marks = [...products.values()].map(({ node, units, rows }) => ({
    given: gathered(reached.given(node), units),
    made: gathered(behindCoupling(nodes, node, reached.marks), rows),
    leading: gathered(leading.marks[node.index]!, rows),
  }));
  return { products: [...products.values()], marks, inputs: leading.inputs };
}
