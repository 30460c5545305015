/** Pictures of what is left: the pixels that are read, and the mask of every layer. */
import { formatCount } from '../src/report/table.js';
import { SIDE } from './centre.js';
import { byId, channels, context, make, setText } from './dom.js';
import { percentText } from './format.js';
import type { Inspection, Mask } from './messages.js';

type Rgb = readonly [number, number, number];

const mix = (from: Rgb, to: Rgb, share: number): Rgb => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
];

/** Paints an image cell by cell. */
function paint(canvas: HTMLCanvasElement, width: number, height: number, at: (i: number) => Rgb): void {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data.set([...at(i), 255], i * 4);
  context(canvas).putImageData(image, 0, 0);
}

/** Names of what a layer joins. */
function shapeText({ rows, columns }: Mask): string {
  return `${formatCount(columns)} inputs to ${formatCount(rows)} units`;
}

/** Wide layers lie, so that a picture is never much taller than wide. */
function maskFigure(mask: Mask): HTMLElement {
  const figure = make('figure', mask.columns > 400 ? 'mask large' : mask.rows < 20 ? 'mask flat' : 'mask');
  const canvas = make('canvas');
  const text = `${formatCount(mask.count)} of ${formatCount(mask.live.length)} connections left`;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${mask.name}: ${shapeText(mask)}, ${text}`);
  const [paper, ink] = [channels('--paper'), channels('--sparse')];
  paint(canvas, mask.columns, mask.rows, (i) => (mask.live[i] === 1 ? ink : paper));
  const caption = make('figcaption');
  const share = percentText(mask.count / mask.live.length, 1);
  caption.append(make('b', '', shapeText(mask)), make('span', '', `${text}, ${share}`));
  figure.append(canvas, caption);
  return figure;
}

/** The pictures of one network, and the drawing over the pixels that it reads. */
export class Masks {
  #inspection: Inspection | null = null;
  #pixels: Float32Array | null = null;
  #due = 0;

  /** Shows another network. */
  show(inspection: Inspection): void {
    this.#inspection = inspection;
    byId('masks', HTMLElement).replaceChildren(...inspection.masks.map(maskFigure));
    this.#showReads();
  }

  /** Shows another drawing. */
  read(pixels: Float32Array | null): void {
    this.#pixels = pixels;
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      this.#showSeen();
      this.#showReads();
    });
  }

  #showSeen(): void {
    const [paper, ink] = [channels('--paper'), channels('--ink')];
    const pixels = this.#pixels;
    paint(byId('seen', HTMLCanvasElement), SIDE, SIDE, (i) => mix(paper, ink, pixels?.[i] ?? 0));
  }

  /** Everything in the colours of now. */
  repaint(): void {
    if (this.#inspection) this.show(this.#inspection);
    this.read(this.#pixels);
  }

  #showReads(): void {
    const canvas = byId('reads', HTMLCanvasElement);
    const reads = this.#inspection?.reads;
    const pixels = this.#pixels;
    const most = reads?.reduce((high, count) => Math.max(high, count), 1) ?? 1;
    const paper = channels('--paper');
    const [light, deep] = [channels('--heat-1'), channels('--heat-6')];
    const ink = context(canvas);
    const cell = canvas.width / SIDE;
    const fill = (rgb: Rgb, i: number, inset: number) => {
      ink.fillStyle = `rgb(${rgb.map(Math.round).join(' ')})`;
      const [x, y] = [(i % SIDE) * cell + inset, Math.floor(i / SIDE) * cell + inset];
      ink.fillRect(x, y, cell - 2 * inset, cell - 2 * inset);
    };
    for (let i = 0; i < SIDE * SIDE; i++) {
      const count = reads?.[i] ?? 0;
      const back = count === 0 ? paper : mix(light, deep, Math.sqrt(count / most));
      fill(back, i, 0);
      const drawn = pixels?.[i] ?? 0;
      if (drawn > 0.1) fill(mix(back, channels('--warm'), drawn), i, cell / 5);
    }
    if (!this.#inspection) return;
    const live = reads?.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
    const text =
      live === undefined
        ? 'its first layer is a convolution: all'
        : `${live} of 784; stronger where more connections read`;
    setText('reads-text', text);
  }
}
