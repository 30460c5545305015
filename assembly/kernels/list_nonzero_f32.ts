/** Where an input holds a value: what the kernels that skip zeros go through. */

/**
 * Lists the places of x [n] that are not zero (NaN counts, -0 does not), in order, as u32; returns their number.
 *
 * list: n * 4 + 4 bytes.
 */
export function list_nonzero_f32(list: usize, x: usize, n: usize): usize {
  const begin = list;
  const zero = f32x4.splat(0);
  let at: usize = 0;
  for (const whole = n & ~3; at < whole; at += 4) {
    const bits = i32x4.bitmask(f32x4.ne(v128.load(x + (at << 2)), zero));
    store<u32>(list, <u32>at);
    list += (bits & 1) << 2;
    store<u32>(list, <u32>at + 1);
    list += (bits & 2) << 1;
    store<u32>(list, <u32>at + 2);
    list += bits & 4;
    store<u32>(list, <u32>at + 3);
    list += (bits & 8) >> 1;
  }
  for (; at < n; at++) {
    store<u32>(list, <u32>at);
    list += load<f32>(x + (at << 2)) != 0 ? 4 : 0;
  }
  return (list - begin) >> 2;
}
