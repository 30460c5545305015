/** Masks from the user: for all weights of a model, or for some by the names of their layers. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import { layerOf } from '../prune/allocations/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { showShape } from '../tensor/shape.js';

/** A mask has one byte a weight, row-major, 1 keeps; null where nothing is pruned, as in WeightView. */
export type Mask = Uint8Array | null;

/** One mask for each weight, in the order of the layers; or for some of them, by layer, such as `{ dense1: mask }`. */
export type Masks = readonly Mask[] | Readonly<Record<string, Mask>>;

/** Weights with the masks that are meant for them. Throws OptionError or ShapeError. */
function matched(parameters: readonly Parameter[], masks: Masks): (readonly [Parameter, unknown])[] {
  const weights = parameters.filter(({ prunable }) => prunable);
  if (Array.isArray(masks)) {
    if (masks.length === weights.length) return weights.map((weight, i) => [weight, masks[i]] as const);
    throw new ShapeError(
      `setMasks: masks must be ${weights.length}, one for each weight, got a list of ${masks.length}`,
    );
  }
  if (typeof masks !== 'object' || masks === null || ArrayBuffer.isView(masks)) {
    throw new OptionError(
      `setMasks: masks must be a list, or masks by layer such as { dense1: mask }, got ${show(masks)}`,
    );
  }
  return Object.entries(masks).map(([name, mask]) => {
    const weight = weights.find((one) => layerOf(one) === name);
    if (weight) return [weight, mask] as const;
    const known = weights.map(layerOf).join(', ');
    throw new OptionError(`setMasks: layers must be among ${known}, got ${show(name)}`);
  });
}

/** A mask that fits, null for one that keeps everything. Throws ShapeError or DataError. */
function expectMask({ name, length, shape }: Parameter, mask: unknown): Mask {
  if (mask === null) return null;
  if (!(mask instanceof Uint8Array) || mask.length !== length) {
    throw new ShapeError(
      `setMasks: the mask of ${name} must be null or a Uint8Array of ${length} for ${showShape(shape)}, got ${show(mask)}`,
    );
  }
  const wrong = mask.findIndex((kept) => kept > 1);
  if (wrong >= 0) {
    throw new DataError(
      `setMasks: the mask of ${name} must hold only 0 and 1, got ${mask[wrong]} at ${wrong}`,
    );
  }
  return mask.includes(0) ? mask : null;
}

/** Checks what Sequential.setMasks() says; gives what does it, and leaves weights in dense storage. */
export function checkMasks(parameters: readonly Parameter[], masks: Masks): () => void {
  const checked = matched(parameters, masks).map(
    ([weight, mask]) => [weight, expectMask(weight, mask)] as const,
  );
  return () => {
    for (const [weight, mask] of checked) weight.setMask(mask);
  };
}
