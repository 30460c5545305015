/** Gradient of softmax. */

/** dx = s (dy - sum(dy s)), s = y the softmax output; all [tiles, features, lanes], lanes 8, 16 or 32; dx may be dy. */
export function softmax_grad_f32(
  dx: usize,
  dy: usize,
  y: usize,
  features: usize,
  lanes: usize,
  tiles: usize,
): void {
  const row = lanes << 2;
  for (; tiles > 0; tiles--) {
    for (let quad: usize = 0; quad < row; quad += 16) {
      let dot = f32x4.splat(0);
      for (let f: usize = 0; f < features; f++) {
        const at = f * row + quad;
        dot = f32x4.add(dot, f32x4.mul(v128.load(dy + at), v128.load(y + at)));
      }
      for (let f: usize = 0; f < features; f++) {
        const at = f * row + quad;
        v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), dot)));
      }
    }
    dx += features * row;
    dy += features * row;
    y += features * row;
  }
}
