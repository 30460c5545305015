/** The layers of a model with the buffers that batches of one size go through. */
import type { Graph, GraphNode } from '../graph/graph.js';
import type { LayerKind } from '../layers/index.js';
import type { Block } from '../runtime/block.js';
import type { Memory } from '../runtime/memory.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Gradient, TrainingShape } from './gradients/gradient.js';
import { gradients } from './gradients/index.js';

/** One layer in its place. */
export interface Stage {
  readonly node: GraphNode;
  readonly gradient: Gradient;
  readonly inputs: number;
  readonly outputs: number;
  readonly shape: Shape;
  readonly outputShape: Shape;
  /** True when no layer before it has parameters: nobody needs the gradient of its input. */
  readonly first: boolean;
  /** Positions of its parameters in Trainable.parameters. */
  readonly parameters: readonly number[];
}

/** The layers of a graph in order. */
export function stagesOf(graph: Graph): Stage[] {
  let parameter = 0;
  let first = true;
  return graph.nodes.map((node) => {
    const stage: Stage = {
      node,
      gradient: gradients[node.type.kind as LayerKind],
      inputs: sizeOf(node.inputShape),
      outputs: sizeOf(node.outputShape),
      shape: node.inputShape,
      outputShape: node.outputShape,
      first,
      parameters: node.parameters.map(() => parameter++),
    };
    if (node.parameters.length > 0) first = false;
    return stage;
  });
}

/**
 * Samples in a tile: narrow ones suit dense products and convolutions, whose windows they keep in cache; wide ones suit sparse
 * products, where each weight is read once a tile.
 */
export function lanesFor(parameters: readonly Parameter[], capacity: number): number {
  const narrow = parameters.every(({ format, spec }) => format === 'dense' || spec.windows !== undefined);
  if (narrow || capacity <= 8) return 8;
  return capacity <= 16 ? 16 : 32;
}

/** True for a layer whose output is its input. */
function passes({ type: { role } }: GraphNode, gradient: Gradient): boolean {
  return role === 'fork' || role === 'swap' || (role === 'identity' && !gradient.forward);
}

/** Most branches that are open at the same time. */
function branchesOf({ nodes }: Graph): number {
  let [open, most] = [0, 0];
  for (const { type } of nodes) {
    if (type.role === 'fork') most = Math.max(most, ++open);
    if (type.role === 'add') open--;
  }
  return most;
}

/** Activations, their gradients and scratch for batches of up to `capacity` samples. */
export interface Buffers {
  readonly lanes: number;
  /** Samples as they come, row-major: input, targets, or outputs. */
  readonly rows: Block;
  readonly input: Block;
  readonly labels: Block;
  readonly targets: Block;
  /** Output of every stage; that of a layer which passes values through is its input. */
  readonly outputs: readonly Block[];
  /** Gradients of activations: two, and one for every branch that is open at the same time. */
  readonly deltas: readonly Block[];
  /** What stages keep from the forward to the backward pass; null for those that keep nothing. */
  readonly kept: readonly (Block | null)[];
  readonly scratch: Block;
  free(): void;
}

/** Allocates all buffers or, with MemoryError, none. */
export function allocateBuffers(
  memory: Memory,
  graph: Graph,
  stages: readonly Stage[],
  parameters: readonly Parameter[],
  capacity: number,
): Buffers {
  const lanes = lanesFor(parameters, capacity);
  const tiles = Math.ceil(capacity / lanes);
  const blocks: Block[] = [];
  const allocate = (bytes: number) => {
    const block = memory.allocate(bytes);
    blocks.push(block);
    return block;
  };
  const activation = (size: number) => allocate(size * tiles * lanes * 4);
  const [inputs, outputs] = [sizeOf(graph.inputShape), sizeOf(graph.outputShape)];
  return memory.allOrNothing(() => {
    const input = activation(inputs);
    const activations: Block[] = [];
    for (const { node, gradient, outputs: size } of stages) {
      const from = activations[node.inputs[0]!] ?? input;
      activations.push(passes(node, gradient) ? from : activation(size));
    }
    const widest = Math.max(outputs, ...stages.map((stage) => stage.inputs));
    const shapes = stages.map(
      (stage): TrainingShape => ({
        ...stage,
        lanes,
        tiles,
        parameters: stage.parameters.map((i) => parameters[i]!),
      }),
    );
    const scratch = stages.map(
      ({ gradient, node }, i) => gradient.scratchBytes?.(shapes[i]!, node.spec) ?? 0,
    );
    const kept = stages.map(({ gradient, node }, i) => {
      const bytes = gradient.keptBytes?.(shapes[i]!, node.spec) ?? 0;
      if (bytes === 0) return null;
      const block = allocate(bytes);
      gradient.prepare?.(shapes[i]!, node.spec, block);
      return block;
    });
    const deltas = Array.from({ length: 2 + branchesOf(graph) }, () => activation(widest));
    return {
      lanes,
      rows: activation(Math.max(inputs, outputs)),
      input,
      labels: allocate(tiles * lanes * 4),
      targets: activation(outputs),
      outputs: activations,
      deltas,
      kept,
      scratch: allocate(Math.max(64, ...scratch)),
      free: () => {
        for (const block of blocks) block.free();
      },
    };
  });
}
