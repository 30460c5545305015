/** Depthwise convolutions of three rows and columns at stride 1: each input is loaded once for three outputs. */
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';
import { biasBlock } from '../products/entries.js';
import type { Product } from '../products/product.js';
import { groupsOf, pixelsOf } from './image.js';

/** Nanoseconds of four floats of a row of the image. */
const PER_TURN = 3.5;

/** Floats of a row of outputs. */
const rowOf = ({ geometry }: ConvolutionOp, lanes: number) => geometry.outWidth * lanes;

/** True when the kernel does these windows. */
export function depthwiseFits(op: ConvolutionOp, lanes: number): boolean {
  const { geometry: g } = op;
  const three = g.kernelHeight === 3 && g.kernelWidth === 3;
  const close = g.strideHeight * g.strideWidth * g.dilationHeight === 1;
  return three && close && groupsOf(op).channels === 1 && rowOf(op, lanes) >= 4;
}

/** Estimated nanoseconds of one tile. */
export function depthwiseCost(op: ConvolutionOp, lanes: number): number {
  const columns = Math.ceil(rowOf(op, lanes) / 4);
  return op.weight.rows * columns * (op.geometry.outHeight + 2) * PER_TURN + 60;
}

/** All weights, zeros included. */
export function compileDepthwise(engine: Engine, op: ConvolutionOp, lanes: number): Product {
  const { memory, kernels } = engine;
  const { weight, bias, low, geometry } = op;
  const { rows } = weight;
  const { channels, height, width, top, bottom, left, right, outHeight, dilationWidth } = geometry;
  const offset = biasBlock(engine, bias, rows);
  const values = memory.allocate(rows * 36, false);
  weight.inPieces(rows, (at) => {
    new Uint8Array(memory.buffer).copyWithin(values.address, at, at + rows * 36);
  });
  const pixel = lanes * 4;
  const padded = top + bottom + left + right > 0;
  // Pixels stand where vectors are stored fastest.
  const margin = padded ? (16 - ((left * pixel) % 16)) % 16 : 0;
  const pitch = padded ? Math.ceil(((width + left + right) * pixel) / 16) * 16 : width * pixel;
  const room = padded ? memory.allocate(margin + (height + top + bottom) * pitch + 16) : null;
  const place = top * pitch + left * pixel;
  const [w, b, r] = [values.address, offset.address, room ? room.address + margin : 0];
  const floats = channels * height * width * lanes;
  const outWidth = rowOf(op, lanes);
  const tail = [
    r,
    place,
    pitch,
    channels,
    rows / channels,
    height,
    width * lanes,
    outHeight,
    outWidth,
    dilationWidth * pixel,
    low,
  ] as const;
  return {
    kernel: 'conv_depthwise3_f32',
    bytes: rows * 36,
    multiplyAdds: rows * 9 * pixelsOf(op),
    blocks: room ? [offset, values, room] : [offset, values],
    run(x, y, tiles) {
      for (let t = 0; t < tiles; t++) {
        const to = y + t * rows * outHeight * outWidth * 4;
        kernels.conv_depthwise3_f32(to, w, b, x + t * floats * 4, ...tail);
      }
    },
  };
}
