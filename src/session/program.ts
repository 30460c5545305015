/** The network compiled for one width of a tile: steps over activation buffers. */
import type { GraphNode } from '../graph/graph.js';
import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import { assignBuffers, type Places } from './buffers.js';
import { inputCounts } from './convs/counts.js';
import { convFormats } from './convs/index.js';
import type { AffineOp, ConvolutionOp, ElementwiseOp, Op, ProductOp, ResampleOp } from './ops.js';
import type { Choice } from './planner.js';
import { productFormats } from './products/index.js';
import type { Product } from './products/product.js';
import type { Weight } from './weight.js';

/** One kernel call, over the tiles of a pass: from buffer x (and `also`) to buffer y, which may be x. */
export interface Step {
  readonly node: GraphNode;
  /** Null for steps without a weight. */
  readonly product: Product | null;
  readonly choice: Choice | null;
  /** What is left of the weight. */
  readonly weight: Weight | null;
  /** How many multiplications each input meets; null for steps without a weight. */
  columnCounts(): Uint32Array | null;
  /** Buffers. */
  readonly places: Places;
  run(x: number, y: number, tiles: number, also: number): void;
}

/** Everything that tiles of one width go through. */
export interface Program {
  readonly lanes: number;
  readonly steps: readonly Step[];
  /** Buffers that the steps need; samples come in the first one. */
  readonly buffers: number;
  /** The one that holds the outputs in the end. */
  readonly result: number;
  readonly blocks: readonly Block[];
}

/** What a step does, before it is known where. */
type Work = Pick<Step, 'product' | 'choice' | 'weight' | 'columnCounts' | 'run'> & {
  readonly blocks: readonly Block[];
};

const NOTHING = { product: null, choice: null, weight: null, columnCounts: () => null, blocks: [] } as const;

/** A layer with its own kernel, from x to y. */
function layerWork(
  { kernels }: Engine,
  { node }: ElementwiseOp | ResampleOp,
  size: number,
  lanes: number,
): Work {
  const { type, spec, inputShape: shape, outputShape } = node;
  // One object for all calls: a copy for each costs more than the kernel over a single sample.
  const sizes = { inputs: size, outputs: type.role === 'resample' ? sizeOf(outputShape) : size, shape };
  const call = { kernels, x: 0, y: 0, tiles: 0, lanes, ...sizes, parameters: [], low: 0 };
  return {
    ...NOTHING,
    run(x, y, tiles) {
      call.x = x;
      call.y = y;
      call.tiles = tiles;
      type.forward?.(call, spec);
    },
  };
}

function affineWork({ memory, kernels }: Engine, { affine, pixels, low }: AffineOp, lanes: number): Work {
  const channels = affine.scale.length;
  const block = memory.allocate(channels * 8);
  block.f32(channels).set(affine.scale);
  block.f32(channels, channels).set(affine.shift);
  const [scale, shift, plane] = [block.address, block.address + channels * 4, pixels * lanes];
  return {
    ...NOTHING,
    blocks: [block],
    run: (x, y, tiles) => kernels.affine_f32(y, x, scale, shift, channels, plane, tiles, low),
  };
}

function weightWork(engine: Engine, op: ProductOp | ConvolutionOp, lanes: number, choice: Choice): Work {
  const product =
    op.kind === 'product'
      ? productFormats[choice.format].compile(engine, {
          weight: op.weight,
          bias: op.bias,
          lanes,
          low: op.low,
        })
      : convFormats[choice.format]!.compile(engine, op, lanes);
  const counts = op.kind === 'product' ? () => op.weight.columnCounts : () => inputCounts(op);
  const { blocks } = product;
  return { product, choice, weight: op.weight, columnCounts: counts, blocks, run: product.run.bind(product) };
}

/** Compiles one operation; `next` gives the choices for those with a weight, in order. */
function workOf(engine: Engine, op: Op, lanes: number, next: () => Choice): Work {
  switch (op.kind) {
    case 'product':
    case 'convolution':
      return weightWork(engine, op, lanes, next());
    case 'affine':
      return affineWork(engine, op, lanes);
    case 'add': {
      const { kernels } = engine;
      const floats = sizeOf(op.node.outputShape) * lanes;
      const run = (x: number, y: number, tiles: number, also: number) =>
        kernels.add_f32(y, x, also, floats * tiles, op.low);
      return { ...NOTHING, run };
    }
    case 'elementwise':
      return layerWork(engine, op, op.size, lanes);
    case 'resample':
      return layerWork(engine, op, sizeOf(op.node.inputShape), lanes);
  }
}

/** Compiles all operations; `choices` has one entry for every weight, in order. `result` is the operation that gives the outputs. */
export function compileProgram(
  engine: Engine,
  ops: readonly Op[],
  result: number,
  lanes: number,
  choices: readonly Choice[],
): Program {
  const { places, buffers, last } = assignBuffers(ops, result);
  let next = 0;
  const blocks: Block[] = [];
  const steps = ops.map((op, i): Step => {
    const { blocks: own, ...work } = workOf(engine, op, lanes, () => choices[next++]!);
    blocks.push(...own);
    return { node: op.node, places: places[i]!, ...work };
  });
  return { lanes, steps, buffers, result: last, blocks };
}
