/** Gradient of softmax. */

/** dx = s (dy - sum(dy s)), s = y the softmax output; all [tiles, features, 8]; dx may be dy. */
export function softmax_grad_f32(dx: usize, dy: usize, y: usize, features: usize, tiles: usize): void {
  for (; tiles > 0; tiles--) {
    for (let half: usize = 0; half < 32; half += 16) {
      let dot = f32x4.splat(0);
      for (let f: usize = 0; f < features; f++) {
        const at = (f << 5) + half;
        dot = f32x4.add(dot, f32x4.mul(v128.load(dy + at), v128.load(y + at)));
      }
      for (let f: usize = 0; f < features; f++) {
        const at = (f << 5) + half;
        v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), dot)));
      }
    }
    dx += features << 5;
    dy += features << 5;
    y += features << 5;
  }
}
