/** A chain of layers with their shapes: the plan of a network, without weights. */
import { OptionError } from '../errors.js';
import { layerType } from '../layers/index.js';
import type { LayerSpec, LayerType } from '../layers/layer.js';
import { show } from '../options.js';
import type { ParameterSpec } from '../tensor/parameter.js';
import { expectShape, type Shape } from '../tensor/shape.js';

/** One layer in its place. */
export interface GraphNode {
  readonly index: number;
  /** Unique, such as `dense1`: kind and its how-manieth. */
  readonly name: string;
  readonly spec: LayerSpec;
  readonly type: LayerType;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly ParameterSpec[];
}

/** Layers in order, shapes checked. */
export interface Graph {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly nodes: readonly GraphNode[];
}

/** Checks specs and shapes from front to back. Throws OptionError or ShapeError that names the layer. */
export function buildGraph(inputShape: unknown, layers: unknown): Graph {
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`layers: must be a list of at least one layer, got ${show(layers)}`);
  }
  const input = expectShape('sequential', 'inputShape', inputShape);
  const seen = new Map<string, number>();
  const nodes: GraphNode[] = [];
  let shape = input;
  for (const given of layers as LayerSpec[]) {
    const type = layerType(given);
    const spec = type.check(given);
    const count = (seen.get(type.kind) ?? 0) + 1;
    seen.set(type.kind, count);
    const outputShape = type.outputShape(spec, shape);
    const parameters = type.parameters(spec, shape);
    const name = `${type.kind}${count}`;
    nodes.push({ index: nodes.length, name, spec, type, inputShape: shape, outputShape, parameters });
    shape = outputShape;
  }
  return { inputShape: input, outputShape: shape, nodes };
}
