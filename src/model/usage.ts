/** When a model may be used: not after dispose(), and by one training at a time. */
import { DisposedError, OptionError } from '../errors.js';

/** The state of one model: idle, busy with training, or disposed of. */
export class Usage {
  /** What is under way. */
  #busy: string | null = null;
  #live = true;

  /** Throws DisposedError after end(). */
  expectLive(where: string): void {
    if (!this.#live) throw new DisposedError(`${where}: a model must not be used after dispose()`);
  }

  /** Throws DisposedError after end(), OptionError during other training. */
  expectIdle(where: string): void {
    this.expectLive(where);
    if (this.#busy !== null) {
      throw new OptionError(
        `${where}: a model must not be trained or changed while it trains, got a call during ${this.#busy}`,
      );
    }
  }

  /** Runs `work` unless other training of this model is under way. */
  async alone<T>(where: string, work: () => Promise<T>): Promise<T> {
    this.expectIdle(where);
    this.#busy = where;
    try {
      return await work();
    } finally {
      this.#busy = null;
    }
  }

  /** True for the call that ends it, false from then on. Throws OptionError during training. */
  end(): boolean {
    if (!this.#live) return false;
    if (this.#busy !== null) {
      throw new OptionError(
        `dispose: a model must not be disposed while it trains (abort its signal and await it first), got a call during ${this.#busy}`,
      );
    }
    this.#live = false;
    return true;
  }
}
