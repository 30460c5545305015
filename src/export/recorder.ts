/** Kernels that write down how they are called. */
import type { Engine } from '../runtime/engine.js';

/** One call of a kernel, or an instruction of those below. */
export interface Call {
  readonly kernel: string;
  readonly args: readonly number[];
}

/**
 * Instructions among calls. COPY copies memory: to, from, bytes. IF_MORE counts the nonzeros of an array: address, length, limit;
 * what follows up to ELSE is done when there are more than the limit, what follows up to END when there are not.
 */
export const [COPY, IF_MORE, ELSE, END] = ['memory.copy', 'if more', 'else', 'end'] as const;
/** The kernel behind IF_MORE. */
export const COUNT = 'count_nonzero_f32';

const INSTRUCTIONS: readonly string[] = [COPY, IF_MORE, ELSE, END];

/** Kernels that calls need. */
export function kernelsIn(calls: readonly { readonly kernel: string }[]): string[] {
  const named = calls.map(({ kernel }) => (kernel === IF_MORE ? COUNT : kernel));
  return named.filter((kernel) => !INSTRUCTIONS.includes(kernel));
}

/** An engine whose kernels run, or are written down during a `recording`. */
export class Recorder {
  readonly engine: Engine;
  readonly #skipZeros: boolean;
  #calls: Call[] | null = null;
  /** What counting gives while recording, and what was counted. */
  #answer = Infinity;
  #counted: readonly number[] | null = null;

  /** With `skipZeros`, products keep their second kernel, for inputs of few nonzeros. */
  constructor({ build, memory, kernels }: Engine, skipZeros: boolean) {
    this.#skipZeros = skipZeros;
    const recorded = Object.entries(kernels).map(([kernel, run]) => [
      kernel,
      (...args: number[]) =>
        this.#calls ? this.#record(kernel, args) : (run as (...a: number[]) => number)(...args),
    ]);
    const kernelsOf = Object.fromEntries(recorded) as Engine['kernels'];
    this.engine = { build, memory, kernels: kernelsOf, compact: true };
  }

  #record(kernel: string, args: readonly number[]): number {
    if (kernel === COUNT) {
      this.#counted = args;
      return this.#answer;
    }
    this.#calls!.push({ kernel, args });
    return 0;
  }

  /** What `work` calls. */
  recording(work: () => void): Call[] {
    const [outer, calls] = [this.#calls, [] as Call[]];
    this.#calls = calls;
    work();
    this.#calls = outer;
    return calls;
  }

  /** A copy within memory, unless it is one onto itself. */
  copy(to: number, from: number, bytes: number): void {
    if (to !== from) this.#calls!.push({ kernel: COPY, args: [to, from, bytes] });
  }

  /** A step of a program, which may choose between two kernels by how many of its inputs are not zero. */
  step(run: () => void): void {
    this.#counted = null;
    const callsFor = (count: number) => {
      this.#answer = count;
      return this.recording(run);
    };
    const many = callsFor(Infinity);
    if (this.#counted === null || !this.#skipZeros) {
      this.#calls!.push(...many);
      return;
    }
    const [address, length] = this.#counted as readonly [number, number];
    const few = callsFor(0);
    const isFew = (count: number) => callsFor(count)[0]!.kernel === few[0]!.kernel;
    let [limit, beyond] = [0, length + 1];
    while (beyond - limit > 1) {
      const half = (limit + beyond) >> 1;
      if (isFew(half)) limit = half;
      else beyond = half;
    }
    const begin = { kernel: IF_MORE, args: [address, length, limit] };
    const [middle, end] = [ELSE, END].map((kernel) => ({ kernel, args: [] }));
    this.#calls!.push(begin, ...many, middle!, ...few, end!);
  }
}
