/** Slices for spmv_sell4_f32: packed here, as a loop over all nonzeros takes milliseconds before JavaScript is warm. */

/**
 * slices: see spmv_sell4_f32; columns are multiplied by `scale`. values, colIdx [nnz], rowPtr [rows + 1]; bias [rows]; order [count * 4] u32: the rows of each
 * slice, the longest first.
 */
export function pack_sell4_f32(
  slices: usize,
  values: usize,
  colIdx: usize,
  rowPtr: usize,
  bias: usize,
  order: usize,
  count: usize,
  cols: u32,
  scale: u32,
): void {
  for (; count > 0; count--) {
    const longest = rowPtr + ((<usize>load<u32>(order)) << 2);
    const bytes = (load<u32>(longest, 4) - load<u32>(longest)) * 24;
    store<u32>(slices, bytes, 32);
    const steps = slices + 36;
    const end = steps + <usize>bytes;
    for (let unit: usize = 0; unit < 4; unit++) {
      const row = (<usize>load<u32>(order)) << 2;
      order += 4;
      store<f32>(slices + (unit << 2), load<f32>(bias + row));
      store<u32>(slices + (unit << 2), <u32>row, 16);
      let at = (<usize>load<u32>(rowPtr + row)) << 2;
      const stop = (<usize>load<u32>(rowPtr + row, 4)) << 2;
      let col = steps + (unit << 1);
      let value = steps + 8 + (unit << 2);
      for (; at < stop; at += 4) {
        store<u16>(col, <u16>(load<u32>(colIdx + at) * scale));
        store<f32>(value, load<f32>(values + at));
        col += 24;
        value += 24;
      }
      for (; col < end; col += 24) {
        store<u16>(col, <u16>(cols * scale));
        store<f32>(value, 0);
        value += 24;
      }
    }
    slices = end;
  }
}
