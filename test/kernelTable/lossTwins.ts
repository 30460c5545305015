/** Float64 twins of softmax, the losses and the count of correct samples, on matrices [features, samples]. */

/** Column `s` of x [features, samples]. */
const columnOf = (x: ArrayLike<number>, samples: number, s: number): Float64Array =>
  Float64Array.from({ length: samples ? x.length / samples : 0 }, (_, f) => x[f * samples + s]!);

/** Softmax over the features of each sample. */
export function softmax(x: ArrayLike<number>, samples: number): Float64Array {
  const y = new Float64Array(x.length);
  for (let s = 0; s < samples; s++) {
    const column = columnOf(x, samples, s);
    const top = Math.max(...column);
    const sum = column.reduce((total, value) => total + Math.exp(value - top), 0);
    column.forEach((value, f) => {
      y[f * samples + s] = Math.exp(value - top) / sum;
    });
  }
  return y;
}

/** Gradient of softmax: y (dy - sum(dy y)), y being its output. */
export function softmaxGradient(dy: ArrayLike<number>, y: ArrayLike<number>, samples: number): Float64Array {
  const dot = new Float64Array(samples);
  for (let i = 0; i < y.length; i++) dot[i % samples]! += dy[i]! * y[i]!;
  return Float64Array.from(y, (value, i) => value * (dy[i]! - dot[i % samples]!));
}

/** A loss summed over samples, and its gradient. */
export interface Loss {
  readonly loss: number;
  readonly dx: Float64Array;
}

/** Softmax and cross-entropy: -log softmax(x)[label]; samples with label -1 count for nothing. */
export function softmaxCrossEntropy(x: ArrayLike<number>, labels: ArrayLike<number>, scale: number): Loss {
  const samples = labels.length;
  const dx = softmax(x, samples);
  let loss = 0;
  for (let s = 0; s < samples; s++) {
    const label = labels[s]!;
    const column = columnOf(x, samples, s);
    if (label >= 0) {
      const top = Math.max(...column);
      loss += Math.log(column.reduce((sum, value) => sum + Math.exp(value - top), 0)) + top - column[label]!;
      dx[label * samples + s]! -= 1;
    }
    for (let f = 0; f < column.length; f++) dx[f * samples + s]! *= label >= 0 ? scale : 0;
  }
  return { loss, dx };
}

/** Mean over the outputs of (x - t)^2, summed over samples. */
export function meanSquaredError(
  x: ArrayLike<number>,
  t: ArrayLike<number>,
  outputs: number,
  scale: number,
): Loss {
  const dx = Float64Array.from({ length: x.length }, (_, i) => (scale * 2 * (x[i]! - t[i]!)) / outputs);
  let loss = 0;
  for (let i = 0; i < x.length; i++) loss += (x[i]! - t[i]!) ** 2 / outputs;
  return { loss, dx };
}

/** Bounds of a probability, 1e-7 from 0 and from 1 as float32 has them. */
const [LEAST, MOST] = [Math.fround(1e-7), Math.fround(0.9999999)];

/** Minus the mean over the outputs of t log p + (1 - t) log(1 - p), summed over samples. */
export function binaryCrossEntropy(
  x: ArrayLike<number>,
  t: ArrayLike<number>,
  outputs: number,
  scale: number,
): Loss {
  const dx = new Float64Array(x.length);
  let loss = 0;
  for (let i = 0; i < x.length; i++) {
    const p = Math.min(Math.max(x[i]!, LEAST), MOST);
    loss -= (t[i]! * Math.log(p) + (1 - t[i]!) * Math.log1p(-p)) / outputs;
    dx[i] = (scale * (p - t[i]!)) / (p * (1 - p)) / outputs;
  }
  return { loss, dx };
}

/** Softmax and cross-entropy against soft targets: -sum t log softmax(x), summed over samples. */
export function softCrossEntropy(
  x: ArrayLike<number>,
  t: ArrayLike<number>,
  samples: number,
  scale: number,
): Loss {
  const shares = softmax(x, samples);
  const dx = new Float64Array(x.length);
  let loss = 0;
  for (let s = 0; s < samples; s++) {
    const [column, target] = [columnOf(x, samples, s), columnOf(t, samples, s)];
    const top = Math.max(...column);
    const height = Math.log(column.reduce((sum, value) => sum + Math.exp(value - top), 0)) + top;
    const mass = target.reduce((sum, value) => sum + value, 0);
    target.forEach((value, f) => {
      if (value !== 0) loss += value * (height - column[f]!);
      dx[f * samples + s] = scale * (shares[f * samples + s]! * mass - value);
    });
  }
  return { loss, dx };
}

/** Samples whose largest output, the first among equals, is at the label; NaN is never the largest. */
export function countCorrect(x: ArrayLike<number>, labels: ArrayLike<number>): number {
  let correct = 0;
  for (let s = 0; s < labels.length; s++) {
    const column = columnOf(x, labels.length, s);
    const top = Math.max(...column.filter((value) => !Number.isNaN(value)));
    if (labels[s]! >= 0 && column.indexOf(top) === labels[s]) correct++;
  }
  return correct;
}
