/**
 * A drawing as MNIST has it: scaled to fit a box of 20x20 pixels with its proportions, anti-aliased, and put into 28x28 so that
 * its centre of mass is in the middle (LeCun, Cortes and Burges 1998).
 */

/** Ink of a drawing, row-major, 0 (paper) to 255. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly ink: ArrayLike<number>;
}

/** Pixels of a side of what networks read. */
export const SIDE = 28;
const BOX = 20;
/** Less ink than this counts as none when edges are looked for. */
const FAINT = 8;

interface Bounds {
  readonly left: number;
  readonly top: number;
  /** First column and row beyond. */
  readonly right: number;
  readonly bottom: number;
}

/** The smallest box around the ink; null for an empty drawing. */
export function bounds({ width, height, ink }: Raster): Bounds | null {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink[y * width + x]! < FAINT) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}

/** Adds `value` to a run of cells in proportion to how much of [from, to) lies in each. */
function spread(from: number, to: number, cells: number, add: (cell: number, share: number) => void): void {
  const last = Math.min(cells - 1, Math.ceil(to) - 1);
  for (let cell = Math.max(0, Math.floor(from)); cell <= last; cell++) {
    add(cell, Math.min(to, cell + 1) - Math.max(from, cell));
  }
}

/** The part of the drawing inside the box, scaled by `scale` with its corner at (x0, y0): mean ink of each pixel, 0 to 1. */
function place(raster: Raster, box: Bounds, scale: number, x0: number, y0: number): Float32Array {
  const pixels = new Float32Array(SIDE * SIDE);
  for (let y = box.top; y < box.bottom; y++) {
    const above = y0 + (y - box.top) * scale;
    for (let x = box.left; x < box.right; x++) {
      const ink = raster.ink[y * raster.width + x]! / 255;
      if (ink === 0) continue;
      const before = x0 + (x - box.left) * scale;
      spread(above, above + scale, SIDE, (row, tall) => {
        spread(before, before + scale, SIDE, (column, wide) => {
          pixels[row * SIDE + column]! += ink * tall * wide;
        });
      });
    }
  }
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.min(1, pixels[i]!);
  return pixels;
}

/** Centre of mass of the ink in the box, from its corner, in pixels of the drawing. */
function centreOfMass({ width, ink }: Raster, box: Bounds): readonly [x: number, y: number] {
  let [mass, across, down] = [0, 0, 0];
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      const value = ink[y * width + x]!;
      mass += value;
      across += value * (x + 0.5 - box.left);
      down += value * (y + 0.5 - box.top);
    }
  }
  return [across / mass, down / mass];
}

/** 28x28 pixels from 0 to 1, as networks that learned MNIST expect them; null for an empty drawing. */
export function centre(raster: Raster): Float32Array | null {
  const box = bounds(raster);
  if (!box) return null;
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const scale = BOX / Math.max(width, height);
  const [x, y] = centreOfMass(raster, box);
  // A lopsided digit must not leave the picture.
  const keep = (corner: number, length: number) => Math.min(Math.max(corner, 0), SIDE - length);
  return place(
    raster,
    box,
    scale,
    keep(SIDE / 2 - x * scale, width * scale),
    keep(SIDE / 2 - y * scale, height * scale),
  );
}
