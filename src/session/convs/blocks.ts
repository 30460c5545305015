/** Weights of convolutions in blocks: two or four consecutive filters share an input. */
import { columnOffsets, outputPanels, panelCount } from '../../layers/windows.js';
import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';
import { type BlockList, biasBlock, blockEntries } from '../products/entries.js';
import type { Product } from '../products/product.js';
import { directCost, outputsOf } from './direct.js';
import type { ConvFormat } from './format.js';
import { groupsOf, imageOf, listBlock, pixelsOf } from './image.js';
import { panelsCost } from './panels.js';

/** What a height comes with: nanoseconds of a block and eight floats of outputs, points that its kernel takes together, bytes gathered. */
const HEIGHTS = {
  2: {
    perBlock: 1.03,
    together: 2,
    rowBytes: 64,
    points: 'conv_block2_f32',
    panels: 'conv_block2_panels_f32',
  },
  4: {
    perBlock: 1.95,
    together: 1,
    rowBytes: 32,
    points: 'conv_block4_f32',
    panels: 'conv_block4_panels_f32',
  },
} as const;

type Height = keyof typeof HEIGHTS;

/** Blocks with their offsets from the first input of a window, or among gathered inputs. */
function entriesAt(
  engine: Engine,
  op: ConvolutionOp,
  height: Height,
  place: (col: number) => number,
): BlockList {
  const count = op.weight.blocks(height);
  const made = blockEntries(engine, op.weight.csr, { lanes: 1, height, count });
  const words = made.entries.u32(count * (height + 1));
  for (let i = 0; i < words.length; i += height + 1) words[i] = place(words[i]! / 4);
  return made;
}

/** What both ways have in common. */
function productOf(
  op: ConvolutionOp,
  kernel: string,
  { bytes, stored }: BlockList,
  blocks: readonly Block[],
  run: Product['run'],
): Product {
  return { kernel, bytes, multiplyAdds: stored * pixelsOf(op), blocks, run };
}

/** Over the image as it is. */
function overPoints(engine: Engine, op: ConvolutionOp, lanes: number, height: Height): Product {
  const { weight, bias, low } = op;
  const { rows } = weight;
  const { together, points: kernel } = HEIGHTS[height];
  const multiply = engine.kernels[kernel];
  const image = imageOf(engine, op, lanes);
  const outputs = outputsOf(engine, op, image, together);
  const offset = biasBlock(engine, bias, rows);
  const offsets = columnOffsets(image.layout, groupsOf(op).channels);
  const list = entriesAt(engine, op, height, (col) => offsets[col]!);
  const [e, n, b] = [list.entries.address, list.list.address, offset.address];
  const { points, plan } = outputs;
  const { groups, ones, plane } = plan;
  const floats = rows * image.layout.plane;
  const blocks = [...image.blocks, ...outputs.blocks, offset, list.entries, list.list];
  return productOf(op, kernel, list, blocks, (x, y, tiles) => {
    for (let t = 0; t < tiles; t++) {
      const from = image.bring(x + t * image.floats * 4);
      const to = y + t * floats * 4;
      multiply(outputs.at(to), e, n, b, from, points, groups + ones, rows, plane, low);
      outputs.finish(to);
    }
  });
}

/** Over windows that are gathered first. */
function overPanels(engine: Engine, op: ConvolutionOp, lanes: number, height: Height): Product {
  const { weight, bias, low } = op;
  const { rows, cols } = weight;
  const { rowBytes, panels: kernel } = HEIGHTS[height];
  const multiply = engine.kernels[kernel];
  const image = imageOf(engine, op, lanes);
  const { layout } = image;
  const { plane } = layout;
  const offset = biasBlock(engine, bias, rows);
  const list = entriesAt(engine, op, height, (col) => col * rowBytes);
  const offsets = listBlock(engine, columnOffsets(layout, groupsOf(op).channels));
  const panels = listBlock(engine, outputPanels(layout));
  const scratch = engine.memory.allocate(cols * rowBytes + rows * 32, false);
  const [e, n, b] = [list.entries.address, list.list.address, offset.address];
  const [p, o, s] = [panels.address, offsets.address, scratch.address];
  const count = panelCount(layout);
  const blocks = [...image.blocks, offset, list.entries, list.list, offsets, panels, scratch];
  return productOf(op, kernel, list, blocks, (x, y, tiles) => {
    for (let t = 0; t < tiles; t++) {
      const from = image.bring(x + t * image.floats * 4);
      multiply(y + t * rows * plane * 4, e, n, b, from, p, o, s, rows, cols, plane, count, low);
    }
  });
}

/** The format of one height: over the image, or over gathered windows where that is estimated to be faster. */
export function blockConv(name: string, height: Height): ConvFormat {
  const { perBlock } = HEIGHTS[height];
  const points = (op: ConvolutionOp, lanes: number) =>
    directCost(op, lanes, op.weight.blocks(height), perBlock);
  const panels = (op: ConvolutionOp, lanes: number) =>
    panelsCost(op, lanes, op.weight.blocks(height), perBlock);
  return {
    name,
    fits: ({ groups }) => groups === 1,
    cost: (op, lanes) => Math.min(points(op, lanes), panels(op, lanes)),
    compile: (engine, op, lanes) =>
      (panels(op, lanes) < points(op, lanes) ? overPanels : overPoints)(engine, op, lanes, height),
  };
}
