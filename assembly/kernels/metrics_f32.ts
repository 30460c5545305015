/** Counts over outputs. */

/**
 * How many samples have their largest output at the label; ties go to the lower class, NaN never wins.
 * x [tiles, classes, lanes], lanes 8, 16 or 32; labels [tiles * lanes] i32, -1 in lanes that hold no sample.
 */
export function count_correct_f32(x: usize, labels: usize, classes: usize, lanes: usize, tiles: usize): i32 {
  const row = lanes << 2;
  let correct = i32x4.splat(0);
  for (; tiles > 0; tiles--) {
    for (let quad: usize = 0; quad < row; quad += 16) {
      let top = f32x4.splat(-Infinity);
      let best = i32x4.splat(-2);
      for (let c: usize = 0; c < classes; c++) {
        const v = v128.load(x + c * row + quad);
        // The first number counts even if it is -Infinity.
        const first = v128.and(i32x4.eq(best, i32x4.splat(-2)), f32x4.eq(v, v));
        const higher = v128.or(f32x4.gt(v, top), first);
        top = v128.bitselect(v, top, higher);
        best = v128.bitselect(i32x4.splat(<i32>c), best, higher);
      }
      correct = i32x4.sub(correct, i32x4.eq(best, v128.load(labels + quad)));
    }
    x += classes * row;
    labels += row;
  }
  return (
    i32x4.extract_lane(correct, 0) +
    i32x4.extract_lane(correct, 1) +
    i32x4.extract_lane(correct, 2) +
    i32x4.extract_lane(correct, 3)
  );
}
