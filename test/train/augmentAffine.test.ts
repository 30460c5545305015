import { describe, expect, test } from 'vitest';
import { inverseMap, type Movement } from '../../src/train/augment/affine.js';
import { sineAndCosine } from '../../src/train/augment/angle.js';
import { values } from '../model/support.js';
import { loadBuild } from '../support/builds.js';
import { call } from '../support/call.js';

const still: Movement = { down: 0, right: 0, angle: 0, scale: 1, slant: 0 };
const build = loadBuild('simd');

/** One plane after a movement. */
function moved(x: Float32Array, height: number, width: number, movement: Partial<Movement>): Float32Array {
  const map = Float32Array.from(inverseMap({ ...still, ...movement }, height, width));
  const outputs = { y: new Float32Array(x.length), padded: new Float32Array((height + 3) * (width + 3)) };
  return call(build, 'warp_f32', { x, map }, outputs, (at) => [
    at('y'),
    at('x'),
    at('map'),
    0,
    at('padded'),
    1,
    height,
    width,
  ]).y as Float32Array;
}

describe('sine and cosine', () => {
  test('are within 2e-15 of those of Math, from -720 to 720 degrees', () => {
    for (let degrees = -720; degrees <= 720; degrees += 0.37) {
      const { sine, cosine } = sineAndCosine(degrees);
      // What Math sees has lost digits in the conversion to radians; within one turn that is little.
      const radians = ((degrees % 360) * Math.PI) / 180;
      expect(Math.abs(sine - Math.sin(radians))).toBeLessThan(2e-15);
      expect(Math.abs(cosine - Math.cos(radians))).toBeLessThan(2e-15);
      expect(Math.abs(sine * sine + cosine * cosine - 1)).toBeLessThan(6e-16);
    }
  });

  test.each([
    [0, 0, 1],
    [90, 1, 0],
    [180, 0, -1],
    [270, -1, 0],
    [-90, -1, 0],
    [30, 0.5, Math.sqrt(3) / 2],
    [45, Math.SQRT1_2, Math.SQRT1_2],
  ])('of %d degrees are %d and %d', (degrees, sine, cosine) => {
    const found = sineAndCosine(degrees);
    expect(found.sine).toBeCloseTo(sine, 15);
    expect(found.cosine).toBeCloseTo(cosine, 15);
    if (degrees % 90 === 0) expect([found.sine + 0, found.cosine + 0]).toEqual([sine, cosine]);
  });
});

describe('a movement', () => {
  const [height, width] = [9, 9];
  const x = values(81, 2);
  const image = (f: (row: number, col: number) => number) =>
    x.map((_, i) => f(Math.floor(i / width), i % width));
  const at = (row: number, col: number) => x[row * width + col]!;

  test('by a quarter turn counter-clockwise is the turned image to the bit', () => {
    expect(moved(x, height, width, { angle: 90 })).toEqual(image((row, col) => at(col, 8 - row)));
    expect(moved(x, height, width, { angle: -90 })).toEqual(image((row, col) => at(8 - col, row)));
    expect(moved(x, height, width, { angle: 180 })).toEqual(image((row, col) => at(8 - row, 8 - col)));
    expect(moved(x, height, width, {})).toEqual(x);
  });

  test('turns about the centre, also of sides that are even or differ', () => {
    const wide = values(4 * 6, 3);
    const turned = moved(wide, 4, 6, { angle: 180 });
    expect(turned).toEqual(wide.slice().reverse());
  });

  test('down and right has positive signs', () => {
    expect(moved(x, height, width, { down: 2, right: -1 })).toEqual(
      image((row, col) => (row < 2 || col > 7 ? 0 : at(row - 2, col + 1))),
    );
    const half = moved(x, height, width, { right: 0.5 });
    expect(half[4 * 9 + 4]).toBeCloseTo((at(4, 3) + at(4, 4)) / 2, 6);
  });

  test('by a factor of two takes every place twice as far from the centre', () => {
    const large = moved(x, height, width, { scale: 2 });
    expect(large).toEqual(
      image((row, col) => {
        const [r, c] = [4 + (row - 4) / 2, 4 + (col - 4) / 2];
        const [top, left, down, right] = [Math.floor(r), Math.floor(c), r % 1, c % 1];
        const between = (line: number) =>
          Math.fround(at(line, left) * (1 - right)) + Math.fround(at(line, Math.min(left + 1, 8)) * right);
        const [up, low] = [Math.fround(between(top)), Math.fround(between(Math.min(top + 1, 8)))];
        return Math.fround(up * (1 - down)) + Math.fround(low * down);
      }),
    );
  });

  test('by a slant of 45 degrees moves each row by its height above the centre', () => {
    const slanted = moved(x, height, width, { slant: 45 });
    const expected = image((row, col) => {
      const from = col - (4 - row);
      return from < 0 || from > 8 ? 0 : at(row, from);
    });
    slanted.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  test('is undone by its inverse map, all parts together: slanted, sized, turned, shifted', () => {
    const [h, w] = [12, 7];
    const movement = { down: 1.25, right: -2.5, angle: 33, scale: 1.3, slant: 17 };
    const [m0, m1, m2, m3, m4, m5] = inverseMap(movement, h, w);
    const radians = (degrees: number) => (degrees * Math.PI) / 180;
    const [sine, cosine] = [Math.sin(radians(33)), Math.cos(radians(33))];
    for (const [row, col] of [
      [0, 0],
      [3, 6],
      [11, 2],
    ] as const) {
      // x to the right, y upward, from the centre
      const [x0, y0] = [col - 3, 5.5 - row];
      const [x1, y1] = [1.3 * (x0 + Math.tan(radians(17)) * y0), 1.3 * y0];
      const [x2, y2] = [x1 * cosine - y1 * sine, x1 * sine + y1 * cosine];
      const [toRow, toCol] = [5.5 - y2 + 1.25, 3 + x2 - 2.5];
      expect(m0 * toRow + m1 * toCol + m2).toBeCloseTo(row, 12);
      expect(m3 * toRow + m4 * toCol + m5).toBeCloseTo(col, 12);
    }
  });
});
