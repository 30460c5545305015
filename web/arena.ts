/** Both networks over one drawing: runs them, shows what they say, and times them. */
import { Answers, type Side, sides } from './answers.js';
import { type Contender, probabilities } from './contender.js';
import { byId, setText } from './dom.js';
import { factorText, microsText } from './format.js';
import { Stopwatch, type Times } from './stopwatch.js';

/** Milliseconds without a change before it is timed. */
const REST = 220;

/** The two sides. */
export class Arena {
  readonly #answers = new Answers();
  readonly #stopwatch = new Stopwatch((times) => this.#showTimes(times));
  readonly #out = new Float32Array(10);
  #contenders: Partial<Record<Side, Contender>> = {};
  #pixels: Float32Array | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Puts a network on a side. */
  set(side: Side, contender: Contender): void {
    this.#contenders[side] = contender;
    this.#answers.name(side, contender.name);
    setText(`${side}-weights`, contender.about);
    this.#answer(side);
    this.#forget();
  }

  /** The network of a side. */
  get(side: Side): Contender | undefined {
    return this.#contenders[side];
  }

  /** Reads another drawing; null for none. */
  read(pixels: Float32Array | null): void {
    this.#pixels = pixels;
    this.#answer('sparse');
    this.#answer('dense');
    this.#retime();
  }

  /** Times nothing while something else is being timed. */
  set paused(paused: boolean) {
    this.#stopwatch.paused = paused;
  }

  #answer(side: Side): void {
    const contender = this.#contenders[side];
    if (!contender) return;
    const shares = this.#pixels
      ? probabilities(contender.session.run(this.#pixels, this.#out), contender.softmax)
      : null;
    this.#answers.show(side, shares);
  }

  #retime(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { dense, sparse } = this.#contenders;
      const pixels = this.#pixels;
      if (!dense || !sparse || !pixels) return;
      const out = new Float32Array(10);
      this.#stopwatch.start(
        () => dense.session.run(pixels, out),
        () => sparse.session.run(pixels, out),
      );
    }, REST);
  }

  /** Times of another pair say nothing of this one. */
  #forget(): void {
    this.#stopwatch.stop();
    byId('race', HTMLElement).classList.add('timing');
    this.#retime();
  }

  #showTimes({ micros }: Times): void {
    const race = byId('race', HTMLElement);
    race.classList.remove('timing');
    const most = Math.max(...micros);
    sides.forEach((side, i) => {
      setText(`${side}-time`, microsText(micros[i]!));
      const bar = race.querySelector<HTMLElement>(`.lane.${side} i`)!;
      bar.style.setProperty('--share', (micros[i]! / most).toFixed(3));
    });
    const ratio = micros[0] / micros[1]; // of what is shown, so that it can be checked
    const factor = factorText(Math.max(ratio, 1 / ratio));
    setText('ratio', factor);
    setText('ratio-word', factor === factorText(1) ? 'as fast' : ratio < 1 ? 'slower' : 'faster');
  }
}
