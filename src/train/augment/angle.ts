/** Sine and cosine from additions and multiplications alone: the same bits on every engine. */

const DEGREE = Math.PI / 180;

/** Taylor series of sine: within 2e-16 from -45 to 45 degrees. */
function sineNear(x: number): number {
  const z = x * x;
  let sum = -1 / 1307674368000;
  sum = sum * z + 1 / 6227020800;
  sum = sum * z - 1 / 39916800;
  sum = sum * z + 1 / 362880;
  sum = sum * z - 1 / 5040;
  sum = sum * z + 1 / 120;
  sum = sum * z - 1 / 6;
  return x + x * z * sum;
}

/** The same of cosine. */
function cosineNear(x: number): number {
  const z = x * x;
  let sum = 1 / 20922789888000;
  sum = sum * z - 1 / 87178291200;
  sum = sum * z + 1 / 479001600;
  sum = sum * z - 1 / 3628800;
  sum = sum * z + 1 / 40320;
  sum = sum * z - 1 / 720;
  sum = sum * z + 1 / 24;
  return 1 + z * (sum * z - 0.5);
}

/** Sine and cosine of an angle in degrees; those of quarter turns are exact. */
export function sineAndCosine(degrees: number): { readonly sine: number; readonly cosine: number } {
  const quarters = Math.round(degrees / 90);
  const rest = (degrees - 90 * quarters) * DEGREE;
  const [sine, cosine] = [sineNear(rest), cosineNear(rest)];
  const turn = ((quarters % 4) + 4) % 4;
  if (turn === 0) return { sine, cosine };
  if (turn === 1) return { sine: cosine, cosine: -sine };
  if (turn === 2) return { sine: -sine, cosine: -cosine };
  return { sine: -cosine, cosine: sine };
}
