import { AbortedError, OptionError } from '../../errors.js';
import type { LabelledData } from '../../train/data.js';
import type { Loss } from '../../train/losses/loss.js';
import { pacer } from '../../train/pause.js';
import type { Trainable } from '../../train/trainable.js';

/** Samples a batch unless a study says otherwise. */
export const STUDY_BATCH = 64;

/** A model with the data that statistics of it are gathered from. */
export interface Study {
  readonly model: Trainable;
  /** Checked: lengths, labels, finite. May be left out for statistics that look at weights alone. */
  readonly data?: LabelledData;
  /** 64 unless said. The mean over batches of `taylor` and `unitTaylor` depends on it. */
  readonly batchSize?: number;
  readonly loss: Loss;
  /** Decides which samples are drawn, where not all are used. */
  readonly seed: number;
  /** Called after every batch. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Only this weight (position in model.parameters), where one alone is needed: layer by layer. */
  readonly only?: number;
}

/** The data of a study; throws OptionError when there are none. */
export function dataOf({ data }: Study): LabelledData {
  if (data) return data;
  throw new OptionError('statistics: data must be given: { images, labels }, got none');
}

/** Counts what is done, tells it, lets other work have its turn, and stops when asked to. */
export class Pace {
  readonly #where: string;
  readonly #total: number;
  readonly #onProgress: ((done: number, total: number) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #pause = pacer();
  #done = 0;

  constructor(where: string, total: number, { onProgress, signal }: Pick<Study, 'onProgress' | 'signal'>) {
    this.#where = where;
    this.#total = total;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.expectGoing();
  }

  /** Throws AbortedError when the signal says so. */
  expectGoing(): void {
    if (!this.#signal?.aborted) return;
    throw new AbortedError(`${this.#where}: aborted after ${this.#done} of ${this.#total}`, {
      cause: this.#signal.reason,
    });
  }

  /** One more is done. */
  async step(): Promise<void> {
    this.#done++;
    this.#onProgress?.(this.#done, this.#total);
    await this.turn();
  }

  /** A chance for others within one. */
  async turn(): Promise<void> {
    await this.#pause();
    this.expectGoing();
  }
}
