/** Options of augmentImages, and their checks. */
import { OptionError, ShapeError } from '../../errors.js';
import { expectBoolean, expectInteger, expectNumber, expectOptions, show } from '../../options.js';
import { expectShape, type Shape, showShape, sizeOf } from '../../tensor/shape.js';

/** Elastic distortion. */
export interface ElasticOptions {
  /** Pixels, 0 to 10000: every pixel is displaced by noise uniform in [-strength, strength], before it is smoothed. */
  readonly strength: number;
  /** Standard deviation of the Gaussian that smooths it, in pixels, 0.5 to 100. */
  readonly smoothness: number;
}

/** Options of augmentImages(). All that is left out does nothing. */
export interface ImageAugmentationOptions {
  /** Pixels, 0 to 10000: images move by as much as that in both directions, uniform in [-shift, shift] each. */
  readonly shift?: number;
  /** True for shifts by whole pixels, which blur nothing; `shift` is then a whole number. */
  readonly whole?: boolean;
  /** Degrees, 0 to 180: images turn about their centre, uniform in [-rotate, rotate]. */
  readonly rotate?: number;
  /** Factors, such as [0.9, 1.1], 0.01 to 100: images grow or shrink by one uniform between them. */
  readonly scale?: readonly [number, number];
  /** Degrees, 0 to 80: upright lines slant, uniform in [-shear, shear]. */
  readonly shear?: number;
  readonly elastic?: ElasticOptions;
  /** Decides everything random: a whole number >= 0; in fit() the seed of the model by default, else 0. */
  readonly seed?: number;
  /** [channels, height, width]; in fit() by default that of the model's inputs. */
  readonly shape?: readonly number[];
}

/** Checked options, with nothing left out but what has its default elsewhere. */
export interface ImageRecipe {
  readonly shift: number;
  readonly whole: boolean;
  readonly rotate: number;
  readonly scale: readonly [number, number];
  readonly shear: number;
  /** Undefined also where the strength is 0. */
  readonly elastic: ElasticOptions | undefined;
  readonly seed: number | undefined;
  readonly shape: Shape | undefined;
}

const WHERE = 'augmentImages';
const names = ['shift', 'whole', 'rotate', 'scale', 'shear', 'elastic', 'seed', 'shape'];

/** Largest side of an image: float32 positions are then as fine as a 256th of a pixel. */
const MAX_SIDE = 65536;

/** Throws OptionError unless it is [channels, height, width]. */
export function expectImageShape(shape: unknown): Shape {
  const given = expectShape(WHERE, 'shape', shape);
  if (given.length !== 3) {
    throw new OptionError(
      `${WHERE}: shape must be [channels, height, width] where samples are not, got ${showShape(given)}`,
    );
  }
  if (Math.max(given[1]!, given[2]!) > MAX_SIDE) {
    throw new OptionError(`${WHERE}: sides must be at most ${MAX_SIDE} pixels, got ${showShape(given)}`);
  }
  return given;
}

/** The shape of images for a model with inputs of `inputShape`: `shape`, or else that. */
export function imageShapeFor(shape: Shape | undefined, inputShape: Shape): Shape {
  const chosen = shape ?? expectImageShape(inputShape);
  if (sizeOf(chosen) !== sizeOf(inputShape)) {
    throw new ShapeError(
      `${WHERE}: shape must have as many values as samples of ${showShape(inputShape)}, got ${showShape(chosen)}`,
    );
  }
  return chosen;
}

function checkScale(scale: unknown): readonly [number, number] {
  if (!Array.isArray(scale) || scale.length !== 2) {
    throw new OptionError(`${WHERE}: scale must be two factors such as [0.9, 1.1], got ${show(scale)}`);
  }
  const low = expectNumber(WHERE, 'scale', scale[0], 0.01, 100);
  const high = expectNumber(WHERE, 'scale', scale[1], 0.01, 100);
  if (low > high) {
    throw new OptionError(`${WHERE}: scale must begin with the smaller factor, got ${show(scale)}`);
  }
  return [low, high];
}

function checkElastic(elastic: ElasticOptions | undefined): ElasticOptions | undefined {
  if (elastic === undefined) return undefined;
  expectOptions(`${WHERE}: elastic`, elastic, ['strength', 'smoothness']);
  const strength = expectNumber(WHERE, 'elastic.strength', elastic.strength, 0, 10_000);
  const smoothness = expectNumber(WHERE, 'elastic.smoothness', elastic.smoothness, 0.5, 100);
  return strength === 0 ? undefined : { strength, smoothness };
}

/** Checks all options. Throws OptionError. */
export function checkImageOptions(options: ImageAugmentationOptions): ImageRecipe {
  expectOptions(WHERE, options, names);
  const { shift = 0, whole = false, rotate = 0, scale = [1, 1], shear = 0, elastic, seed, shape } = options;
  if (expectBoolean(WHERE, 'whole', whole)) expectInteger(WHERE, 'shift', shift, 0);
  return {
    shift: expectNumber(WHERE, 'shift', shift, 0, 10_000),
    whole,
    rotate: expectNumber(WHERE, 'rotate', rotate, 0, 180),
    scale: checkScale(scale),
    shear: expectNumber(WHERE, 'shear', shear, 0, 80),
    elastic: checkElastic(elastic),
    seed: seed === undefined ? undefined : expectInteger(WHERE, 'seed', seed, 0),
    shape: shape === undefined ? undefined : expectImageShape(shape),
  };
}

/** True when images come out as they went in. */
export function doesNothing({ shift, rotate, scale, shear, elastic }: ImageRecipe): boolean {
  return shift === 0 && rotate === 0 && scale[0] === 1 && scale[1] === 1 && shear === 0 && !elastic;
}
