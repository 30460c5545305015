/** Timing on the user's own machine, for `measure: true`. */

import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import type { ConvCostOf } from './convs/choose.js';
import { convFormats } from './convs/index.js';
import type { ConvolutionOp } from './ops.js';
import { type CostOf, estimate } from './planner.js';
import { type FormatName, productFormats } from './products/index.js';
import type { Product } from './products/product.js';
import type { Weight } from './weight.js';

/** Bytes behind the last value of a buffer: kernels for one sample keep a zero there, and points of narrow images read on. */
export const SPARE_BYTES = 64;

const ROUNDS = 5;
const LEAST_MILLIS = 0.4;
/** Before a kernel is timed for the first time: until then the runtime has not optimized it. */
const FIRST_MILLIS = 25;
const WARM_MILLIS = 1;

const optimized = new Set<string>();

/** Median nanoseconds of one call of a kernel. */
function timeOf(kernel: string, call: () => void): number {
  const enough = optimized.has(kernel) ? WARM_MILLIS : FIRST_MILLIS;
  optimized.add(kernel);
  let calls = 1;
  const time = () => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    return performance.now() - start;
  };
  for (let warm = 0; warm < enough; ) warm += time();
  while (time() < LEAST_MILLIS) calls *= 2;
  const times = Array.from({ length: ROUNDS }, time).sort((p, q) => p - q);
  return (times[ROUNDS >> 1]! * 1e6) / calls;
}

/** Median nanoseconds of a kernel from ones [inputs, lanes] to [outputs, lanes], in place where `inPlace`. */
export function nanosOverOnes(
  { memory, build }: Engine,
  kernel: string,
  { inputs, outputs, lanes }: { inputs: number; outputs: number; lanes: number },
  run: (x: number, y: number) => void,
): number {
  const blocks: Block[] = [];
  try {
    for (const features of [inputs, outputs]) {
      const block = memory.allocate(features * lanes * 4 + SPARE_BYTES);
      block.f32().fill(1);
      blocks.push(block);
    }
    const [x, y] = [blocks[0]!.address, blocks[1]!.address];
    return timeOf(`${kernel} ${build}`, () => run(x, y));
  } finally {
    for (const block of blocks) block.free();
  }
}

/** Operations a second, in 10^9, of multiplications and additions from registers: the ceiling of all kernels. */
export function ceiling({ memory, kernels }: Engine): number {
  const block = memory.allocate(16);
  try {
    const turns = 1000;
    const nanos = timeOf('peak_f32', () => {
      block.f32(4).fill(1);
      kernels.peak_f32(block.address, turns);
    });
    return (turns * 104) / nanos;
  } finally {
    block.free();
  }
}

/** Times formats instead of estimating them; every weight, format and width once. */
export function measured(engine: Engine): CostOf {
  const known = new Map<Weight, Map<string, number>>();
  return (weight, format, lanes) => {
    const ofWeight = known.get(weight) ?? new Map<string, number>();
    known.set(weight, ofWeight);
    const key = `${format} ${lanes}`;
    let cost = ofWeight.get(key);
    if (cost === undefined) {
      cost = measureFormat(engine, weight, format, lanes);
      ofWeight.set(key, cost);
    }
    return cost;
  };
}

/** The same for convolutions. */
export function measuredConv(engine: Engine): ConvCostOf {
  const known = new Map<Weight, Map<string, number>>();
  return (op, format, lanes) => {
    const ofWeight = known.get(op.weight) ?? new Map<string, number>();
    known.set(op.weight, ofWeight);
    const key = `${format} ${lanes}`;
    let cost = ofWeight.get(key);
    if (cost === undefined) {
      cost = convNanos(engine, op, convFormats[format]!.compile(engine, op, lanes), lanes);
      ofWeight.set(key, cost);
    }
    return cost;
  };
}

/** Median nanoseconds of a compiled convolution over one tile; its blocks are freed. */
export function convNanos(engine: Engine, { node }: ConvolutionOp, product: Product, lanes: number): number {
  const size = { inputs: sizeOf(node.inputShape), outputs: sizeOf(node.outputShape), lanes };
  try {
    return nanosOverOnes(engine, product.kernel, size, (x, y) => product.run(x, y, 1));
  } finally {
    for (const block of product.blocks) block.free();
  }
}

function measureFormat(engine: Engine, weight: Weight, format: FormatName, lanes: number): number {
  if (weight.rows * weight.cols === 0) return estimate(weight, format, lanes);
  const product = productFormats[format].compile(engine, { weight, bias: null, lanes, low: -Infinity });
  const size = { inputs: weight.cols, outputs: weight.rows, lanes };
  try {
    return nanosOverOnes(engine, product.kernel, size, (x, y) => product.run(x, y, 1));
  } finally {
    for (const block of product.blocks) block.free();
  }
}
