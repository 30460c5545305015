/** What activations do over many samples: x [tiles, features, lanes] f32, of which `samples` lanes hold a sample. */

/** y [features] f64 += sum of the squares of every feature. */
export function add_square_sums_f64(y: usize, x: usize, features: usize, lanes: usize, samples: usize): void {
  for (let s: usize = 0; s < samples; s += lanes) {
    const count = min(lanes, samples - s);
    for (let f: usize = 0; f < features; f++) {
      let sum: f64 = 0;
      for (let lane: usize = 0; lane < count; lane++) {
        const value = <f64>load<f32>(x + (lane << 2));
        sum += value * value;
      }
      const p = y + (f << 3);
      store<f64>(p, load<f64>(p) + sum);
      x += lanes << 2;
    }
  }
}

/** nonzeros [features] f64 += samples in which a feature is not 0; sums [features] f64 += its sum. */
export function add_activity_f64(
  nonzeros: usize,
  sums: usize,
  x: usize,
  features: usize,
  lanes: usize,
  samples: usize,
): void {
  for (let s: usize = 0; s < samples; s += lanes) {
    const count = min(lanes, samples - s);
    for (let f: usize = 0; f < features; f++) {
      let sum: f64 = 0;
      let active: f64 = 0;
      for (let lane: usize = 0; lane < count; lane++) {
        const value = <f64>load<f32>(x + (lane << 2));
        sum += value;
        if (value != 0) active += 1;
      }
      const at = f << 3;
      store<f64>(nonzeros + at, load<f64>(nonzeros + at) + active);
      store<f64>(sums + at, load<f64>(sums + at) + sum);
      x += lanes << 2;
    }
  }
}
