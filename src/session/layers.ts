/** What a session does for every layer of the network: the data behind explain(). */
import type { Network } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';
import type { Lowered, ProductOp } from './lower.js';
import { timeOf } from './measure.js';
import { denseFormat } from './products/dense.js';
import type { Program, Step } from './program.js';
import type { Simplified } from './simplify.js';

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

/** Runs a step over one tile of ones. */
function stepNanos(
  { memory, build }: Engine,
  step: Step,
  lanes: number,
  [rows, cols]: readonly number[],
): number {
  const buffers: Block[] = [cols!, rows!].map((features) => {
    const block = memory.allocate(features * lanes * 4 + 16);
    block.f32().fill(1);
    return block;
  });
  try {
    const [x, y] = [buffers[0]!.address, buffers[1]!.address];
    const kernel = `${step.product?.kernel ?? step.node.type.kind} ${build}`;
    return timeOf(kernel, () => step.run(x, step.inPlace ? x : y, 1));
  } finally {
    for (const block of buffers) block.free();
  }
}

function timesOf(engine: Engine, op: ProductOp, step: Step, lanes: number, peak: number): Times {
  const { product } = step;
  const size = [op.weight.rows, op.weight.cols];
  const nanos = stepNanos(engine, step, lanes, size);
  const { weight, bias, low } = op;
  const dense = denseFormat.compile(engine, { weight, bias, lanes, low });
  try {
    const denseStep = { ...step, product: dense, run: dense.run.bind(dense) };
    const denseNanos = stepNanos(engine, denseStep, lanes, size);
    return {
      micros: nanos / 1000,
      measuredSpeedup: denseNanos / nanos,
      ceilingShare: (2 * product!.multiplyAdds * lanes) / nanos / peak,
    };
  } finally {
    for (const block of dense.blocks) block.free();
  }
}

function productLayer(
  engine: Engine,
  op: ProductOp,
  step: Step,
  { lanes, note, peak }: { lanes: number; note: string | undefined; peak: number | null },
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
    ...(peak !== null && timesOf(engine, op, step, lanes, peak)),
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
  return graph.nodes.map((node): SessionLayer => {
    const { name, outputShape: shape } = node;
    const why = passive.get(node.index);
    if (why !== undefined) return { name, shape, ...none, why };
    const step = steps.find((each) => each.node === node)!;
    const op = ops.find((each) => each.node === node)!;
    if (op.kind === 'product') {
      return productLayer(engine, op, step, { lanes, note: notes.get(node.index), peak });
    }
    const micros = peak === null ? {} : { micros: stepNanos(engine, step, lanes, [op.size, op.size]) / 1000 };
    return { name, shape, ...none, kernel: node.type.kind, ...micros, why: 'in place' };
  });
}
