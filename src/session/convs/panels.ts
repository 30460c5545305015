/** Sparse convolution over windows that are gathered first, four panels at a time: where many filters read what lies far apart. */
import { columnOffsets, outputPanels, panelCount } from '../../layers/windows.js';
import type { Engine } from '../../runtime/engine.js';
import type { ConvolutionOp } from '../ops.js';
import { biasBlock } from '../products/entries.js';
import type { Product } from '../products/product.js';
import { pointCost } from './direct.js';
import { liveEntries } from './entries.js';
import { groupsOf, imageOf, listBlock, pixelsOf } from './image.js';

/** Nanoseconds of bringing one input of a panel there. */
const PER_INPUT = 0.5;
/** Bytes of one gathered input: four panels. */
const ROW_BYTES = 128;

/** Columns that some filter reads. */
function readColumns({ weight: { csr } }: ConvolutionOp): Uint32Array {
  const read = new Uint8Array(csr.cols);
  for (const col of csr.colIdx) read[col] = 1;
  return Uint32Array.from(read.keys()).filter((col) => read[col] === 1);
}

/** Estimated nanoseconds of one tile; Infinity for groups, which have windows of their own. */
export function panelsCost(
  op: ConvolutionOp,
  lanes: number,
  weights = op.weight.nnz,
  perEntry?: number,
): number {
  if (op.groups > 1) return Infinity;
  const panels = Math.ceil((pixelsOf(op) * lanes) / 8);
  return panels * (pointCost(op, weights, perEntry) + op.weight.cols * PER_INPUT) + 60;
}

/** Nonzeros only, over gathered windows. */
export function compilePanels(engine: Engine, op: ConvolutionOp, lanes: number): Product {
  const { kernels, memory } = engine;
  const { weight, bias, low } = op;
  const image = imageOf(engine, op, lanes);
  const { layout } = image;
  const columns = readColumns(op);
  const places = new Uint32Array(weight.cols);
  columns.forEach((col, i) => {
    places[col] = i * ROW_BYTES;
  });
  const all = columnOffsets(layout, groupsOf(op).channels);
  const offset = biasBlock(engine, bias, weight.rows);
  const { entries, ends, count } = liveEntries(engine, weight, (_, col) => places[col]!);
  const offsets = listBlock(
    engine,
    columns.map((col) => all[col]!),
  );
  const panels = listBlock(engine, outputPanels(layout));
  const { rows } = weight;
  const k = columns.length;
  const scratch = memory.allocate(k * ROW_BYTES + 64 + rows * 32, false);
  const [e, n, b, p] = [entries.address, ends.address, offset.address, panels.address];
  const [o, s] = [offsets.address, scratch.address];
  const { plane } = layout;
  const total = panelCount(layout);
  return {
    kernel: 'conv_csr_panels_f32',
    bytes: count * 8 + rows * 4,
    multiplyAdds: count * pixelsOf(op),
    blocks: [...image.blocks, offset, entries, ends, offsets, panels, scratch],
    run(x, y, tiles) {
      for (let t = 0; t < tiles; t++) {
        const from = image.bring(x + t * image.floats * 4);
        const to = y + t * rows * plane * 4;
        kernels.conv_csr_panels_f32(to, e, n, b, from, p, o, s, rows, k, plane, total, low);
      }
    },
  };
}
