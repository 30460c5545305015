/** Training step by step, with the user's own loop. */
import { NumericError } from '../errors.js';
import { expectOptions } from '../options.js';
import { sizeOf } from '../tensor/shape.js';
import { expectData, type Targets } from '../train/data.js';
import { expectOptimizer } from '../train/fitOptions.js';
import { type LossName, resolveLoss } from '../train/losses/index.js';
import type { Loss } from '../train/losses/loss.js';
import { adam } from '../train/optimizers/adam.js';
import { type Optimizer, rateAt } from '../train/optimizers/optimizer.js';
import { trainStep } from '../train/step.js';
import { expectFiniteWeights, type Trainable, takeSnapshot } from '../train/trainable.js';
import { Trainer } from '../train/trainer.js';

/** Options of trainOnBatch. */
export interface BatchOptions {
  /** adam() by default, the same one at every call. */
  readonly optimizer?: Optimizer;
  /** By the targets, as for fit. */
  readonly loss?: Loss | LossName;
}

/** The buffers of trainOnBatch, kept while the size of the batches stays the same. */
export class BatchTrainer {
  readonly #model: Trainable;
  #buffers: { readonly trainer: Trainer; readonly order: Uint32Array } | undefined;
  #optimizer: Optimizer | undefined;

  constructor(model: Trainable) {
    this.#model = model;
  }

  /** One update; returns the mean loss of the samples. Throws what trainOnBatch throws. */
  train(x: Float32Array, y: Targets, options: BatchOptions): number {
    expectOptions('trainOnBatch', options, ['optimizer', 'loss']);
    const model = this.#model;
    const { graph } = model;
    const samples = expectData('trainOnBatch', x, y, sizeOf(graph.inputShape), sizeOf(graph.outputShape));
    const loss = resolveLoss('trainOnBatch', options.loss, y, graph);
    const optimizer = expectOptimizer('trainOnBatch', options.optimizer ?? this.#defaultOptimizer());
    expectFiniteWeights('trainOnBatch', model);
    rateAt(optimizer, model.states.of(optimizer).step);
    model.rewindPoint ??= takeSnapshot(model);
    const { trainer, order } = this.#buffersFor(samples);
    const total = trainStep({ model, trainer, x, y, loss, optimizer }, order).loss;
    if (!Number.isFinite(total)) {
      throw new NumericError(`trainOnBatch: the loss must stay finite, got ${total}; no weight was changed`);
    }
    return total / samples;
  }

  #defaultOptimizer(): Optimizer {
    this.#optimizer ??= adam();
    return this.#optimizer;
  }

  #buffersFor(samples: number): { readonly trainer: Trainer; readonly order: Uint32Array } {
    if (this.#buffers?.order.length !== samples) {
      this.free();
      const order = Uint32Array.from({ length: samples }, (_, i) => i);
      this.#buffers = { trainer: Trainer.create(this.#model, samples), order };
    }
    return this.#buffers;
  }

  free(): void {
    this.#buffers?.trainer.free();
    this.#buffers = undefined;
  }
}
