/** How many weights each tensor keeps when a share of all weights is to be zero, decided by shapes alone. */
import { OptionError } from '../errors.js';
import { type Shape, sizeOf } from '../tensor/shape.js';

/** Live weights of every tensor, for a share of zeros over all of them: whole numbers whose sum is exact. */
export type Distribution = (shapes: readonly Shape[], sparsity: number) => number[];

/** Live weights in all. */
function budget(shapes: readonly Shape[], sparsity: number): number {
  const total = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  return total - Math.round(sparsity * total);
}

/** Whole numbers near `exact`, at most `limits`, whose sum is `total`: rounds down, then gives what is missing to the largest remainders; ties to the earlier tensor. */
export function rounded(exact: readonly number[], limits: readonly number[], total: number): number[] {
  const counts = exact.map((value, i) => Math.min(Math.floor(value), limits[i]!));
  const order = exact.map((value, i) => ({ i, rest: value - counts[i]! })).sort((a, b) => b.rest - a.rest);
  let missing = total - counts.reduce((sum, count) => sum + count, 0);
  while (missing > 0) {
    for (const { i } of order) {
      if (missing > 0 && counts[i]! < limits[i]!) {
        counts[i]!++;
        missing--;
      }
    }
  }
  return counts;
}

/** The same share of zeros in every tensor. */
const uniform: Distribution = (shapes, sparsity) => {
  const sizes = shapes.map(sizeOf);
  const exact = sizes.map((size) => size * (1 - sparsity));
  return rounded(exact, sizes, budget(shapes, sparsity));
};

/**
 * Density of a tensor in proportion to (sum of its dimensions) / (product of them), at most 1: narrow layers stay denser.
 * Erdos-Renyi for dense layers (Mocanu et al. 2018, arXiv:1707.04780), with kernel sides for convolutions (Evci et al.
 * 2020, arXiv:1911.11134).
 */
const erdosRenyi: Distribution = (shapes, sparsity) => {
  const sizes = shapes.map(sizeOf);
  const sums = shapes.map((shape) => shape.reduce((sum, dimension) => sum + dimension, 0));
  const kept = budget(shapes, sparsity);
  const full = new Set<number>();
  for (;;) {
    const left = kept - [...full].reduce((sum, i) => sum + sizes[i]!, 0);
    const share = sums.reduce((sum, value, i) => (full.has(i) ? sum : sum + value), 0);
    const exact = sums.map((value, i) => (full.has(i) ? sizes[i]! : (value * left) / share));
    const over = exact.findIndex((value, i) => !full.has(i) && value >= sizes[i]!);
    if (over < 0) return rounded(exact, sizes, kept);
    full.add(over);
  }
};

export const distributions = { erdosRenyi, uniform } as const satisfies Readonly<
  Record<string, Distribution>
>;

/** Name of a built-in distribution. */
export type DistributionName = keyof typeof distributions;

/** Checked counts: at least one connection in every tensor. Throws OptionError. */
export function distribute(
  where: string,
  distribution: Distribution,
  names: readonly string[],
  shapes: readonly Shape[],
  sparsity: number,
): number[] {
  const counts = distribution(shapes, sparsity);
  shapes.forEach((shape, i) => {
    const count = counts[i];
    if (!Number.isSafeInteger(count) || count! < 1 || count! > sizeOf(shape)) {
      throw new OptionError(
        `${where}: every layer must keep a connection and none more than it has, ` +
          `got ${count} of ${sizeOf(shape)} for ${names[i]} at sparsity ${sparsity}`,
      );
    }
  });
  return counts;
}
