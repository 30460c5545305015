import type { Engine } from '../../runtime/engine.js';
import { PANEL_BYTES, spmmCost } from './csr.js';
import { biasBlock } from './entries.js';
import { compileNmOne, nmOneCost, nmOneFits } from './nmOne.js';
import type { Product, ProductFormat, ProductSource } from './product.js';

/** Rows of one length, known beforehand, save a little. */
const GAIN = 0.93;

/** Panels of equal width, each a whole number of groups. */
function panelsOf(groups: number, m: number, lanes: number): number {
  const wanted = Math.ceil((groups * m * lanes * 4) / PANEL_BYTES);
  for (let panels = wanted; panels <= 2 * wanted; panels++) if (groups % panels === 0) return panels;
  return 1;
}

/** N:M patterns: every row holds n entries for every m inputs, zeros filled in where it has fewer. */
export const nmFormat: ProductFormat = {
  name: 'nm',
  lanes: [1, 16, 32],
  fits: nmOneFits,
  cost(weight, lanes) {
    if (lanes === 1) return nmOneCost(weight);
    const { rows, cols } = weight;
    const { n, m } = weight.pattern!;
    return GAIN * spmmCost({ rows, cols, nnz: (rows * cols * n) / m }, lanes);
  },
  compile: (engine, source) =>
    source.lanes === 1 ? compileNmOne(engine, source) : compileTiles(engine, source),
};

function compileTiles(engine: Engine, { weight, bias, lanes, low }: ProductSource): Product {
  const { rows, cols, csr } = weight;
  const { n, m } = weight.pattern!;
  const groups = cols / m;
  const panels = panelsOf(groups, m, lanes);
  const perRow = groups * n;
  const entries = engine.memory.allocate(rows * perRow * 8);
  const offsets = entries.u32(rows * perRow * 2);
  const weights = entries.f32(rows * perRow * 2);
  const perPanel = perRow / panels;
  for (let r = 0; r < rows; r++) {
    let i = csr.rowPtr[r]!;
    for (let g = 0; g < groups; g++) {
      for (let k = 0; k < n; k++) {
        const slot = g * n + k;
        const p = Math.floor(slot / perPanel);
        const at = 2 * ((p * rows + r) * perPanel + (slot - p * perPanel));
        const held = i < csr.rowPtr[r + 1]! && csr.colIdx[i]! < (g + 1) * m;
        offsets[at] = (held ? csr.colIdx[i]! : g * m) * lanes * 4;
        weights[at + 1] = held ? csr.values[i]! : 0;
        if (held) i++;
      }
    }
  }
  const offset = biasBlock(engine, bias, rows);
  const [e, b] = [entries.address, offset.address];
  const run = (x: number, y: number, tiles: number) =>
    engine.kernels.spmm_nm_f32(y, e, b, x, rows, cols, perRow, panels, lanes, tiles, low);
  const bytes = rows * perRow * 8;
  return { kernel: 'spmm_nm_f32', bytes, multiplyAdds: rows * perRow, blocks: [entries, offset], run };
}
