/** Random shifts, turns, sizes and slants of an image, as the map that warp_f32 reads through. */
import type { Random } from '../../tensor/random.js';
import { sineAndCosine } from './angle.js';
import type { ImageRecipe } from './imageOptions.js';

/** One movement of an image about its centre: first slanted, then sized, turned, and shifted. */
export interface Movement {
  /** Pixels downward. */
  readonly down: number;
  /** Pixels to the right. */
  readonly right: number;
  /** Degrees, counter-clockwise. */
  readonly angle: number;
  readonly scale: number;
  /** Degrees by which upright lines lean to the right. */
  readonly slant: number;
}

/** Draws one; always as many random numbers, so that no option changes what another one draws. */
export function drawMovement({ shift, whole, rotate, scale, shear }: ImageRecipe, random: Random): Movement {
  const between = (low: number, high: number) => low + (high - low) * (random.next() / 4294967296);
  const distance = () => (whole ? Math.floor(between(-shift, shift + 1)) : between(-shift, shift));
  return {
    down: distance(),
    right: distance(),
    angle: between(-rotate, rotate),
    scale: between(scale[0], scale[1]),
    slant: between(-shear, shear),
  };
}

/**
 * The inverse movement as six numbers: what stands at (row, col) afterwards comes from row m0 row + m1 col + m2, column
 * m3 row + m4 col + m5.
 */
export function inverseMap({ down, right, angle, scale, slant }: Movement, height: number, width: number) {
  const turn = sineAndCosine(angle);
  const lean = sineAndCosine(slant);
  const [sine, cosine, slope] = [turn.sine / scale, turn.cosine / scale, lean.sine / lean.cosine];
  const [rowByCol, colByRow, colByCol] = [sine, slope * cosine - sine, cosine + slope * sine];
  const [middle, centre] = [(height - 1) / 2, (width - 1) / 2];
  const row = middle - cosine * (middle + down) - rowByCol * (centre + right);
  const col = centre - colByRow * (middle + down) - colByCol * (centre + right);
  return [cosine, rowByCol, row, colByRow, colByCol, col] as const;
}
