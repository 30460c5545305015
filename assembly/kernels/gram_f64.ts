/** Second moments of activations in float64: G = X · X^T over many samples. */

/** Features in one panel; a side of G is padded to whole panels. */
const PANEL: usize = 4;
/** Bytes of one sample in a panel. */
const ROW: usize = PANEL << 3;

/**
 * Activations as panels of four features in f64: panels [ceil(size / 4), samples, 4], size = features + constant. With
 * constant 1, feature `features` is 1 in every sample. Features beyond `size` are 0.
 *
 * x [tiles, features, lanes] f32, of which `samples` lanes hold a sample.
 */
export function gram_pack_f64(
  panels: usize,
  x: usize,
  features: usize,
  lanes: usize,
  samples: usize,
  constant: usize,
): void {
  const panelBytes = samples * ROW;
  const padded = (features + constant + 3) & ~3;
  for (let f: usize = 0; f < padded; f++) {
    const to = panels + (f >> 2) * panelBytes + ((f & 3) << 3);
    const filler: f64 = f < features + constant ? 1 : 0;
    for (let s: usize = 0; s < samples; s++) {
      const tile = s / lanes;
      const from = x + (((tile * features + f) * lanes + (s - tile * lanes)) << 2);
      store<f64>(to + s * ROW, f < features ? <f64>load<f32>(from) : filler);
    }
  }
}

/** Lists the byte offsets of those samples of a panel that are not all zero; returns how many. */
function listSamples(list: usize, panel: usize, samples: usize): usize {
  let count: usize = 0;
  for (let s: usize = 0; s < samples; s++) {
    const at = s * ROW;
    const any = v128.or(v128.load(panel + at), v128.load(panel + at, 16));
    if (!v128.any_true(any)) continue;
    store<u32>(list + (count << 2), <u32>at);
    count++;
  }
  return count;
}

/** Adds two sums to a row of G. */
function add4(g: usize, low: v128, high: v128): void {
  v128.store(g, f64x2.add(v128.load(g), low));
  v128.store(g, f64x2.add(v128.load(g, 16), high), 16);
}

/** Four by four entries of G: g += sum over the listed samples of a · b^T. */
export function gram_block_f64(g: usize, row: usize, a: usize, b: usize, list: usize, count: usize): void {
  let l0 = f64x2.splat(0);
  let h0 = l0;
  let l1 = l0;
  let h1 = l0;
  let l2 = l0;
  let h2 = l0;
  let l3 = l0;
  let h3 = l0;
  for (const end = list + (count << 2); list < end; list += 4) {
    const at = <usize>load<u32>(list);
    const low = v128.load(b + at);
    const high = v128.load(b + at, 16);
    const a0 = v128.load64_splat(a + at);
    l0 = f64x2.add(l0, f64x2.mul(a0, low));
    h0 = f64x2.add(h0, f64x2.mul(a0, high));
    const a1 = v128.load64_splat(a + at, 8);
    l1 = f64x2.add(l1, f64x2.mul(a1, low));
    h1 = f64x2.add(h1, f64x2.mul(a1, high));
    const a2 = v128.load64_splat(a + at, 16);
    l2 = f64x2.add(l2, f64x2.mul(a2, low));
    h2 = f64x2.add(h2, f64x2.mul(a2, high));
    const a3 = v128.load64_splat(a + at, 24);
    l3 = f64x2.add(l3, f64x2.mul(a3, low));
    h3 = f64x2.add(h3, f64x2.mul(a3, high));
  }
  add4(g, l0, h0);
  add4(g + row, l1, h1);
  add4(g + 2 * row, l2, h2);
  add4(g + 3 * row, l3, h3);
}

/**
 * g += X · X^T, the blocks on and below the diagonal. g [side, side] f64 with side = ceil(size / 4) * 4; panels as
 * gram_pack_f64 writes them. Samples that are zero in four neighbouring features cost nothing there.
 * list: samples * 4 bytes of scratch.
 */
export function gram_add_f64(g: usize, panels: usize, size: usize, samples: usize, list: usize): void {
  const count = (size + 3) >> 2;
  const row = count * ROW;
  const panelBytes = samples * ROW;
  for (let i: usize = 0; i < count; i++) {
    const a = panels + i * panelBytes;
    const listed = listSamples(list, a, samples);
    for (let j: usize = 0; j <= i; j++) {
      gram_block_f64(g + ((i * row) << 2) + j * ROW, row, a, panels + j * panelBytes, list, listed);
    }
  }
}

/** out [size, size] f64 = scale * g, both halves, from the lower half of g [ceil(size / 4) * 4 a side]. */
export function gram_finish_f64(out: usize, g: usize, size: usize, scale: f64): void {
  const row = ((size + 3) >> 2) * ROW;
  for (let i: usize = 0; i < size; i++) {
    for (let j: usize = 0; j <= i; j++) {
      const value = load<f64>(g + i * row + (j << 3)) * scale;
      store<f64>(out + ((i * size + j) << 3), value);
      store<f64>(out + ((j * size + i) << 3), value);
    }
  }
}
