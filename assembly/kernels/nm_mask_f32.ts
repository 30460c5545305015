/** N:M sparsity while training. Zhou et al. 2021, arXiv:2102.04010. */
import { loadUpTo4, storeUpTo4 } from '../simd';
import { lanesOf } from './mask_f32';

/**
 * mask [rows, cols] = 1 for the `keep` largest |w| in every run of `group` consecutive columns, ties keep the lower column;
 * the last run of a row may be shorter. w [rows, cols].
 */
export function nm_mask_f32(
  mask: usize,
  w: usize,
  rows: usize,
  cols: usize,
  keep: usize,
  group: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let first: usize = 0; first < cols; first += group) {
      const end = first + group < cols ? first + group : cols;
      for (let j = first; j < end; j++) {
        const size = abs(load<f32>(w + (j << 2)));
        let larger: usize = 0;
        for (let k = first; k < end; k++) {
          const other = abs(load<f32>(w + (k << 2)));
          if (other > size || (other == size && k < j)) larger++;
        }
        store<u8>(mask + j, larger < keep ? 1 : 0);
      }
    }
    w += cols << 2;
    mask += cols;
  }
}

/** g [n] += decay w where mask [n] is 0: what is pruned is drawn to zero. */
export function decay_pruned_f32(g: usize, w: usize, mask: usize, n: usize, decay: f32): void {
  const factor = f32x4.splat(decay);
  for (let i: usize = 0; i < n; i += 4) {
    const at = i << 2;
    const left = n - i;
    const pull = v128.andnot(f32x4.mul(factor, loadUpTo4(w + at, left)), lanesOf(mask + i, left));
    storeUpTo4(g + at, f32x4.add(loadUpTo4(g + at, left), pull), left);
  }
}
