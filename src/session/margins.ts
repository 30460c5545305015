/** How sure a head is. */

import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';

/** Largest minus second largest probability of samples, from class scores. */
export class Margins {
  readonly #engine: Engine;
  readonly #classes: number;
  readonly #softmax: boolean;
  readonly #block: Block;

  /** For up to `samples` at a time; `softmax` is false when the scores are probabilities already. */
  constructor(engine: Engine, classes: number, samples: number, softmax: boolean) {
    this.#engine = engine;
    this.#classes = classes;
    this.#softmax = softmax;
    this.#block = engine.memory.allocate(samples * classes * 4);
  }

  /** Writes the margin of every sample of scores [n, classes] to `margins` [n]; one with a NaN gets NaN. */
  of(scores: Float32Array, margins: Float64Array): void {
    const { memory, kernels } = this.#engine;
    const { address } = this.#block;
    const classes = this.#classes;
    const samples = scores.length / classes;
    const floats = memory.f32;
    let at = address / 4;
    floats.set(scores, at);
    if (this.#softmax) kernels.softmax_f32(address, address, classes, 1, samples);
    for (let s = 0; s < samples; s++) {
      let [first, second] = [-Infinity, -Infinity];
      let sum = 0;
      for (const end = at + classes; at < end; at++) {
        const p = floats[at]!;
        sum += p; // NaN if one of them is
        if (p > first) [first, second] = [p, first];
        else if (p > second) second = p;
      }
      margins[s] = Number.isNaN(sum) ? Number.NaN : first - second;
    }
  }

  free(): void {
    this.#block.free();
  }
}
