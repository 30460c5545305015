/** Made-up digits: a learnable set that needs no files, the same bytes on every engine. */
import { OptionError } from '../src/errors.js';
import { expectInteger, expectNumber, expectOptions, show } from '../src/options.js';
import { type Dataset, unitFromBytes } from './dataset.js';
import { type RandomStream, randomStream } from './random.js';

/** Options of {@link syntheticDigits}. */
export interface SyntheticOptions {
  /** Number of samples, at least 1. */
  readonly samples: number;
  /** Number of classes, 1 to 256. Default 10. */
  readonly classes?: number;
  /** Shape of a sample: [channels, height, width], [height, width] or [width]. Default [1, 28, 28]. */
  readonly shape?: readonly number[];
  /** Whole number >= 0. Default 1. */
  readonly seed?: number;
  /** Largest change of a pixel, 0 to 1; uniform, then cut to [0, 1]. Default 0.25. */
  readonly noise?: number;
}

/** Pixels between two knots of a prototype: the scale on which it is smooth. */
const KNOT_PIXELS = 4;
/** A sample is displaced by at most a 14th of each side: 2 pixels of 28. */
const SIDE_PER_SHIFT = 14;
const MOST_NUMBERS = 2 ** 31;

interface Canvas {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

function expectCanvas(shape: readonly number[]): Canvas {
  if (!Array.isArray(shape) || shape.length < 1 || shape.length > 3) {
    throw new OptionError(`syntheticDigits: shape must be 1 to 3 whole numbers, got ${show(shape)}`);
  }
  for (const size of shape) expectInteger('syntheticDigits', 'each size of shape', size, 1);
  const [channels, height, width] = [1, 1, ...shape].slice(-3) as [number, number, number];
  return { channels, height, width };
}

/** One smooth plane [height, width] of bytes: random knots, joined by bilinear interpolation in whole numbers. */
function drawPlane(random: RandomStream, plane: Uint8Array, height: number, width: number): void {
  const columns = Math.floor((width - 1) / KNOT_PIXELS) + 2;
  const rows = Math.floor((height - 1) / KNOT_PIXELS) + 2;
  const knots = Array.from({ length: rows * columns }, () => random.below(256));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const corner = Math.floor(y / KNOT_PIXELS) * columns + Math.floor(x / KNOT_PIXELS);
      const [down, right] = [y % KNOT_PIXELS, x % KNOT_PIXELS];
      const top = knots[corner]! * (KNOT_PIXELS - right) + knots[corner + 1]! * right;
      const low = knots[corner + columns]! * (KNOT_PIXELS - right) + knots[corner + columns + 1]! * right;
      const mean = (top * (KNOT_PIXELS - down) + low * down) >> 4;
      // The darker half becomes background, as pen strokes leave it.
      plane[y * width + x] = Math.max(0, (mean - 128) * 2);
    }
  }
}

/** Writes one sample: `prototype` displaced (round the edges) by a few pixels, each pixel changed by up to `reach`. */
function drawSample(
  random: RandomStream,
  canvas: Canvas,
  prototype: Uint8Array,
  sample: Uint8Array,
  reach: number,
): void {
  const { channels, height, width } = canvas;
  const displacement = (side: number) => {
    const most = Math.floor(side / SIDE_PER_SHIFT);
    return side + random.below(2 * most + 1) - most;
  };
  const down = displacement(height);
  const right = displacement(width);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const row = (channel * height + ((y + down) % height)) * width;
      for (let x = 0; x < width; x++) {
        const value = prototype[row + ((x + right) % width)]! + random.below(2 * reach + 1) - reach;
        sample[at++] = Math.min(255, Math.max(0, value));
      }
    }
  }
}

/**
 * `samples` images in [0, 1], of `classes` kinds. Each class is a smooth random picture; a sample is that picture
 * displaced by up to a 14th of each side (the same for all channels, round the edges) and noised.
 *
 * Labels run 0, 1, ..., classes - 1, 0, 1, ..., so that every run of `classes` samples holds each once: cut train and
 * test parts out of one set with `subset`. A smaller `samples` gives the first part of the same set. All draws are
 * integer arithmetic: the same options give the same bytes on every engine.
 *
 * Throws `OptionError` for options that are unknown or out of range.
 */
export function syntheticDigits(options: SyntheticOptions): Dataset {
  const where = 'syntheticDigits';
  expectOptions(where, options, ['samples', 'classes', 'shape', 'seed', 'noise']);
  const { classes = 10, shape = [1, 28, 28], seed = 1, noise = 0.25 } = options;
  const samples = expectInteger(where, 'samples', options.samples, 1);
  expectInteger(where, 'classes', classes, 1);
  if (classes > 256) throw new OptionError(`${where}: classes must be at most 256, got ${classes}`);
  const canvas = expectCanvas(shape);
  const random = randomStream(expectInteger(where, 'seed', seed, 0));
  const reach = Math.round(expectNumber(where, 'noise', noise, 0, 1) * 255);
  const area = canvas.height * canvas.width;
  const size = canvas.channels * area;
  if (Math.max(samples, classes) * size > MOST_NUMBERS) {
    throw new OptionError(
      `${where}: samples x shape must be at most ${MOST_NUMBERS} numbers, got ${samples} x ${size}`,
    );
  }
  const prototypes = new Uint8Array(classes * size);
  for (let at = 0; at < prototypes.length; at += area) {
    drawPlane(random, prototypes.subarray(at, at + area), canvas.height, canvas.width);
  }
  const bytes = new Uint8Array(samples * size);
  const labels = Uint8Array.from({ length: samples }, (_, i) => i % classes);
  labels.forEach((label, i) => {
    const prototype = prototypes.subarray(label * size, (label + 1) * size);
    drawSample(random, canvas, prototype, bytes.subarray(i * size, (i + 1) * size), reach);
  });
  return { images: unitFromBytes(bytes), labels, shape: [...shape] };
}
