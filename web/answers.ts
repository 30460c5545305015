/** What both networks say, side by side: digit, certainty, and a bar for every class. */
import { byId, make, setText } from './dom.js';

/** Left and right. */
export type Side = 'dense' | 'sparse';
export const sides: readonly Side[] = ['dense', 'sparse'];

interface Bar {
  readonly fill: HTMLElement;
  readonly text: HTMLElement;
  readonly row: HTMLElement;
}

const NONE = '\u00a0';

/** One line a class: share, bar, digit, bar, share. */
function makeBars(): Readonly<Record<Side, readonly Bar[]>> {
  const list = byId('bars', HTMLOListElement);
  const bars: Record<Side, Bar[]> = { dense: [], sparse: [] };
  for (let digit = 0; digit < 10; digit++) {
    const row = make('li');
    const parts = sides.map((side) => {
      const track = make('span', `track ${side}`);
      const fill = make('i');
      track.append(fill);
      const text = make('span', `share ${side}`, NONE);
      bars[side].push({ fill, text, row });
      return { track, text };
    });
    row.append(
      parts[0]!.text,
      parts[0]!.track,
      make('b', '', String(digit)),
      parts[1]!.track,
      parts[1]!.text,
    );
    list.append(row);
  }
  return bars;
}

function percent(share: number): string {
  return share < 0.005 ? NONE : `${Math.round(share * 100)} %`;
}

const NO_NUMBERS = 'gives no numbers';

/** No network is ever wholly sure. */
function sureText(share: number): string {
  return share > 0.999 ? '> 99.9\u00a0% sure' : `${(share * 100).toFixed(1)}\u00a0% sure`;
}

/** The same for ears. */
function spokenText(digit: number, share: number): string {
  return `says ${digit}, ${share > 0.999 ? 'more than 99.9' : (share * 100).toFixed(1)} percent sure`;
}

/** The class of the largest probability. */
function best(shares: Float32Array): number {
  return shares.reduce((top, share, i) => (share > shares[top]! ? i : top), 0);
}

/** Shows answers. */
export class Answers {
  readonly #bars = makeBars();
  readonly #said: Record<Side, string> = { dense: '', sparse: '' };
  readonly #names: Record<Side, string> = { dense: 'Dense', sparse: 'Pruned' };
  readonly #tops: Record<Side, number> = { dense: -1, sparse: -1 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** What a side is called, wherever it is. */
  name(side: Side, name: string): void {
    this.#names[side] = name;
    setText(`${side}-name`, name);
    setText(`${side}-lane`, name);
  }

  /** Ten probabilities of a side; null where there is nothing to read. Weights that are no numbers, or overflow, give none. */
  show(side: Side, given: Float32Array | null): void {
    const shares = given?.every(Number.isFinite) ? given : null;
    const top = shares ? best(shares) : -1;
    const none = given ? NO_NUMBERS : '';
    setText(`${side}-digit`, shares ? String(top) : '–');
    setText(`${side}-sure`, shares ? sureText(shares[top]!) : none || NONE);
    this.#bars[side].forEach(({ fill, text, row }, digit) => {
      const share = shares?.[digit] ?? 0;
      fill.style.transform = `scaleX(${share.toFixed(4)})`;
      text.textContent = percent(share);
      row.classList.toggle(`top-${side}`, digit === top);
    });
    this.#tops[side] = top;
    this.#compare();
    this.#said[side] = shares ? spokenText(top, shares[top]!) : none;
    this.#speak();
  }

  /** Whether both say the same. */
  #compare(): void {
    const { dense, sparse } = this.#tops;
    const both = dense >= 0 && sparse >= 0;
    setText('same', both ? (dense === sparse ? '=' : '≠') : NONE);
    byId('same', HTMLElement).classList.toggle('differ', both && dense !== sparse);
  }

  /** For screen readers, once the drawing rests. */
  #speak(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const said = sides
        .filter((side) => this.#said[side] !== '')
        .map((side) => `${this.#names[side]} ${this.#said[side]}.`);
      setText('spoken', said.join(' ') || 'Nothing is drawn.');
    }, 900);
  }
}
