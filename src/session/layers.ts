/** What a session does for every layer of the network: the data behind explain(). */
import type { Network } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import type { Lowered, ProductOp } from './lower.js';
import { nanosOverOnes } from './measure.js';
import { denseFormat } from './products/dense.js';
import type { Product } from './products/product.js';
import type { Program, Step } from './program.js';
import type { Simplified } from './simplify.js';
import { isThreshold } from './threshold.js';

/** What a session does for one layer; the data behind explain(). */
export interface SessionLayer {
  readonly name: string;
  /** [outputs, inputs] of a product, else the shape of a sample; before anything was dropped. */
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
  /** Multiply-adds for one sample, padding included. */
  readonly multiplyAdds: number;
  /** All weights divided by the multiply-adds that are left: the speed-up if each took as long as in a dense kernel. */
  readonly theoreticalSpeedup?: number;
  /** Median microseconds for one tile (or sample); only with `measure: true`. */
  readonly micros?: number;
  /** Time of the dense kernel over the same tile, divided by `micros`; only with `measure: true`. */
  readonly measuredSpeedup?: number;
  /** Share of the machine's register mul+add rate that the layer reaches; only with `measure: true`. */
  readonly ceilingShare?: number;
  readonly why: string;
}

const none = { nnz: 0, sparsity: 0, format: '-', kernel: '-', bytes: 0, multiplyAdds: 0 } as const;

interface Times {
  readonly micros: number;
  readonly measuredSpeedup?: number;
  readonly ceilingShare?: number;
}

function timesOf(engine: Engine, op: ProductOp, product: Product, lanes: number, peak: number): Times {
  const { weight, bias, low } = op;
  const size = { inputs: weight.cols, outputs: weight.rows, lanes };
  const nanosOf = (timed: Product) => nanosOverOnes(engine, timed.kernel, size, (x, y) => timed.run(x, y, 1));
  const nanos = nanosOf(product);
  const dense = denseFormat.compile(engine, { weight, bias, lanes, low });
  try {
    return {
      micros: nanos / 1000,
      measuredSpeedup: nanosOf(dense) / nanos,
      ceilingShare: (2 * product.multiplyAdds * lanes) / nanos / peak,
    };
  } finally {
    for (const block of dense.blocks) block.free();
  }
}

/** Microseconds of a layer that works in place, over one tile. */
function inPlaceMicros(engine: Engine, { node, run }: Step, size: number, lanes: number): number {
  const shape = { inputs: size, outputs: size, lanes };
  return nanosOverOnes(engine, node.type.kind, shape, (x) => run(x, x, 1)) / 1000;
}

function productLayer(
  engine: Engine,
  op: ProductOp,
  step: Step,
  { lanes, note, peak }: { lanes: number; note: string; peak: number | null },
): SessionLayer {
  const { rows, cols, nnz, sparsity } = op.weight;
  const { kernel, bytes, multiplyAdds } = step.product!;
  const { format, why } = step.choice!;
  return {
    name: op.node.name,
    shape: [rows, cols],
    nnz,
    sparsity,
    format,
    kernel,
    bytes,
    multiplyAdds,
    theoreticalSpeedup: (rows * cols) / Math.max(1, multiplyAdds),
    ...(peak !== null && timesOf(engine, op, step.product!, lanes, peak)),
    why: note ? `${why}; ${note}` : why,
  };
}

/** One entry for every layer of the network, from its main program. `peak` is the ceiling, when times are wanted. */
export function describe(
  engine: Engine,
  { graph }: Network,
  { ops, passive }: Lowered,
  { notes }: Simplified,
  { lanes, steps }: Program,
  peak: number | null,
): SessionLayer[] {
  /** What the planner does not know of a product. */
  const noteOf = (op: ProductOp): string => {
    const before = ops[ops.indexOf(op) - 1];
    const small = before && isThreshold(before.node) ? `inputs up to ${before.node.spec.level} are zero` : '';
    return [notes.get(op.node.index) ?? '', small].filter(Boolean).join('; ');
  };
  return graph.nodes.map((node): SessionLayer => {
    const { name, outputShape: shape } = node;
    const why = passive.get(node.index);
    if (why !== undefined) return { name, shape, ...none, why };
    const step = steps.find((each) => each.node === node)!;
    const op = ops.find((each) => each.node === node)!;
    if (op.kind === 'product') {
      return productLayer(engine, op, step, { lanes, note: noteOf(op), peak });
    }
    const micros = peak === null ? {} : { micros: inPlaceMicros(engine, step, op.size, lanes) };
    return { name, shape, ...none, kernel: node.type.kind, ...micros, why: 'in place' };
  });
}
