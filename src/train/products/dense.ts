import type { Product, ProductCall } from './product.js';

/** Panels of eight lanes: what the dense kernels of training work on. */
const PANEL = 8;
const PANEL_ROW = PANEL * 4;

/** What the three kernels ask for. */
function gemmScratch(rows: number, cols: number, panels: number): number {
  const forward = panels * 4 + cols * 20 + 32;
  const gradient = Math.ceil(cols / PANEL) * (panels * 288 + 4) + panels * 160 + 64;
  const inputGradient = rows * (panels * PANEL_ROW + 80) + panels * PANEL * PANEL_ROW + 32;
  return Math.max(forward, gradient, inputGradient);
}

/** Sizes of a call, and where copies of wider tiles as panels go: behind the scratch of the kernels. */
function layout({ weight, lanes, tiles, scratch }: ProductCall) {
  const { rows, cols } = weight;
  const panels = (tiles * lanes) / PANEL;
  const x = scratch + gemmScratch(rows, cols, panels);
  const y = x + cols * panels * PANEL_ROW;
  return { rows, cols, panels, copies: lanes > PANEL, x, y };
}

/** Activations as panels: themselves at eight lanes, else a copy at `to`. */
function panelsOf({ train, lanes, tiles }: ProductCall, to: number, from: number, features: number): number {
  if (lanes === PANEL) return from;
  train.panels_from_tiles_f32(to, from, features, 0, features, lanes, tiles);
  return to;
}

/** All values, row-major. */
export const denseProduct: Product = {
  cost: (rows, cols) => rows * cols * 0.2,
  scratchBytes(rows, cols, lanes, tiles) {
    const panels = (tiles * lanes) / PANEL;
    const copies = lanes > PANEL ? (rows + cols) * panels * PANEL_ROW : 0;
    return gemmScratch(rows, cols, panels) + copies;
  },
  forward(call, y, bias, x, training) {
    const { rows, cols, panels, copies, ...at } = layout(call);
    const from = panelsOf(call, at.x, x, cols);
    const to = copies ? at.y : y;
    const w = call.weight.address;
    if (training) call.train.gemm_skip_f32(to, w, bias, from, rows, cols, panels, call.scratch);
    else {
      const [yPanel, xPanel] = [rows * PANEL_ROW, cols * PANEL_ROW];
      const none = -Infinity;
      call.kernels.gemm_f32(
        to,
        PANEL_ROW,
        yPanel,
        w,
        bias,
        from,
        PANEL_ROW,
        xPanel,
        rows,
        cols,
        panels,
        none,
      );
    }
    if (copies) call.train.tiles_from_panels_f32(y, to, rows, call.lanes, call.tiles);
  },
  gradient(call, dw, dy, x) {
    const { rows, cols, panels, ...at } = layout(call);
    const [xs, dys] = [panelsOf(call, at.x, x, cols), panelsOf(call, at.y, dy, rows)];
    call.train.gemm_nt_f32(dw, dys, xs, rows, cols, panels, call.scratch);
  },
  inputGradient(call, dx, dy) {
    const { rows, cols, panels, copies, ...at } = layout(call);
    const to = copies ? at.x : dx;
    const dys = panelsOf(call, at.y, dy, rows);
    call.train.gemm_tn_f32(to, call.weight.address, dys, rows, cols, panels, call.scratch);
    if (copies) call.train.tiles_from_panels_f32(dx, to, cols, call.lanes, call.tiles);
  },
};
