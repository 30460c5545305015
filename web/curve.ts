/** One live curve: an SVG whose path grows. */
import { makeScale, type ScaleOptions, type TickFormat } from '../src/report/scale.js';
import { byId, setText } from './dom.js';

const SPACE = 'http://www.w3.org/2000/svg';
/** As in the style sheet; the width is what there is, so that a unit is a pixel. */
const HEIGHT = 132;
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 8, 8, 20];

/** What a curve shows. */
export interface CurveOptions extends ScaleOptions {
  readonly id: string;
  readonly tone: 'sparse' | 'dense' | 'cool' | 'warm';
  readonly format: TickFormat;
  readonly text: (value: number) => string;
  /** Values that are always in sight. */
  readonly span?: readonly number[];
  /** Whether points are few, so that each has a dot. */
  readonly dots?: boolean;
}

function svg(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** A curve over the epochs. */
export class Curve {
  readonly #options: CurveOptions;
  readonly #root: SVGElement;
  #width = 300;
  #points: [number, number][] = [];
  #end = 1;
  #due = 0;

  constructor(options: CurveOptions) {
    this.#options = options;
    this.#root = svg('svg', { class: 'chart', 'aria-hidden': 'true' });
    const room = byId(options.id, HTMLElement);
    room.append(this.#root);
    new ResizeObserver(() => {
      this.#width = room.clientWidth || this.#width;
      this.#later();
    }).observe(room);
    this.reset(1);
  }

  /** Empties it; `end` is the last epoch. */
  reset(end: number): void {
    this.#end = end;
    this.#points = [];
    setText(`${this.#options.id}-value`, '\u00a0');
    this.#later();
  }

  /** Adds a point. */
  add(x: number, y: number): void {
    this.#points.push([x, y]);
    setText(`${this.#options.id}-value`, this.#options.text(y));
    this.#later();
  }

  #later(): void {
    this.#due ||= requestAnimationFrame(() => {
      this.#due = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const { tone, format, dots, span = [], ...options } = this.#options;
    const right = this.#width - RIGHT;
    const values = [...span, ...this.#points.map(([, y]) => y)];
    const scale = makeScale(values, { ...options, count: 3 });
    const x = (at: number) => LEFT + (at / this.#end) * (right - LEFT);
    const y = (value: number) => HEIGHT - BOTTOM - scale.fraction(value) * (HEIGHT - TOP - BOTTOM);
    const grid = scale.ticks.flatMap((tick) => [
      svg('line', { x1: LEFT, x2: right, y1: y(tick), y2: y(tick), class: 'grid' }),
      svg(
        'text',
        { x: LEFT - 6, y: y(tick) + 4, class: 'tick', 'text-anchor': 'end' },
        format(tick, scale.step),
      ),
    ]);
    const ends = [0, this.#end].map((at) =>
      svg(
        'text',
        { x: x(at), y: HEIGHT - 3, class: 'tick', 'text-anchor': at === 0 ? 'start' : 'end' },
        String(at),
      ),
    );
    const held = this.#points.filter(([, value]) => scale.holds(value));
    const path = held.map(
      ([at, value], i) => `${i === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`,
    );
    const marks = dots
      ? held.map(([at, value]) => svg('circle', { cx: x(at), cy: y(value), r: 3, class: `dot ${tone}` }))
      : [];
    this.#root.setAttribute('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    this.#root.replaceChildren(
      ...grid,
      ...ends,
      svg('path', { d: path.join(''), class: `line ${tone}` }),
      ...marks,
    );
  }
}
