/** What a session does for every layer of the network: the data behind explain(). */
import type { Network } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import { denseCount } from './convs/counts.js';
import { denseConv } from './convs/dense.js';
import { pixelsOf } from './convs/image.js';
import type { Lowered } from './lower.js';
import { nanosOverOnes } from './measure.js';
import { type ConvolutionOp, hasWeight, type Op, type ProductOp } from './ops.js';
import { denseFormat } from './products/dense.js';
import type { Product } from './products/product.js';
import type { Program, Step } from './program.js';
import type { Simplified } from './simplify.js';
import { isThreshold } from './threshold.js';

/**
 * What a session does for one layer; the data behind explain(). `shape`, `nnz`, `sparsity` and `denseMultiplyAdds` are those of the
 * model's layer; `bytes`, `multiplyAdds`, times and `why` those of what is left when inputs, units and channels were dropped.
 */
export interface SessionLayer {
  readonly name: string;
  /** Of the weight: [outputs, inputs], or [filters, channels of a group, height, width]; else that of a sample. */
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
  /**
   * Multiply-adds that the kernel does for one sample, padding included: rows or blocks filled up with zeros, the border around an
   * image. Zero inputs count, though kernels for one sample may skip them.
   */
  readonly multiplyAdds: number;
  /**
   * Multiply-adds that all weights of the layer need for one sample, zeros included, nothing dropped or padded: of a convolution, one
   * for every weight and pixel of the image that meet; not where a window reaches over the border. What profile() counts.
   */
  readonly denseMultiplyAdds: number;
  /**
   * Multiply-adds by all weights, the border around an image included, divided by `multiplyAdds`: the speed-up if each took as long
   * as in a dense kernel. Below 1 where padding outweighs zeros.
   */
  readonly theoreticalSpeedup?: number;
  /** Median microseconds for one tile (or sample); only with `measure: true`. */
  readonly micros?: number;
  /** Time of the dense kernel over the same tile, divided by `micros`; only with `measure: true`. */
  readonly measuredSpeedup?: number;
  /** Share of the machine's register mul+add rate that the layer reaches; only with `measure: true`. */
  readonly ceilingShare?: number;
  /** Why this format, and what was dropped: `of what is left, 49.5 % zeros: about 1.1x dense; 78 inputs dropped`. */
  readonly why: string;
}

const none = {
  nnz: 0,
  sparsity: 0,
  format: '-',
  kernel: '-',
  bytes: 0,
  multiplyAdds: 0,
  denseMultiplyAdds: 0,
} as const;

interface Times {
  readonly micros: number;
  readonly measuredSpeedup?: number;
  readonly ceilingShare?: number;
}

type WeightOp = ProductOp | ConvolutionOp;

/** Features that go in and come out. */
function sizesOf(op: WeightOp): { readonly inputs: number; readonly outputs: number } {
  if (op.kind === 'product') return { inputs: op.weight.cols, outputs: op.weight.rows };
  return { inputs: sizeOf(op.node.inputShape), outputs: sizeOf(op.node.outputShape) };
}

function timesOf(engine: Engine, op: WeightOp, product: Product, lanes: number, peak: number): Times {
  const { weight, bias, low } = op;
  const size = { ...sizesOf(op), lanes };
  const nanosOf = (timed: Product) => nanosOverOnes(engine, timed.kernel, size, (x, y) => timed.run(x, y, 1));
  const nanos = nanosOf(product);
  const dense =
    op.kind === 'product'
      ? denseFormat.compile(engine, { weight, bias, lanes, low })
      : denseConv.compile(engine, op, lanes);
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

/** Microseconds of a layer without a weight, over one tile. */
function layerMicros(engine: Engine, { node, run, places }: Step, op: Op, lanes: number): number {
  const features = op.kind === 'elementwise' ? op.size : sizeOf(node.inputShape);
  const outputs = op.kind === 'elementwise' ? op.size : sizeOf(node.outputShape);
  const over = places.x === places.y;
  const shape = { inputs: features, outputs, lanes };
  return nanosOverOnes(engine, node.type.kind, shape, (x, y) => run(x, over ? x : y, 1, x)) / 1000;
}

/** Why a format was chosen, from what is left of a weight, and what went. */
function whyOf({ weight }: WeightOp, { choice, weight: left }: Step, note: string): string {
  const { why, asked } = choice!;
  const fewer = left!.rows * left!.cols < weight.rows * weight.cols;
  const reason = fewer && !asked ? `of what is left, ${why}` : why;
  return note ? `${reason}; ${note}` : reason;
}

function productLayer(
  engine: Engine,
  op: WeightOp,
  step: Step,
  { lanes, note, peak }: { lanes: number; note: string; peak: number | null },
): SessionLayer {
  const { rows, cols, nnz, sparsity } = op.weight;
  const { kernel, bytes, multiplyAdds } = step.product!;
  const { format } = step.choice!;
  const pixels = op.kind === 'product' ? 1 : pixelsOf(op);
  return {
    name: op.node.name,
    shape: op.kind === 'product' ? [rows, cols] : op.node.parameters[0]!.shape,
    nnz,
    sparsity,
    format,
    kernel,
    bytes,
    multiplyAdds,
    denseMultiplyAdds: op.kind === 'product' ? rows * cols : denseCount(op),
    theoreticalSpeedup: (rows * cols * pixels) / Math.max(1, multiplyAdds),
    ...(peak !== null && timesOf(engine, op, step.product!, lanes, peak)),
    why: whyOf(op, step, note),
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
  const noteOf = (op: WeightOp): string => {
    const before = ops[op.from[0]!];
    const small = before && isThreshold(before.node) ? `inputs up to ${before.node.spec.level} are zero` : '';
    return [notes.get(op.node.index) ?? '', small].filter(Boolean).join('; ');
  };
  return graph.nodes.map((node): SessionLayer => {
    const { name, outputShape: shape } = node;
    const why = passive.get(node.index);
    if (why !== undefined) return { name, shape, ...none, why };
    const step = steps.find((each) => each.node.index === node.index)!; // another object where channels went
    const op = ops.find((each) => each.node === node)!;
    if (hasWeight(op)) return productLayer(engine, op, step, { lanes, note: noteOf(op), peak });
    const micros = peak === null ? {} : { micros: layerMicros(engine, step, op, lanes) };
    const where = step.places.x === step.places.y || step.places.also === step.places.y;
    const place = where ? 'in place' : 'from one buffer to another';
    return { name, shape, ...none, kernel: node.type.kind, ...micros, why: place };
  });
}
