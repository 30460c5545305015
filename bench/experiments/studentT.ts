/** Quantiles of Student's t. */

/**
 * Two-sided 95 % quantiles for 1 to 30 degrees of freedom: |t| of as many exceeds them with a probability of 5 %.
 * NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.975.
 */
const QUANTILES = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** The two-sided 95 % quantile; NaN for no degree of freedom, and that of 30, which is larger, for more. */
export function quantileOfT(degrees: number): number {
  return QUANTILES[Math.min(degrees, QUANTILES.length) - 1] ?? Number.NaN;
}
