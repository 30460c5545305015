/** Gradients of activations on their way back through a network with branches. */
import type { Engine } from '../runtime/engine.js';

/** The buffer whose gradient flows, free ones, and those that wait for the fork where their branch began; byte addresses. */
export class GradientFlow {
  readonly #engine: Engine;
  readonly #free: number[];
  readonly #waiting: number[] = [];
  #dy: number;

  /** `dy` holds the gradient of the outputs; there must be one free buffer, and one for every branch that is open at a time. */
  constructor(engine: Engine, dy: number, free: readonly number[]) {
    this.#engine = engine;
    this.#dy = dy;
    this.#free = [...free];
  }

  /** The gradient at hand. */
  get dy(): number {
    return this.#dy;
  }

  /** Where the next one may go. */
  get spare(): number {
    return this.#free.at(-1)!;
  }

  /** Goes on from the spare buffer. */
  advance(): void {
    const before = this.#dy;
    this.#dy = this.spare;
    this.#free[this.#free.length - 1] = before;
  }

  /**
   * Where branches end (`add`) the gradient goes both ways: one waits while the other flows on; `swap` changes them; where they begin
   * (`fork`) the two are added. `floats` are those of the gradient; other roles do nothing.
   */
  branch(role: string, floats: number): void {
    if (role === 'add') this.#part(floats);
    else if (role === 'swap') this.#exchange();
    else if (role === 'fork') this.#join(floats);
  }

  #part(floats: number): void {
    const copy = this.#free.pop()!;
    const [to, from] = [copy / 4, this.#dy / 4];
    this.#engine.memory.f32.copyWithin(to, from, from + floats);
    this.#waiting.push(copy);
  }

  #exchange(): void {
    const other = this.#waiting.pop()!;
    this.#waiting.push(this.#dy);
    this.#dy = other;
  }

  #join(floats: number): void {
    const other = this.#waiting.pop()!;
    this.#engine.kernels.add_f32(this.#dy, this.#dy, other, floats, -Infinity);
    this.#free.push(other);
  }
}
