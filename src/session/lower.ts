/** A network as the operations that a session has to run: activations fused where they can be, nothing chosen yet. */
import { type GraphNode, NETWORK_INPUT } from '../graph/graph.js';
import type { Network, ParameterValues } from '../graph/network.js';
import { affineOf, pixelsOf } from '../layers/batchNorm.js';
import { conv2dGeometry } from '../layers/conv2d.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import { type Affine, scaledBias, scaledValues } from './fold.js';
import { hasWeight, type Op } from './ops.js';
import { thresholdNode } from './threshold.js';
import { Weight } from './weight.js';

/** The operations in order, and why other layers need none. */
export interface Lowered {
  readonly ops: readonly Op[];
  /** By node index: layers without an operation of their own, with the reason. */
  readonly passive: ReadonlyMap<number, string>;
  /** The operation that gives the outputs; NETWORK_INPUT when there is none. */
  readonly result: number;
}

/** Which activations count as zero. */
export interface Threshold {
  /** Those of at most this size; 0 for none. */
  readonly level: number;
  /** True when what the network takes are hidden activations themselves: it is the rest of another. */
  readonly hidden: boolean;
}

const PASSES = {
  identity: 'nothing to do at inference',
  fork: 'no copy is needed',
  swap: 'no copy is needed',
};

/** By node: the layer that made its value, for layers that only hand one on; and how many layers read each value. */
function readersOf(nodes: readonly GraphNode[]): {
  readonly made: readonly number[];
  readonly readers: number[];
} {
  const made: number[] = [];
  const readers = nodes.map(() => 0);
  for (const node of nodes) {
    const from = node.inputs.map((input) => made[input] ?? NETWORK_INPUT);
    const passes = node.type.role in PASSES;
    made.push(passes ? from[0]! : node.index);
    if (!passes) for (const value of from) if (value >= 0) readers[value]!++;
  }
  const result = made.at(-1)!;
  if (result >= 0) readers[result]!++;
  return { made, readers };
}

/** Builds the operations one by one. */
class Lowering {
  readonly ops: Op[] = [];
  readonly passive = new Map<number, string>();
  readonly #engine: Engine;
  readonly #network: Network;
  readonly #threshold: Threshold;
  readonly #made: readonly number[];
  readonly #readers: readonly number[];
  /** By layer that makes a value: its operation. */
  readonly #opOf = new Map<number, number>([[NETWORK_INPUT, NETWORK_INPUT]]);
  /** Values that come behind a weight. */
  readonly #hidden = new Set<number>();

  constructor(engine: Engine, network: Network, threshold: Threshold) {
    this.#engine = engine;
    this.#network = network;
    this.#threshold = threshold;
    const { made, readers } = readersOf(network.graph.nodes);
    this.#made = made;
    this.#readers = readers;
    if (threshold.hidden) this.#hidden.add(NETWORK_INPUT);
  }

  /** Operations whose results a layer takes. */
  #from(node: GraphNode): number[] {
    return node.inputs.map((input) => this.#opOf.get(this.#made[input] ?? NETWORK_INPUT)!);
  }

  get result(): number {
    return this.#opOf.get(this.#made.at(-1)!)!;
  }

  #push(node: GraphNode, op: Op): void {
    this.#opOf.set(node.index, this.ops.length);
    if (hasWeight(op) || op.from.some((from) => this.#hidden.has(from))) this.#hidden.add(this.ops.length);
    this.ops.push(op);
  }

  /** Takes a layer into the operation before it, when no other layer reads what that gives. */
  #fuse(node: GraphNode, change: (before: Op) => Op | null, why: string): boolean {
    const value = this.#made[node.inputs[0]!] ?? NETWORK_INPUT;
    const at = this.#opOf.get(value)!;
    const before = this.ops[at];
    const changed = before && this.#readers[value] === 1 ? change(before) : null;
    if (!changed) return false;
    this.ops[at] = changed;
    this.#opOf.set(node.index, at);
    this.passive.set(node.index, why);
    return true;
  }

  #bound(before: Op): Op | null {
    if (before.kind === 'elementwise' || before.kind === 'resample' || before.low !== -Infinity) return null;
    return { ...before, low: 0 };
  }

  #scaled(before: Op, affine: Affine): Op | null {
    if (!hasWeight(before) || before.low !== -Infinity) return null;
    const { rows, cols } = before.weight;
    if (rows !== affine.scale.length) return null; // behind a flatten: several values of a channel
    const values = scaledValues(before.weight.dense, affine, cols);
    return {
      ...before,
      weight: Weight.of(this.#engine, values, rows, cols),
      bias: scaledBias(before.bias, affine),
    };
  }

  #weightOf(given: ParameterValues, rows: number, cols: number): Weight {
    return Weight.from(this.#engine, given, rows, cols);
  }

  #weighted(node: GraphNode): void {
    const { level } = this.#threshold;
    let from = this.#from(node);
    if (level > 0 && this.#hidden.has(from[0]!)) {
      const { inputShape } = node;
      this.ops.push({
        kind: 'elementwise',
        node: thresholdNode(level, inputShape),
        from,
        size: sizeOf(inputShape),
      });
      from = [this.ops.length - 1];
      this.#hidden.add(from[0]!);
    }
    const [weight, bias] = this.#network.parameters[node.index]!;
    const [rows, ...rest] = node.parameters[0]!.shape;
    const common = { node, from, bias: bias?.values ?? null, low: -Infinity };
    const matrix = this.#weightOf(weight!, rows!, sizeOf(rest));
    if (node.type.role === 'product') {
      this.#push(node, { kind: 'product', weight: matrix, ...common });
      return;
    }
    const geometry = conv2dGeometry(node.spec, node.inputShape);
    const groups = node.spec.groups as number;
    this.#push(node, { kind: 'convolution', weight: matrix, ...common, geometry, groups });
  }

  #affine(node: GraphNode): void {
    const affine = affineOf(
      node.spec,
      this.#network.parameters[node.index]!.map(({ values }) => values),
    );
    if (this.#fuse(node, (before) => this.#scaled(before, affine), 'folded into the weight before it'))
      return;
    const pixels = pixelsOf(node.inputShape);
    this.#push(node, { kind: 'affine', node, from: this.#from(node), affine, pixels, low: -Infinity });
  }

  layer(node: GraphNode): void {
    const { role } = node.type;
    if (role in PASSES) {
      this.passive.set(node.index, PASSES[role as keyof typeof PASSES]);
    } else if (role === 'product' || role === 'convolution') {
      this.#weighted(node);
    } else if (role === 'affine') {
      this.#affine(node);
    } else if (role === 'clamp' && this.#fuse(node, this.#bound, 'fused into what is before it')) {
      // nothing is left of it
    } else {
      const from = this.#from(node);
      const size = sizeOf(node.outputShape);
      if (role === 'add') this.#push(node, { kind: 'add', node, from, low: -Infinity });
      else if (role === 'resample') this.#push(node, { kind: 'resample', node, from });
      else this.#push(node, { kind: 'elementwise', node, from, size });
    }
  }
}

/**
 * Lists the operations of a network. Batch normalization is folded into the weight before it, and a ReLU into what comes before it, where
 * nothing else reads that. Before every weight but the first ones that an input meets, activations of up to `level` become zero.
 */
export function lower(
  engine: Engine,
  network: Network,
  threshold: Threshold = { level: 0, hidden: false },
): Lowered {
  const lowering = new Lowering(engine, network, threshold);
  for (const node of network.graph.nodes) lowering.layer(node);
  const { ops, passive, result } = lowering;
  return { ops, passive, result };
}
