/** Pictures of what is left: the pixels that are read, and the mask of every layer. */
import { SIDE } from './centre.js';
import { byId, channels, context, make, setText } from './dom.js';
import { maskFigure } from './maskFigure.js';
import type { Inspection, Mask } from './messages.js';
import { mix, paint, type Rgb } from './paint.js';

/** Layers that are in sight at once. */
const MOST = 6;

/** All layers; those beyond the first ones folded away. */
function maskFigures(masks: readonly Mask[], open: boolean): HTMLElement[] {
  const figures = masks.map(maskFigure);
  if (figures.length <= MOST) return figures;
  const rest = make('details');
  rest.open = open;
  const more = figures.splice(MOST);
  const inner = make('div', 'masks');
  inner.append(...more);
  rest.append(make('summary', '', `${more.length} more ${more.length === 1 ? 'layer' : 'layers'}`), inner);
  return [...figures, rest];
}

/** The pictures of one network, and the drawing over the pixels that it reads. */
export class Masks {
  #inspection: Inspection | null = null;
  #pixels: Float32Array | null = null;
  #due = 0;

  /** Shows another network. */
  show(inspection: Inspection): void {
    this.#inspection = inspection;
    this.#showMasks(inspection, false);
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

  #showMasks({ masks }: Inspection, open: boolean): void {
    byId('masks', HTMLElement).replaceChildren(...maskFigures(masks, open));
  }

  #showSeen(): void {
    const [paper, ink] = [channels('--paper'), channels('--ink')];
    const pixels = this.#pixels;
    paint(byId('seen', HTMLCanvasElement), SIDE, SIDE, (i) => mix(paper, ink, pixels?.[i] ?? 0));
  }

  /** Everything in the colours of now. */
  repaint(): void {
    const open = document.querySelector<HTMLDetailsElement>('#masks details')?.open ?? false;
    if (this.#inspection) this.#showMasks(this.#inspection, open);
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
