/** Sparse (CSR) product for one sample. */

/**
 * y = max(W · x + b, low), W sparse (CSR), one sample. Four sums a row hide the latency of the additions.
 *
 * values [nnz] f32; colIdx [nnz] u32 byte offsets (column * 4); rowPtr [rows + 1] u32; bias [rows] or 0;
 * x [cols]; y [rows]. y must not overlap an input.
 */
export function spmv_csr_f32(
  y: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  x: usize,
  rows: usize,
  low: f32,
): void {
  const offset = colIdx - values; // one running pointer serves both arrays
  for (let r: usize = 0; r < rows; r++) {
    let v = values + ((<usize>load<u32>(rowPtr + (r << 2))) << 2);
    const end = values + ((<usize>load<u32>(rowPtr + (r << 2), 4)) << 2);
    const end4 = v + ((end - v) & ~15);
    let s0: f32 = bias ? load<f32>(bias + (r << 2)) : 0;
    let s1: f32 = 0,
      s2: f32 = 0,
      s3: f32 = 0;
    for (; v < end4; v += 16) {
      const c = v + offset;
      s0 += load<f32>(v) * load<f32>(x + <usize>load<u32>(c));
      s1 += load<f32>(v, 4) * load<f32>(x + <usize>load<u32>(c, 4));
      s2 += load<f32>(v, 8) * load<f32>(x + <usize>load<u32>(c, 8));
      s3 += load<f32>(v, 12) * load<f32>(x + <usize>load<u32>(c, 12));
    }
    for (; v < end; v += 4) s0 += load<f32>(v) * load<f32>(x + <usize>load<u32>(v + offset));
    const sum = s0 + s1 + (s2 + s3);
    store<f32>(y + (r << 2), sum < low ? low : sum);
  }
}
