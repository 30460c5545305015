/** A network as the operations that a session has to run: activations fused where they can be, nothing chosen yet. */
import type { GraphNode } from '../graph/graph.js';
import type { Network } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import { thresholdNode } from './threshold.js';
import { Weight } from './weight.js';

/** y = max(W · x + b, low). */
export interface ProductOp {
  readonly kind: 'product';
  readonly node: GraphNode;
  readonly weight: Weight;
  /** [rows], or null. */
  readonly bias: Float32Array | null;
  /** 0 when a ReLU was fused, else -Infinity. */
  readonly low: number;
}

/** A layer that works in place, feature by feature (or over all of them, as softmax does). */
export interface ElementwiseOp {
  readonly kind: 'elementwise';
  readonly node: GraphNode;
  /** Features of a sample. */
  readonly size: number;
}

export type Op = ProductOp | ElementwiseOp;

/** The operations in order, and why other layers need none. */
export interface Lowered {
  readonly ops: readonly Op[];
  /** By node index: layers without an operation of their own, with the reason. */
  readonly passive: ReadonlyMap<number, string>;
}

/** Which activations count as zero. */
export interface Threshold {
  /** Those of at most this size; 0 for none. */
  readonly level: number;
  /** True when what the network takes are hidden activations themselves: it is the rest of another. */
  readonly hidden: boolean;
}

/**
 * Lists the operations of a network; a ReLU after a product is fused into it. Before every product but the first one that
 * an input meets, activations of up to `level` become zero.
 */
export function lower(
  engine: Engine,
  { graph, parameters }: Network,
  { level, hidden }: Threshold = { level: 0, hidden: false },
): Lowered {
  const ops: Op[] = [];
  let behindProduct = hidden;
  const passive = new Map<number, string>();
  for (const node of graph.nodes) {
    if (passive.has(node.index)) continue;
    if (node.type.role === 'identity') {
      passive.set(node.index, 'nothing to do at inference');
    } else if (node.type.role === 'product') {
      const next = graph.nodes[node.index + 1];
      const clamps = next?.type.role === 'clamp';
      if (clamps) passive.set(next.index, 'fused into the product before it');
      const [weight, bias] = parameters[node.index]!;
      if (level > 0 && behindProduct) {
        const { inputShape } = node;
        ops.push({ kind: 'elementwise', node: thresholdNode(level, inputShape), size: sizeOf(inputShape) });
      }
      behindProduct = true;
      ops.push({
        kind: 'product',
        node,
        weight: Weight.from(engine, weight!, sizeOf(node.outputShape), sizeOf(node.inputShape)),
        bias: bias?.values ?? null,
        low: clamps ? 0 : -Infinity,
      });
    } else {
      ops.push({ kind: 'elementwise', node, size: sizeOf(node.outputShape) });
    }
  }
  return { ops, passive };
}
