/** Turns a network into a list of steps over two activation buffers. */
import type { GraphNode } from '../graph/graph.js';
import type { Network, ParameterValues } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import { choose, type KernelChoice } from './planner.js';
import { productFormats } from './products/index.js';
import type { Product } from './products/product.js';

/** What a session does for one layer; the data behind explain(). */
export interface SessionLayer {
  readonly name: string;
  /** [outputs, inputs] of a product, else the shape of a sample. */
  readonly shape: readonly number[];
  /** Weights that are not zero; 0 for layers without. */
  readonly nnz: number;
  /** Share of zeros among the weights. */
  readonly sparsity: number;
  /** How the weight is stored; '-' for layers without. */
  readonly format: string;
  /** Kernel that runs it; '-' when it needs none. */
  readonly kernel: string;
  /** Bytes of the stored weight. */
  readonly bytes: number;
  /** Multiply-adds for one sample. */
  readonly multiplyAdds: number;
  /** Median microseconds for one full pass; only with `measure: true`. */
  micros?: number;
  readonly why: string;
}

/** One kernel call: from buffer x to buffer y, or in place. */
export interface Step {
  readonly layer: SessionLayer;
  readonly inputs: number;
  readonly outputs: number;
  readonly inPlace: boolean;
  run(x: number, y: number, tiles: number): void;
}

/** Everything that a session runs. */
export interface Plan {
  readonly layers: SessionLayer[];
  readonly steps: Step[];
  readonly products: Product[];
}

const none = { nnz: 0, sparsity: 0, format: '-', kernel: '-', bytes: 0, multiplyAdds: 0 } as const;

function productStep(
  engine: Engine,
  node: GraphNode,
  [weight, bias]: readonly ParameterValues[],
  choice: { kernels: KernelChoice; lanes: number; low: number },
): { step: Step; product: Product } {
  const values = weight!.values;
  const [rows, cols] = [sizeOf(node.outputShape), sizeOf(node.inputShape)];
  const copy = engine.memory.allocate(values.length * 4);
  copy.f32(values.length).set(values);
  const nnz = engine.kernels.count_nonzero_f32(copy.address, values.length);
  const sparsity = values.length === 0 ? 0 : 1 - nnz / values.length;
  const { format, why } = choose(choice.kernels, sparsity, choice.lanes);
  const { lanes, low } = choice;
  const source = { weight: copy, nnz, bias: bias?.values ?? null, rows, cols, lanes, low };
  const product = productFormats[format].compile(engine, source);
  if (!product.blocks.includes(copy)) copy.free();
  const multiplyAdds = format === 'dense' ? values.length : nnz;
  const { kernel, bytes } = product;
  const layer = {
    name: node.name,
    shape: [rows, cols],
    nnz,
    sparsity,
    format,
    kernel,
    bytes,
    multiplyAdds,
    why,
  };
  const run = (x: number, y: number, tiles: number) => product.run(x, y, tiles);
  return { step: { layer, inputs: cols, outputs: rows, inPlace: false, run }, product };
}

function elementwiseStep({ kernels }: Engine, node: GraphNode, lanes: number): Step {
  const size = sizeOf(node.outputShape);
  const layer = {
    name: node.name,
    shape: node.outputShape,
    ...none,
    kernel: node.type.kind,
    why: 'in place',
  };
  return {
    layer,
    inputs: size,
    outputs: size,
    inPlace: true,
    run: (x, y, tiles) =>
      node.type.forward(
        { kernels, x, y, lanes, tiles, inputs: size, outputs: size, parameters: [], low: 0 },
        node.spec,
      ),
  };
}

/** Compiles every layer; a ReLU after a product is fused into it. */
export function compile(
  engine: Engine,
  { graph, parameters }: Network,
  kernels: KernelChoice,
  lanes: number,
): Plan {
  const plan: Plan = { layers: [], steps: [], products: [] };
  let fused = -1;
  for (const node of graph.nodes) {
    const passive = (why: string) =>
      plan.layers.push({ name: node.name, shape: node.outputShape, ...none, why });
    if (node.index === fused) {
      passive('fused into the product before it');
    } else if (node.type.role === 'identity') {
      passive('nothing to do at inference');
    } else if (node.type.role === 'product') {
      const next = graph.nodes[node.index + 1];
      const clamps = next?.type.role === 'clamp';
      if (clamps) fused = next.index;
      const choice = { kernels, lanes, low: clamps ? 0 : -Infinity };
      const { step, product } = productStep(engine, node, parameters[node.index]!, choice);
      plan.layers.push(step.layer);
      plan.steps.push(step);
      plan.products.push(product);
    } else {
      const step = elementwiseStep(engine, node, lanes);
      plan.layers.push(step.layer);
      plan.steps.push(step);
    }
  }
  return plan;
}
