import { describe, expect, test } from 'vitest';
import { bounds, centre, type Raster, SIDE } from '../../web/centre.js';

/** A drawing with full ink in a box. */
function box(
  width: number,
  height: number,
  left: number,
  top: number,
  right: number,
  bottom: number,
): Raster {
  const ink = new Uint8Array(width * height);
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) ink[y * width + x] = 255;
  return { width, height, ink };
}

const at = (pixels: Float32Array, row: number, column: number) => pixels[row * SIDE + column]!;
const sum = (pixels: Float32Array) => pixels.reduce((total, value) => total + value, 0);

/** Centre of mass, in pixels. */
function middle(pixels: Float32Array): [number, number] {
  let [x, y] = [0, 0];
  pixels.forEach((value, i) => {
    x += value * ((i % SIDE) + 0.5);
    y += value * (Math.floor(i / SIDE) + 0.5);
  });
  return [x / sum(pixels), y / sum(pixels)];
}

describe('centre', () => {
  test('gives null for an empty drawing, and for ink too faint to be meant', () => {
    expect(centre({ width: 4, height: 4, ink: new Uint8Array(16) })).toBeNull();
    expect(centre({ width: 4, height: 4, ink: new Uint8Array(16).fill(7) })).toBeNull();
  });

  test('finds the box around the ink', () => {
    expect(bounds(box(50, 40, 3, 5, 30, 38))).toEqual({ left: 3, top: 5, right: 30, bottom: 38 });
    expect(bounds(box(50, 40, 0, 0, 1, 1))).toEqual({ left: 0, top: 0, right: 1, bottom: 1 });
  });

  test('scales a full square to 20x20 in the middle of 28x28', () => {
    const pixels = centre(box(140, 140, 17, 60, 57, 100))!;
    expect(pixels).toHaveLength(784);
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const inside = row >= 4 && row < 24 && column >= 4 && column < 24;
        expect(at(pixels, row, column)).toBeCloseTo(inside ? 1 : 0, 5);
      }
    }
  });

  test('is the same wherever the drawing stands and however large it is', () => {
    const small = centre(box(140, 140, 10, 20, 20, 50))!;
    const large = centre(box(140, 140, 60, 30, 90, 120))!;
    small.forEach((value, i) => {
      expect(value).toBeCloseTo(large[i]!, 4);
    });
  });

  test('keeps proportions, and smooths edges that fall between pixels', () => {
    // A stroke of 9 x 60 becomes 3 x 20, from 12.5 to 15.5: half a pixel on either side.
    const pixels = centre(box(100, 100, 0, 0, 9, 60))!;
    expect([11, 12, 13, 14, 15, 16].map((column) => at(pixels, 14, column))).toEqual(
      [0, 0.5, 1, 1, 0.5, 0].map((value) => expect.closeTo(value, 4)),
    );
    expect(sum(pixels)).toBeCloseTo(60, 3);
  });

  test('puts the centre of mass, not the box, into the middle', () => {
    // An L: most of its ink is at the bottom left.
    const raster = box(100, 100, 20, 10, 30, 90);
    const ink = Uint8Array.from(raster.ink);
    for (let y = 80; y < 90; y++) for (let x = 30; x < 60; x++) ink[y * 100 + x] = 255;
    const [x, y] = middle(centre({ ...raster, ink })!);
    expect(x).toBeCloseTo(14, 1); // smoothing within a pixel moves it a little
    expect(y).toBeCloseTo(14, 1);
  });

  test('keeps a lopsided drawing whole', () => {
    // A heavy foot under a long thin stroke: its centre of mass is far below the middle of the box.
    const raster = box(200, 200, 90, 0, 92, 160);
    const ink = Uint8Array.from(raster.ink);
    for (let y = 150; y < 200; y++) for (let x = 60; x < 160; x++) ink[y * 200 + x] = 255;
    const pixels = centre({ ...raster, ink })!;
    expect(sum(pixels)).toBeCloseTo((2 * 150 + 50 * 100) / 100, 1);
    expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
  });

  test('takes grey ink for what it is', () => {
    const raster = box(20, 20, 0, 0, 20, 20);
    const pixels = centre({ ...raster, ink: Uint8Array.from(raster.ink, () => 51) })!;
    expect(at(pixels, 14, 14)).toBeCloseTo(0.2, 5);
  });
});
