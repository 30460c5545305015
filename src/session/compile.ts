/** Turns a network into a list of steps over two activation buffers. */
import type { GraphNode } from '../graph/graph.js';
import type { Network, ParameterValues } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';
import { sizeOf } from '../tensor/shape.js';
import { choose, type KernelChoice, lanesFor } from './planner.js';
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
  /** Samples side by side in a tile; 1 means one sample at a time. */
  readonly lanes: number;
  /** Features of the widest activation. */
  readonly widest: number;
  readonly layers: SessionLayer[];
  readonly steps: Step[];
  readonly products: Product[];
}

const none = { nnz: 0, sparsity: 0, format: '-', kernel: '-', bytes: 0, multiplyAdds: 0 } as const;

/** The weight of a product, copied into WebAssembly memory and counted. */
interface LoadedWeight {
  readonly block: Block;
  readonly nnz: number;
  readonly sparsity: number;
}

function loadWeight({ memory, kernels }: Engine, { values }: ParameterValues): LoadedWeight {
  const block = memory.allocate(values.length * 4);
  block.f32(values.length).set(values);
  const nnz = kernels.count_nonzero_f32(block.address, values.length);
  return { block, nnz, sparsity: values.length === 0 ? 0 : 1 - nnz / values.length };
}

function productStep(
  engine: Engine,
  node: GraphNode,
  { block, nnz, sparsity }: LoadedWeight,
  bias: Float32Array | null,
  { kernels, lanes, low }: { kernels: KernelChoice; lanes: number; low: number },
): { step: Step; product: Product } {
  const [rows, cols] = [sizeOf(node.outputShape), sizeOf(node.inputShape)];
  const { format, why } = choose(kernels, sparsity, lanes);
  const product = productFormats[format].compile(engine, {
    weight: block,
    nnz,
    bias,
    rows,
    cols,
    lanes,
    low,
  });
  if (!product.blocks.includes(block)) block.free();
  const multiplyAdds = format === 'dense' ? rows * cols : nnz;
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
  { batch, kernels }: { batch: number; kernels: KernelChoice },
): Plan {
  const widest = Math.max(
    ...graph.nodes.flatMap((node) => [sizeOf(node.inputShape), sizeOf(node.outputShape)]),
  );
  const weights = new Map(
    graph.nodes
      .filter((node) => node.type.role === 'product')
      .map((node) => [node, loadWeight(engine, parameters[node.index]![0]!)]),
  );
  const sparsities = [...weights.values()].map(({ sparsity }) => sparsity);
  const lanes = lanesFor(batch, kernels, widest, sparsities);
  const plan: Plan = { lanes, widest, layers: [], steps: [], products: [] };
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
      const bias = parameters[node.index]![1]?.values ?? null;
      const choice = { kernels, lanes, low: clamps ? 0 : -Infinity };
      const { step, product } = productStep(engine, node, weights.get(node)!, bias, choice);
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
