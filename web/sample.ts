/** The digit that stands in the drawing area at first: a five, as a hand would draw it. */
import type { Point } from './padKeys.js';

/** Points of a cubic curve. */
function curve(a: Point, b: Point, c: Point, d: Point): Point[] {
  return Array.from({ length: 17 }, (_, i): Point => {
    const t = i / 16;
    const u = 1 - t;
    const mix = (k: 0 | 1) =>
      u * u * u * a[k] + 3 * u * u * t * b[k] + 3 * u * t * t * c[k] + t * t * t * d[k];
    return [mix(0), mix(1)];
  });
}

/** Its two lines, in units of the drawing (560 a side). */
export const sample: readonly (readonly Point[])[] = [
  [
    ...curve([238, 112], [232, 160], [226, 200], [214, 262]),
    ...curve([214, 262], [270, 222], [388, 232], [392, 330]),
    ...curve([392, 330], [396, 436], [262, 478], [172, 424]),
  ],
  curve([238, 112], [290, 118], [340, 112], [402, 98]),
];
