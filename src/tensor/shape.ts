/** Shapes: lists of dimensions without the batch, channels first. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';

/** Dimensions of one sample or one weight, such as [784] or [1, 28, 28]. */
export type Shape = readonly number[];

/** Product of the dimensions. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** `[1, 28, 28]`. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** True when both have the same dimensions. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

/** Throws OptionError unless `shape` is a list of whole numbers >= 1 whose product stays below 2^31. */
export function expectShape(where: string, name: string, shape: unknown): Shape {
  const good =
    Array.isArray(shape) && shape.length > 0 && shape.every((d) => Number.isSafeInteger(d) && d >= 1);
  if (!good || sizeOf(shape as Shape) >= 2 ** 31) {
    const rule = good ? 'make fewer than 2^31 values' : 'be a list of whole numbers >= 1 such as [784]';
    throw new OptionError(`${where}: ${name} must ${rule}, got ${show(shape)}`);
  }
  return [...(shape as Shape)];
}
