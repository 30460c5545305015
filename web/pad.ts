/** The drawing area: strokes by pointer or keys, or a digit that is given; tells what networks read of it. */
import { centre, type Raster, SIDE } from './centre.js';
import { byId, channels, context } from './dom.js';
import { type Point, padKeys } from './padKeys.js';
import { padPointer } from './padPointer.js';

/** Units of a side of the drawing, whatever size it is shown at. */
export const UNITS = 560;
/** The raster that is centred is coarser than the one that is shown: five pixels to one of 28. */
const COARSE = 140;
const BRUSH = 48;

/** Where the drawing comes from. */
export type Origin = 'sample' | 'drawn' | 'given' | 'empty';

/** The drawing area. */
export interface Pad {
  clear(): void;
  /** Shows 28x28 pixels, which networks then read as they are. */
  give(pixels: Float32Array): void;
  /** Draws lines, each a list of points. */
  sample(lines: readonly (readonly Point[])[]): void;
  /** Draws everything anew, in the colours of now. */
  repaint(): void;
}

/** A picture of 28x28 pixels in one colour, the ink being its opacity. */
function stamp(pixels: Float32Array, ink: readonly [number, number, number]): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const image = new ImageData(SIDE, SIDE);
  pixels.forEach((value, i) => {
    image.data.set([...ink, Math.round(value * 255)], i * 4);
  });
  context(canvas).putImageData(image, 0, 0);
  return canvas;
}

/** Wires the drawing area; `changed` gets what networks read, null when it is empty. */
export function createPad(changed: (pixels: Float32Array | null, origin: Origin) => void): Pad {
  const area = byId('pad', HTMLElement);
  const canvas = byId('ink', HTMLCanvasElement);
  const shown = canvas.getContext('2d')!;
  const coarse = document.createElement('canvas');
  coarse.width = COARSE;
  coarse.height = COARSE;
  const read = context(coarse);
  read.scale(COARSE / UNITS, COARSE / UNITS);
  let given: Float32Array | null = null;
  let lines: Point[][] = [];
  let origin: Origin = 'empty';
  let due = 0;

  const trace = (target: CanvasRenderingContext2D, line: readonly Point[]) => {
    target.lineWidth = BRUSH;
    target.lineCap = 'round';
    target.lineJoin = 'round';
    target.beginPath();
    line.forEach(([x, y]) => {
      target.lineTo(x, y);
    });
    if (line.length === 1) target.lineTo(line[0]![0] + 0.01, line[0]![1]);
    target.stroke();
  };
  const inked = () => {
    shown.strokeStyle = `rgb(${channels('--ink').join(' ')})`;
  };
  const repaint = () => {
    inked();
    for (const target of [shown, read]) {
      target.clearRect(0, 0, UNITS, UNITS);
      target.imageSmoothingEnabled = false; // its pixels as they are
      if (given) target.drawImage(stamp(given, channels('--ink')), 0, 0, UNITS, UNITS);
      for (const line of lines) trace(target, line);
    }
  };
  /** As many pixels as the screen has there: not every browser scales a canvas smoothly. */
  const fit = () => {
    const side = Math.round(area.clientWidth * devicePixelRatio);
    if (side === 0 || side === canvas.width) return;
    canvas.width = side;
    canvas.height = side;
    shown.scale(side / UNITS, side / UNITS);
    repaint();
  };
  new ResizeObserver(fit).observe(area);
  const look = (): Float32Array | null => {
    if (origin === 'given') return given;
    const { data } = read.getImageData(0, 0, COARSE, COARSE);
    const ink = new Uint8Array(COARSE * COARSE);
    for (let i = 0; i < ink.length; i++) ink[i] = data[i * 4 + 3]!;
    return centre({ width: COARSE, height: COARSE, ink } satisfies Raster);
  };
  const tell = () => {
    cancelAnimationFrame(due);
    due = 0;
    changed(look(), origin);
  };
  const clear = () => {
    given = null;
    lines = [];
    origin = 'empty';
    repaint();
    tell();
  };
  /** Goes on with the last line, or begins one; a sample or a given digit makes room. */
  const paint = (point: Point, begins: boolean) => {
    if (origin !== 'drawn') {
      given = null;
      lines = [];
      repaint();
      origin = 'drawn';
    }
    if (begins || lines.length === 0) lines.push([]);
    const line = lines.at(-1)!;
    line.push(point);
    inked();
    for (const target of [shown, read]) trace(target, line.slice(-2));
    due ||= requestAnimationFrame(tell);
  };
  padPointer(area, UNITS, paint);
  padKeys(area, UNITS, paint, clear);
  return {
    clear,
    repaint,
    give(pixels) {
      given = pixels;
      lines = [];
      origin = 'given';
      repaint();
      tell();
    },
    sample(all) {
      given = null;
      lines = all.map((line) => [...line]);
      origin = 'sample';
      repaint();
      tell();
    },
  };
}
