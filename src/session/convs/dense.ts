import { columnOffsets, outputPanels, panelCount } from '../../layers/windows.js';
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';
import { biasBlock } from '../products/entries.js';
import type { Product } from '../products/product.js';
import { compileDepthwise, depthwiseCost, depthwiseFits } from './depthwise.js';
import { compileDirect, directCost } from './direct.js';
import type { ConvFormat } from './format.js';
import { groupsOf, imageOf, listBlock, pixelsOf } from './image.js';

/** Bytes of first-level cache that panels of inputs may fill at a time: the memory that unrolled windows take, whatever the batch. */
const PANEL_BYTES = 20_000;
/** Rows of a packed block. With fewer filters in a group windows are not worth unrolling. */
const BLOCK = 5;

/** Nanoseconds of one multiply-add over eight floats, and of bringing one input of a panel there. */
const PER_PANEL = 0.4;
const PER_INPUT = 0.6;

/** All weights, over windows unrolled into panels of eight outputs: a dense product at the rate of dense layers. */
export const denseConv: ConvFormat = {
  name: 'dense',
  fits: () => true,
  cost(op, lanes) {
    const { rows, groups, channels, area } = groupsOf(op);
    if (rows < BLOCK) {
      if (depthwiseFits(op, lanes)) return depthwiseCost(op, lanes);
      return directCost(op, lanes, op.weight.rows * op.weight.cols);
    }
    const panels = Math.ceil((pixelsOf(op) * lanes) / 8) * groups * channels * area;
    return panels * (Math.ceil(rows / BLOCK) * BLOCK * PER_PANEL + PER_INPUT) + 50;
  },
  compile(engine: Engine, op: ConvolutionOp, lanes: number): Product {
    const { groups, rows, channels } = groupsOf(op);
    if (rows < BLOCK) {
      if (depthwiseFits(op, lanes)) return compileDepthwise(engine, op, lanes);
      return compileDirect(engine, op, lanes, 'all');
    }
    const { memory, kernels } = engine;
    const { weight, bias, low } = op;
    const cols = weight.cols;
    const image = imageOf(engine, op, lanes);
    const { layout } = image;
    const offset = biasBlock(engine, bias, weight.rows);
    const packedBytes = Math.ceil(rows / BLOCK) * BLOCK * cols * 4;
    const packed = memory.allocate(packedBytes * groups, false);
    weight.inPieces(weight.rows, (values) => {
      for (let g = 0; g < groups; g++) {
        kernels.gemm_pack_f32(packed.address + g * packedBytes, values + g * rows * cols * 4, rows, cols);
      }
    });
    const panels = listBlock(engine, outputPanels(layout));
    const offsets = listBlock(engine, columnOffsets(layout, channels));
    const count = panelCount(layout);
    const chunk = Math.max(1, Math.min(count, Math.floor(PANEL_BYTES / (cols * 32))));
    const scratch = memory.allocate((chunk * cols + rows) * 32, false);
    const [w, b, p, o, s] = [packed, offset, panels, offsets, scratch].map(({ address }) => address) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const { plane } = layout;
    const xGroup = channels * layout.channelBytes;
    return {
      kernel: 'conv_dense_f32',
      bytes: packedBytes * groups,
      multiplyAdds: (packedBytes / 4) * groups * pixelsOf(op),
      blocks: [...image.blocks, offset, packed, panels, offsets, scratch],
      run(x, y, tiles) {
        for (let t = 0; t < tiles; t++) {
          const from = image.bring(x + t * image.floats * 4);
          let to = y + t * weight.rows * plane * 4;
          for (let g = 0; g < groups; g++) {
            const [packedAt, biasAt] = [w + g * packedBytes, b + g * rows * 4];
            kernels.conv_dense_f32(
              to,
              packedAt,
              biasAt,
              from + g * xGroup,
              p,
              o,
              s,
              rows,
              cols,
              plane,
              count,
              chunk,
              low,
            );
            to += rows * plane * 4;
          }
        }
      },
    };
  },
};
