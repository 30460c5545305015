/** Checks of samples and targets, made once before anything changes. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';

/** Class labels, or float targets. */
export type Targets = Uint8Array | Int32Array | Float32Array;

/** Samples with their targets, as the loaders of `espalier/datasets` give them. */
export interface LabelledData {
  /** [n, ...inputShape] */
  readonly images: Float32Array;
  /** [n] class indices, or [n, ...outputShape] floats */
  readonly labels: Targets;
}

/** Position of the first value that is NaN or infinite, or -1. */
function findNonFinite(values: Float32Array): number {
  // By bits, as whole numbers are faster: an exponent of all ones, and no other, carries into the sign.
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const exponent = 0x00800000;
  let carried = 0;
  let i = 0;
  for (const end = bits.length - 3; i < end; i += 4) {
    carried |= (bits[i]! & 0x7fffffff) + exponent;
    carried |= (bits[i + 1]! & 0x7fffffff) + exponent;
    carried |= (bits[i + 2]! & 0x7fffffff) + exponent;
    carried |= (bits[i + 3]! & 0x7fffffff) + exponent;
  }
  for (; i < bits.length; i++) carried |= (bits[i]! & 0x7fffffff) + exponent;
  return carried >= 0 ? -1 : values.findIndex((value) => !Number.isFinite(value));
}

/** Throws DataError unless all values are finite. */
export function expectFinite(where: string, name: string, values: Float32Array): void {
  const at = findNonFinite(values);
  if (at >= 0) throw new DataError(`${where}: ${name} must be finite, got ${values[at]} at ${at}`);
}

/** Number of samples in x. Throws ShapeError unless it holds whole samples of `inputs` values. */
export function countSamples(where: string, x: unknown, inputs: number): number {
  if (!(x instanceof Float32Array)) {
    throw new OptionError(`${where}: samples must be a Float32Array, got ${show(x)}`);
  }
  if (x.length % inputs !== 0) {
    throw new ShapeError(`${where}: samples must hold a multiple of ${inputs} values, got ${x.length}`);
  }
  return x.length / inputs;
}

/** Checks lengths, labels and values; returns the number of samples, at least 1. */
export function expectData(where: string, x: unknown, y: unknown, inputs: number, outputs: number): number {
  const samples = countSamples(where, x, inputs);
  if (samples === 0) throw new ShapeError(`${where}: samples must be at least one, got none`);
  if (y instanceof Float32Array) {
    if (y.length !== samples * outputs) {
      throw new ShapeError(`${where}: targets must hold ${samples} x ${outputs} values, got ${y.length}`);
    }
    expectFinite(where, 'targets', y);
  } else if (y instanceof Uint8Array || y instanceof Int32Array) {
    if (y.length !== samples) {
      throw new ShapeError(`${where}: labels must be ${samples}, one for each sample, got ${y.length}`);
    }
    const at = y.findIndex((label) => label < 0 || label >= outputs);
    if (at >= 0) throw new DataError(`${where}: labels must be 0 to ${outputs - 1}, got ${y[at]} at ${at}`);
  } else {
    throw new OptionError(
      `${where}: labels must be a Uint8Array, Int32Array or Float32Array, got ${show(y)}`,
    );
  }
  expectFinite(where, 'samples', x as Float32Array);
  return samples;
}
