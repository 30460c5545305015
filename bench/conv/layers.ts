/** Single convolutions to measure. */
import { type Conv2dOptions, conv2d, sequential } from '../../src/index.js';
import type { Engine } from '../../src/runtime/engine.js';
import { convFormats } from '../../src/session/convs/index.js';
import { lower } from '../../src/session/lower.js';
import type { ConvolutionOp } from '../../src/session/ops.js';
import type { FormatName } from '../../src/session/products/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { SeededRandom } from '../../test/support/seededRandom.js';
import { randomWeight } from '../inference/weights.js';
import type { Case } from '../interleave.js';

/** A convolution over images. */
export interface ConvShape {
  readonly name: string;
  readonly input: readonly [channels: number, height: number, width: number];
  readonly filters: number;
  readonly kernel: number;
  readonly options?: Conv2dOptions;
}

export const convShapes = {
  first: { name: 'LeNet-5, first: 5x5, 1 -> 20 on 28x28', input: [1, 28, 28], filters: 20, kernel: 5 },
  second: { name: 'LeNet-5, second: 5x5, 20 -> 50 on 12x12', input: [20, 12, 12], filters: 50, kernel: 5 },
  square: {
    name: '3x3, 64 -> 64 on 28x28',
    input: [64, 28, 28],
    filters: 64,
    kernel: 3,
    options: { padding: 1 },
  },
  point: { name: '1x1, 512 -> 512 on 14x14', input: [512, 14, 14], filters: 512, kernel: 1 },
  depthwise: {
    name: '3x3 depthwise, 64 on 28x28',
    input: [64, 28, 28],
    filters: 64,
    kernel: 3,
    options: { padding: 1, groups: 64 },
  },
} as const satisfies Readonly<Record<string, ConvShape>>;

/** The operation of a convolution with a share of zeros among its weights, or among blocks of `block` filters. */
export async function convOp(
  engine: Engine,
  { input, filters, kernel, options }: ConvShape,
  sparsity: number,
  block = 1,
): Promise<ConvolutionOp> {
  const model = await sequential({ inputShape: input, seed: 1 }, [conv2d(filters, kernel, options)]);
  const cols = (input[0] / (options?.groups ?? 1)) * kernel * kernel;
  model.setWeights([randomWeight(filters, cols, sparsity, 1, block), new SeededRandom(2).floats(filters)]);
  const op = lower(engine, model.toNetwork()).ops[0] as ConvolutionOp;
  model.dispose();
  return op;
}

/** One compiled convolution over `tiles` tiles of images, in and out of WebAssembly memory. */
export function convCase(
  engine: Engine,
  op: ConvolutionOp,
  { format, lanes, tiles }: { format: FormatName; lanes: number; tiles: number },
): Case & { dispose(): void } {
  const product = convFormats[format]!.compile(engine, op, lanes);
  const [inputs, outputs] = [sizeOf(op.node.inputShape), sizeOf(op.node.outputShape)];
  const x = engine.memory.allocate(inputs * lanes * tiles * 4 + 64);
  const y = engine.memory.allocate(outputs * lanes * tiles * 4 + 64);
  x.f32().set(new SeededRandom(3).floats(inputs * lanes * tiles));
  return {
    name: `${format}, lanes ${lanes}`,
    run(times) {
      for (let i = 0; i < times; i++) product.run(x.address, y.address, tiles);
    },
    dispose() {
      for (const one of [...product.blocks, x, y]) one.free();
    },
  };
}
