/** Light augmentation of images. */
import { OptionError } from '../../errors.js';
import { expectInteger, expectOptions } from '../../options.js';
import { sharedEngine } from '../../runtime/engine.js';
import type { Memory } from '../../runtime/memory.js';
import { trainKernels } from '../../runtime/trainKernels.js';
import { sizeOf } from '../../tensor/shape.js';
import { countSamples, expectFinite } from '../data.js';
import type { Augmentation } from './augmentation.js';
import { checkImageOptions, type ImageAugmentationOptions, imageShapeFor } from './imageOptions.js';
import { ImageWarper } from './imageWarper.js';

/** Which versions of the images ImageAugmentation.apply() gives. */
export interface ApplyOptions {
  /** A whole number from 0 on; 0 by default. */
  readonly epoch?: number;
  /** Number of the first image in its data set, for a set that comes in parts; 0 by default. */
  readonly first?: number;
}

/** What augmentImages() makes: for fit({ augment }), or to be used on its own. */
export interface ImageAugmentation extends Augmentation {
  readonly kind: 'augmentImages';
  /**
   * Augmented copies of images [n, channels, height, width]: those that fit() trains with in the same epoch (from 0) under the
   * same seed. Needs the option `shape`.
   *
   * @throws OptionError, ShapeError, DataError for images that are not finite, MemoryError.
   */
  apply(images: Float32Array, options?: ApplyOptions): Promise<Float32Array>;
}

/** Images in WebAssembly memory at a time. */
const TOGETHER = 64;

/** Warps all images of `size` values in place, a few at a time; the first one has the number `first`. */
function warpAll(
  memory: Memory,
  warper: ImageWarper,
  images: Float32Array,
  size: number,
  first: number,
  epoch: number,
): void {
  const room = memory.allocate(Math.min(images.length, TOGETHER * size) * 4, false);
  try {
    for (let done = 0; done * size < images.length; done += TOGETHER) {
      const part = images.subarray(done * size, (done + TOGETHER) * size);
      const numbers = Uint32Array.from({ length: part.length / size }, (_, i) => first + done + i);
      room.f32(part.length).set(part);
      warper.apply(room.address, numbers, epoch);
      part.set(room.f32(part.length));
    }
  } finally {
    room.free();
  }
}

/**
 * Another version of every image in every epoch: shifted, turned, sized, slanted, and distorted elastically, by amounts drawn
 * from seed, epoch and the number of the image in its data set alone. So the bits depend neither on the size of batches, nor on
 * their order, nor on where training was interrupted, nor on the runtime. For `fit({ augment })`; validation and evaluate()
 * see images as they are.
 *
 * A pixel of the new image is read in the old one, between pixels by bilinear interpolation, beyond the border as 0. All
 * channels move alike. Elastic distortions (Simard, Steinkraus & Platt 2003) move pixel p to read at p + u(p), where the two
 * components of u are uniform noise of +-strength smoothed by a Gaussian: they are about 0.163 strength / smoothness pixels
 * each (root mean square, for a smoothness of 1 or more). That paper's strength 34 and smoothness 4 give 1.4 pixels.
 *
 * @throws OptionError for options that are unknown or out of range; fit() throws OptionError or ShapeError, before it begins,
 * where the model's inputs are no [channels, height, width] and `shape` does not say what they are.
 */
export function augmentImages(options: ImageAugmentationOptions): ImageAugmentation {
  const recipe = checkImageOptions(options);
  return {
    kind: 'augmentImages',
    options: { ...recipe },
    check(inputShape) {
      imageShapeFor(recipe.shape, inputShape);
    },
    start({ engine, kernels, graph, seed }) {
      const shape = imageShapeFor(recipe.shape, graph.inputShape);
      const warper = new ImageWarper(engine, kernels, recipe, shape, recipe.seed ?? seed);
      return {
        apply: (rows, samples, epoch) => warper.apply(rows.byteOffset, samples, epoch),
        end: () => warper.free(),
      };
    },
    async apply(images, position = {}) {
      const where = 'augmentImages.apply';
      expectOptions(where, position, ['epoch', 'first']);
      const epoch = expectInteger(where, 'epoch', position.epoch ?? 0, 0);
      const first = expectInteger(where, 'first', position.first ?? 0, 0);
      const { shape, seed = 0 } = recipe;
      if (!shape) {
        throw new OptionError(`${where}: shape must be told to augmentImages(), got undefined`);
      }
      countSamples(where, images, sizeOf(shape));
      expectFinite(where, 'samples', images);
      const out = images.slice();
      const engine = await sharedEngine();
      const kernels = await trainKernels(engine);
      const warper = new ImageWarper(engine, kernels, recipe, shape, seed);
      try {
        warpAll(engine.memory, warper, out, sizeOf(shape), first, epoch);
      } finally {
        warper.free();
      }
      return out;
    },
  };
}
