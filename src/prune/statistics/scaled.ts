/** Vectors of positive numbers of any size, as a factor apart: products over many layers would over- or underflow. */

/** The numbers values · 2^exponent. */
export interface Scaled {
  readonly values: Float64Array;
  readonly exponent: number;
}

/** Exponents of float64 that are neither subnormal nor infinite. */
const [LEAST, MOST] = [-1022, 1023];

/** 2^exponent; 0 below what float64 holds, its largest power of two above. */
export function powerOfTwo(exponent: number): number {
  if (exponent < LEAST) return 0;
  const word = (Math.min(exponent, MOST) - LEAST + 1) * 2 ** 20;
  return new Float64Array(new Uint32Array([0, word]).buffer)[0]!;
}

/** The e with 2^e <= value < 2^(e + 1), for value > 0. */
function exponentOf(value: number): number {
  return (new Uint32Array(Float64Array.of(value).buffer)[1]! >>> 20) + LEAST - 1;
}

/** The same numbers with a largest value from 1 to 2; all zeros have exponent 0. */
export function normalized({ values, exponent }: Scaled): Scaled {
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  if (top === 0) return { values, exponent: 0 };
  const shift = exponentOf(top);
  const factor = powerOfTwo(-shift);
  return { values: values.map((value) => value * factor), exponent: exponent + shift };
}

/** a + b. */
export function added(a: Scaled, b: Scaled): Scaled {
  if (!a.values.some((value) => value > 0)) return b;
  if (!b.values.some((value) => value > 0)) return a;
  const exponent = Math.max(a.exponent, b.exponent);
  const [left, right] = [powerOfTwo(a.exponent - exponent), powerOfTwo(b.exponent - exponent)];
  return { values: a.values.map((value, i) => value * left + b.values[i]! * right), exponent };
}
