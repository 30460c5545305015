/** Windows of a convolution as samples of their own, for statistics of its inputs. */

/**
 * to [count, k, keep] = the inputs of `count` output pixels: of pixel p, value j of the window and lane i the float at
 * x + bases[p] + offsets[j] + 4 i. Lists hold u32 byte offsets; bases stand `step` bytes apart. keep lanes hold a sample.
 */
export function unfold_f32(
  to: usize,
  x: usize,
  offsets: usize,
  bases: usize,
  step: usize,
  k: usize,
  count: usize,
  keep: usize,
): void {
  const bytes = keep << 2;
  for (let p: usize = 0; p < count; p++) {
    const from = x + <usize>load<u32>(bases + p * step);
    for (let j: usize = 0; j < k; j++) {
      memory.copy(to, from + <usize>load<u32>(offsets + (j << 2)), bytes);
      to += bytes;
    }
  }
}
