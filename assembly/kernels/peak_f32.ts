/** The ceiling that kernels are measured against. */

/**
 * `turns` times six multiplications and six additions of four lanes, from registers: 48 operations a turn. Six chains
 * of each hide their latency; nothing repeats, so that nothing can be left out.
 * y [4] begins as the factors and ends as a sum that depends on all of them.
 */
export function peak_f32(y: usize, turns: usize): void {
  const a = v128.load(y);
  let m0 = a,
    m1 = a,
    m2 = a,
    m3 = a,
    m4 = a,
    m5 = a;
  let s0 = a,
    s1 = a,
    s2 = a,
    s3 = a,
    s4 = a,
    s5 = a;
  for (; turns > 0; turns--) {
    m0 = f32x4.mul(m0, a);
    s0 = f32x4.add(s0, a);
    m1 = f32x4.mul(m1, a);
    s1 = f32x4.add(s1, a);
    m2 = f32x4.mul(m2, a);
    s2 = f32x4.add(s2, a);
    m3 = f32x4.mul(m3, a);
    s3 = f32x4.add(s3, a);
    m4 = f32x4.mul(m4, a);
    s4 = f32x4.add(s4, a);
    m5 = f32x4.mul(m5, a);
    s5 = f32x4.add(s5, a);
  }
  const s = f32x4.add(f32x4.add(s0, s1), f32x4.add(f32x4.add(s2, s3), f32x4.add(s4, s5)));
  const m = f32x4.add(f32x4.add(m0, m1), f32x4.add(f32x4.add(m2, m3), f32x4.add(m4, m5)));
  v128.store(y, f32x4.add(s, m));
}
