/**
 * Panels: eight neighbouring outputs of a convolution, and where their inputs lie. Bringing the inputs of a few panels
 * together costs little where many filters read them, and spares those the misses of scattered reads.
 *
 * A panel is described by ten u32: byte offset in a plane of y, kind, b0 to b7 in bytes. The inputs of a column lie
 * side by side at b0 (kind 0), four at b0 and four at b1 (kind 1), or one at each of b0 to b7 (kind 2), all plus the
 * column's offset. The inner functions are exported only to keep the optimizer from merging them into their callers.
 */

/** Bytes of what describes a panel. */
export const PANEL: usize = 40;

/** A column is four inputs at x0 and four at x1, for each of k offsets. */
export function conv_gather_halves(
  to: usize,
  x0: usize,
  x1: usize,
  offsets: usize,
  k: usize,
  step: usize,
): void {
  for (const end = offsets + (k << 2); offsets < end; offsets += 4) {
    const offset = <usize>load<u32>(offsets);
    v128.store(to, v128.load(x0 + offset));
    v128.store(to, v128.load(x1 + offset), 16);
    to += step;
  }
}

/** A column is one input at each of the eight places that the panel lists. */
export function conv_gather_each(
  to: usize,
  panel: usize,
  x: usize,
  offsets: usize,
  k: usize,
  step: usize,
): void {
  const x0 = x + <usize>load<u32>(panel, 8),
    x1 = x + <usize>load<u32>(panel, 12),
    x2 = x + <usize>load<u32>(panel, 16),
    x3 = x + <usize>load<u32>(panel, 20),
    x4 = x + <usize>load<u32>(panel, 24),
    x5 = x + <usize>load<u32>(panel, 28),
    x6 = x + <usize>load<u32>(panel, 32),
    x7 = x + <usize>load<u32>(panel, 36);
  for (const end = offsets + (k << 2); offsets < end; offsets += 4) {
    const offset = <usize>load<u32>(offsets);
    let a = v128.load32_zero(x0 + offset);
    a = v128.load_lane<u32>(x1 + offset, a, 1);
    a = v128.load_lane<u32>(x2 + offset, a, 2);
    a = v128.load_lane<u32>(x3 + offset, a, 3);
    v128.store(to, a);
    a = v128.load32_zero(x4 + offset);
    a = v128.load_lane<u32>(x5 + offset, a, 1);
    a = v128.load_lane<u32>(x6 + offset, a, 2);
    a = v128.load_lane<u32>(x7 + offset, a, 3);
    v128.store(to, a, 16);
    to += step;
  }
}

/** Copies the inputs of a panel: eight floats for each of k columns, `step` bytes apart. */
export function gatherPanel(to: usize, panel: usize, x: usize, offsets: usize, k: usize, step: usize): void {
  const kind = load<u32>(panel, 4);
  if (kind == 2) {
    conv_gather_each(to, panel, x, offsets, k, step);
    return;
  }
  const first = x + <usize>load<u32>(panel, 8);
  const second = kind == 0 ? first + 16 : x + <usize>load<u32>(panel, 12);
  conv_gather_halves(to, first, second, offsets, k, step);
}

/**
 * Four panels of kind 0 side by side, [k][32], one column after the other: inputs of different columns may lie pages
 * apart, and each is looked up once.
 */
export function conv_gather_four(to: usize, panels: usize, x: usize, offsets: usize, k: usize): void {
  const x0 = x + <usize>load<u32>(panels, 8),
    x1 = x + <usize>load<u32>(panels + PANEL, 8),
    x2 = x + <usize>load<u32>(panels + 2 * PANEL, 8),
    x3 = x + <usize>load<u32>(panels + 3 * PANEL, 8);
  for (const end = offsets + (k << 2); offsets < end; offsets += 4) {
    const offset = <usize>load<u32>(offsets);
    v128.store(to, v128.load(x0 + offset));
    v128.store(to, v128.load(x0 + offset, 16), 16);
    v128.store(to, v128.load(x1 + offset), 32);
    v128.store(to, v128.load(x1 + offset, 16), 48);
    v128.store(to, v128.load(x2 + offset), 64);
    v128.store(to, v128.load(x2 + offset, 16), 80);
    v128.store(to, v128.load(x3 + offset), 96);
    v128.store(to, v128.load(x3 + offset, 16), 112);
    to += 128;
  }
}

/** Copies the inputs of four panels side by side: [k][32]. */
export function gatherFour(to: usize, panels: usize, x: usize, offsets: usize, k: usize): void {
  const kinds =
    load<u32>(panels, 4) |
    load<u32>(panels + PANEL, 4) |
    load<u32>(panels + 2 * PANEL, 4) |
    load<u32>(panels + 3 * PANEL, 4);
  if (kinds == 0) {
    conv_gather_four(to, panels, x, offsets, k);
    return;
  }
  for (let p: usize = 0; p < 4; p++) gatherPanel(to + (p << 5), panels + p * PANEL, x, offsets, k, 128);
}

/** y [rows, plane] = the beginnings of x [rows, 8]: a plane that is smaller than a panel. */
export function copyNarrow(y: usize, x: usize, rows: usize, plane: usize): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < plane; i++) store<f32>(y + (i << 2), load<f32>(x + (i << 2)));
    y += plane << 2;
    x += 32;
  }
}
