/** Pictures made cell by cell. */
import { context } from './dom.js';

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/** A colour between two. */
export const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

/** Paints an image, a pixel a cell. */
export function paint(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  at: (i: number) => Rgb,
): void {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...at(i), 255], i * 4);
  context(canvas).putImageData(image, 0, 0);
}
