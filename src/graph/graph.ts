/** Layers with their shapes, and who reads whom: the plan of a network, without weights. */
import { OptionError, ShapeError } from '../errors.js';
import { layerType } from '../layers/index.js';
import type { LayerSpec, LayerType } from '../layers/layer.js';
import { show } from '../options.js';
import type { ParameterSpec } from '../tensor/parameterSpec.js';
import { expectShape, type Shape, sameShape, showShape } from '../tensor/shape.js';

/** Stands among the inputs of a node for what the network takes. */
export const NETWORK_INPUT = -1;

/** One layer in its place. */
export interface GraphNode {
  readonly index: number;
  /** Unique, such as `dense1`: kind and its how-manieth. */
  readonly name: string;
  readonly spec: LayerSpec;
  readonly type: LayerType;
  /** Indices of the nodes that it reads, or NETWORK_INPUT: one, or the two that an `add` adds. */
  readonly inputs: readonly number[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly ParameterSpec[];
}

/** Layers in an order in which each comes behind those that it reads, shapes checked; the last one gives the outputs. */
export interface Graph {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly nodes: readonly GraphNode[];
}

/** True when a network gives probabilities. */
export const endsInSoftmax = ({ nodes }: Graph) => nodes.at(-1)!.type.kind === 'softmax';

/** True when all outputs of a network are in [0, 1]. */
export function endsInProbabilities({ nodes }: Graph): boolean {
  const last = nodes.findLast(({ type }) => type.kind !== 'flatten')?.type.kind;
  return last === 'sigmoid' || last === 'softmax';
}

/** Throws OptionError unless it is a graph. */
export function expectGraph(where: string, graph: unknown): void {
  if (Array.isArray((graph as Graph | undefined)?.nodes)) return;
  throw new OptionError(`${where}: graph must be that of a model, as model.graph, got ${show(graph)}`);
}

/** A value on its way: by whom it was made, and its shape. */
interface Value {
  readonly node: number;
  readonly shape: Shape;
}

/** An open branch: what the fork kept, and the end of the body once there was a swap. */
interface Branch {
  readonly kept: Value;
  readonly name: string;
  body: Value | null;
}

/** Joins the two ends of the innermost branch. Throws OptionError without one, ShapeError when the ends differ. */
function join(name: string, branches: Branch[], value: Value): readonly number[] {
  const branch = branches.pop();
  if (!branch)
    throw new OptionError(`${name}: add must stand behind a fork of its own, got none (see residual())`);
  const [body, shortcut] = branch.body ? [branch.body, value] : [value, branch.kept];
  if (!sameShape(body.shape, shortcut.shape)) {
    throw new ShapeError(
      `${name}: body and shortcut of a residual block must give the same shape, ` +
        `got ${showShape(body.shape)} and ${showShape(shortcut.shape)}`,
    );
  }
  return [body.node, shortcut.node];
}

/** What a node reads; opens and closes branches on the way. */
function connect(
  name: string,
  type: LayerType,
  branches: Branch[],
  value: Value,
): { value: Value; inputs: readonly number[] } {
  if (type.role === 'add') return { value, inputs: join(name, branches, value) };
  if (type.role === 'swap') {
    const branch = branches.at(-1);
    if (!branch || branch.body) {
      throw new OptionError(
        `${name}: swap must stand once between fork and add, got ${branch ? 'a second one' : 'no fork'}`,
      );
    }
    branch.body = value;
    return { value: branch.kept, inputs: [branch.kept.node] };
  }
  return { value, inputs: [value.node] };
}

/** Runs `use`; an error that names the kind of a layer then names the layer itself. */
function naming<T>(kind: string, name: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof ShapeError && error.message.startsWith(`${kind}: `)) {
      throw new ShapeError(`${name}${error.message.slice(kind.length)}`, { cause: error });
    }
    throw error;
  }
}

/** Checks specs and shapes from front to back. Throws OptionError or ShapeError that names the layer. */
export function buildGraph(inputShape: unknown, layers: unknown): Graph {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`layers: must be a list of at least one layer, got ${show(layers)}`);
  }
  const input = expectShape('sequential', 'inputShape', inputShape);
  const seen = new Map<string, number>();
  const nodes: GraphNode[] = [];
  const branches: Branch[] = [];
  let value: Value = { node: NETWORK_INPUT, shape: input };
  for (const given of (layers as (LayerSpec | readonly LayerSpec[])[]).flat() as LayerSpec[]) {
    const type = layerType(given);
    const spec = type.check(given);
    const count = (seen.get(type.kind) ?? 0) + 1;
    seen.set(type.kind, count);
    const [name, index] = [`${type.kind}${count}`, nodes.length];
    const from = connect(name, type, branches, value);
    const { shape } = from.value;
    const outputShape = naming(type.kind, name, () =>
      expectShape(name, 'output', type.outputShape(spec, shape)),
    );
    const parameters = type.parameters(spec, shape);
    nodes.push({ index, name, spec, type, inputs: from.inputs, inputShape: shape, outputShape, parameters });
    value = { node: index, shape: outputShape };
    if (type.role === 'fork') branches.push({ kept: value, name, body: null });
  }
  const open = branches.at(-1);
  if (open)
    throw new OptionError(`${open.name}: a fork must have an add behind it, got none (see residual())`);
  return { inputShape: input, outputShape: value.shape, nodes };
}
