/** The batch that a network trains on: samples and targets on their way into tiles, outputs on their way back. */
import type { Block } from '../runtime/block.js';
import { sizeOf } from '../tensor/shape.js';
import { allocateBuffers, type Buffers, type Stage } from './stages.js';
import type { Trainable } from './trainable.js';

/** Changes samples [n, inputs] in place: a view of WebAssembly memory, void afterwards. */
type Alter = (rows: Float32Array) => void;

/** Up to `capacity` samples, in buffers that follow the storage of the weights. Free it when done. */
export class TiledBatch {
  readonly capacity: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly #model: Trainable;
  readonly #stages: readonly Stage[];
  #buffers: Buffers;
  #formats: string;

  /** Throws MemoryError, and keeps nothing, when the memory does not suffice. */
  constructor(model: Trainable, stages: readonly Stage[], capacity: number) {
    this.#model = model;
    this.#stages = stages;
    this.capacity = capacity;
    this.inputs = sizeOf(model.graph.inputShape);
    this.outputs = sizeOf(model.graph.outputShape);
    this.#formats = this.#currentFormats();
    this.#buffers = this.#allocate();
  }

  /** Others after stage() when a weight has changed its format. */
  get buffers(): Buffers {
    return this.#buffers;
  }

  #allocate(): Buffers {
    const { engine, graph, parameters } = this.#model;
    return allocateBuffers(engine.memory, graph, this.#stages, parameters, this.capacity);
  }

  #currentFormats(): string {
    return this.#model.parameters.map(({ format }) => format).join();
  }

  /** Other buffers when a weight has changed its format since the last batch. */
  #follow(): void {
    const formats = this.#currentFormats();
    if (formats === this.#formats) return;
    const next = this.#allocate();
    this.#buffers.free();
    this.#buffers = next;
    this.#formats = formats;
  }

  /** Tiles that so many samples take. */
  tiles(samples: number): number {
    return Math.ceil(samples / this.#buffers.lanes);
  }

  /** Copies whole samples of `size` values into tiles, in the given order; `alter` may change the copies. */
  #tile(to: Block, x: Float32Array, size: number, order: Uint32Array, alter?: Alter): void {
    const { memory, kernels } = this.#model.engine;
    const { rows, lanes } = this.#buffers;
    const floats = memory.f32;
    const begin = rows.address / 4;
    let at = begin;
    for (const sample of order) {
      floats.set(x.subarray(sample * size, (sample + 1) * size), at);
      at += size;
    }
    alter?.(floats.subarray(begin, at));
    kernels.tile_f32(to.address, rows.address, size, order.length, lanes);
  }

  /** Copies samples in, in the given order: x holds whole samples of `inputs` values. `alter` may change the copies. */
  stage(x: Float32Array, order: Uint32Array, alter?: Alter): void {
    this.#follow();
    this.#tile(this.#buffers.input, x, this.inputs, order, alter);
  }

  /** Copies targets in: class labels, or `outputs` values a sample. */
  stageTargets(y: Uint8Array | Int32Array | Float32Array, order: Uint32Array): void {
    if (y instanceof Float32Array) {
      this.#tile(this.#buffers.targets, y, this.outputs, order);
      return;
    }
    const labels = this.#buffers.labels.i32();
    labels.fill(-1);
    order.forEach((sample, i) => {
      labels[i] = y[sample]!;
    });
  }

  /** Outputs at address y, sample by sample, into `out` from value `at` on. */
  readOutputs(y: number, samples: number, out: Float32Array, at: number): void {
    const { kernels, memory } = this.#model.engine;
    const rows = this.#buffers.rows.address;
    kernels.untile_f32(rows, y, this.outputs, samples, this.#buffers.lanes);
    out.set(memory.f32.subarray(rows / 4, rows / 4 + samples * this.outputs), at);
  }

  free(): void {
    this.#buffers.free();
  }
}
