/** What users see of the weights of a model. */
import type { Graph } from '../graph/graph.js';
import type { LayerSpec } from '../layers/layer.js';
import type { FormatName } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import type { Shape } from '../tensor/shape.js';
import { denseOf, maskOf, type TensorValues } from '../tensor/values.js';

/**
 * One weight of a model, as it was when asked for. JSON.stringify() writes shape, sparsity and storage alone: values and masks belong in
 * model files, and would be megabytes of text.
 */
export interface WeightView {
  readonly shape: Shape;
  /** A copy of the values, row-major; laid out when first read. */
  readonly data: Float32Array;
  /** A copy of the mask, 1 keeps; null while nothing is pruned. */
  readonly mask: Uint8Array | null;
  /** Share of pruned weights. */
  readonly sparsity: number;
  /** How it is stored while it trains. */
  readonly storage: FormatName;
}

/** One layer of a model. */
export interface LayerView {
  readonly name: string;
  readonly spec: LayerSpec;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly weight?: WeightView;
  readonly bias?: Float32Array;
  /** Of batch normalization: factor, running mean and variance of each channel. */
  readonly scale?: Float32Array;
  readonly mean?: Float32Array;
  readonly variance?: Float32Array;
}

/** A copy of a weight; what is stored sparse is laid out only when asked for. */
class Weight implements WeightView {
  readonly shape: Shape;
  readonly sparsity: number;
  readonly storage: FormatName;
  readonly #values: TensorValues;
  #data: Float32Array | undefined;
  #mask: Uint8Array | null | undefined;

  constructor(parameter: Parameter) {
    this.shape = parameter.shape;
    this.sparsity = 1 - parameter.live / parameter.length;
    this.storage = parameter.format;
    this.#values = parameter.values();
  }

  get data(): Float32Array {
    this.#data ??= denseOf(this.#values);
    return this.#data;
  }

  get mask(): Uint8Array | null {
    if (this.#mask === undefined) this.#mask = maskOf(this.#values);
    return this.#mask;
  }
}

/** Layers with copies of their weights; `parameters` are those of the graph, in its order. */
export function layerViews(graph: Graph, parameters: readonly Parameter[]): LayerView[] {
  let next = 0;
  return graph.nodes.map(({ name, spec, inputShape, outputShape, parameters: own }): LayerView => {
    const view: Record<string, unknown> = { name, spec, inputShape, outputShape };
    for (const { role } of own) {
      const parameter = parameters[next++]!;
      view[role] = role === 'weight' ? new Weight(parameter) : parameter.read();
    }
    return view as unknown as LayerView;
  });
}
