/** The ceiling that kernels are measured against. */

/**
 * `turns` times thirteen multiplications and thirteen additions of four lanes, from registers: 104 operations a turn.
 * Each sum is multiplied and added to, so that thirteen chains hide the latency of both; nothing can be left out.
 * y [4] begins as factor and summand, and ends as a sum that depends on all of them.
 */
export function peak_f32(y: usize, turns: usize): void {
  const a = v128.load(y);
  let s0 = a,
    s1 = a,
    s2 = a,
    s3 = a,
    s4 = a,
    s5 = a,
    s6 = a,
    s7 = a,
    s8 = a,
    s9 = a,
    s10 = a,
    s11 = a,
    s12 = a;
  for (; turns > 0; turns--) {
    s0 = f32x4.add(f32x4.mul(s0, a), a);
    s1 = f32x4.add(f32x4.mul(s1, a), a);
    s2 = f32x4.add(f32x4.mul(s2, a), a);
    s3 = f32x4.add(f32x4.mul(s3, a), a);
    s4 = f32x4.add(f32x4.mul(s4, a), a);
    s5 = f32x4.add(f32x4.mul(s5, a), a);
    s6 = f32x4.add(f32x4.mul(s6, a), a);
    s7 = f32x4.add(f32x4.mul(s7, a), a);
    s8 = f32x4.add(f32x4.mul(s8, a), a);
    s9 = f32x4.add(f32x4.mul(s9, a), a);
    s10 = f32x4.add(f32x4.mul(s10, a), a);
    s11 = f32x4.add(f32x4.mul(s11, a), a);
    s12 = f32x4.add(f32x4.mul(s12, a), a);
  }
  s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(f32x4.add(s2, s3), f32x4.add(s4, s5)));
  s6 = f32x4.add(f32x4.add(s6, s7), f32x4.add(f32x4.add(s8, s9), f32x4.add(s10, s11)));
  v128.store(y, f32x4.add(f32x4.add(s0, s6), s12));
}
