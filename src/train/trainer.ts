/** Forward and backward passes of one batch: owns activations and gradients. */
import { NETWORK_INPUT } from '../graph/graph.js';
import type { Block } from '../runtime/memory.js';
import { DenseStorage } from '../tensor/formats/index.js';
import { deriveSeed } from '../tensor/random.js';
import { sizeOf } from '../tensor/shape.js';
import { GradientFlow } from './gradientFlow.js';
import type { TrainingCall } from './gradients/gradient.js';
import type { Loss } from './losses/loss.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { OptimizerState } from './optimizers/state.js';
import type { PruningProcess } from './pruning.js';
import { allocateBuffers, type Buffers, type Stage, stagesOf } from './stages.js';
import type { Trainable } from './trainable.js';

/** One weight in a backward pass, once the gradient of its stored values is known. Numbers are as in TrainingCall. */
export interface WeightPass extends TrainingCall {
  /** Position of the weight in Trainable.parameters. */
  readonly index: number;
}

/** One layer in a forward pass, once its outputs are known. Numbers are as in TrainingCall. */
export interface LayerPass extends TrainingCall {
  /** Position of the layer in the graph. */
  readonly layer: number;
}

/** How a backward pass differs from that of a plain step. */
export interface BackwardOptions {
  /** True to leave the gradients of pruned weights as they are. */
  readonly raw?: boolean | undefined;
  /** What forward() was given; true by default. */
  readonly training?: boolean;
}

/** Changes samples [n, inputs] in place: a view of WebAssembly memory, void afterwards. */
export type Alter = (rows: Float32Array) => void;

/** Buffers for batches of up to `capacity` samples; they follow the storage of the weights. Free it when done. */
export class Trainer {
  readonly capacity: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly #model: Trainable;
  readonly #stages: readonly Stage[];
  #buffers: Buffers;
  #formats: string;
  #gradients: Block[] = [];

  /** Throws MemoryError, and keeps nothing, when the memory does not suffice. */
  static create(model: Trainable, capacity: number): Trainer {
    return new Trainer(model, capacity);
  }

  private constructor(model: Trainable, capacity: number) {
    this.#model = model;
    this.capacity = capacity;
    this.inputs = sizeOf(model.graph.inputShape);
    this.outputs = sizeOf(model.graph.outputShape);
    this.#stages = stagesOf(model.graph);
    this.#formats = this.#currentFormats();
    this.#buffers = this.#allocate();
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

  free(): void {
    this.#buffers.free();
    for (const block of this.#gradients) block.free();
    this.#gradients = [];
  }

  #tiles(samples: number): number {
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

  #call(position: number, samples: number, training: boolean, dy = 0, dx = 0): TrainingCall {
    const { engine, kernels, parameters, seed, clock } = this.#model;
    const { input, outputs, scratch, kept, lanes } = this.#buffers;
    const stage = this.#stages[position]!;
    const [from = NETWORK_INPUT, also] = stage.node.inputs;
    return {
      memory: engine.memory,
      kernels: engine.kernels,
      train: kernels,
      training,
      samples,
      x: (outputs[from] ?? input).address,
      y: outputs[position]!.address,
      also: also === undefined ? 0 : (outputs[also] ?? input).address,
      dy,
      dx,
      inputs: stage.inputs,
      outputs: stage.outputs,
      shape: stage.shape,
      outputShape: stage.outputShape,
      lanes,
      tiles: this.#tiles(samples),
      parameters: stage.parameters.map((i) => parameters[i]!),
      gradients: stage.parameters.map((i) => this.#gradients[i]?.address ?? 0),
      scratch: scratch.address,
      kept: kept[position]?.address ?? 0,
      seed: deriveSeed(seed, 3, stage.node.index, clock.steps),
    };
  }

  /**
   * Runs the staged samples; returns the address of the outputs [tiles, outputs, lanes]. `observe` sees every layer with
   * its activations; lanes from `samples` on hold no sample.
   */
  forward(samples: number, training: boolean, observe?: (pass: LayerPass) => void): number {
    let y = this.#buffers.input.address;
    this.#stages.forEach(({ gradient, node }, position) => {
      const call = this.#call(position, samples, training);
      if (gradient.forward && (training || call.parameters.length > 0)) gradient.forward(call, node.spec);
      else if (node.type.role !== 'identity') {
        const parameters = call.parameters.map(({ address }) => address);
        node.type.forward?.({ ...call, parameters, low: -Infinity }, node.spec);
      } else this.#copy(call.y, call.x, call); // dropout outside training: hand the values on
      observe?.({ ...call, layer: position });
      y = call.y;
    });
    return y;
  }

  /** Copies the activations, or gradients of them, that a layer takes. */
  #copy(to: number, from: number, { inputs, tiles, lanes }: TrainingCall): void {
    if (to === from) return;
    const { memory } = this.#model.engine;
    memory.f32.copyWithin(to / 4, from / 4, from / 4 + inputs * tiles * lanes);
  }

  /** Sum of the losses of the staged samples, and how many were classified right (for labels). */
  loss(loss: Loss, x: number, samples: number): { loss: number; correct: number } {
    const { kernels } = this.#model;
    const { labels, targets, deltas, lanes } = this.#buffers;
    const tiles = this.#tiles(samples);
    const target = (loss.targets === 'labels' ? labels : targets).address;
    const dx = deltas[0]!.address;
    const sum = loss.run({ kernels, x, target, dx, outputs: this.outputs, samples, lanes, tiles });
    const counts = loss.targets === 'labels' && Number.isFinite(sum);
    return {
      loss: sum,
      correct: counts ? kernels.count_correct_f32(x, target, this.outputs, lanes, tiles) : 0,
    };
  }

  /** Room for the gradients of all stored values. */
  #roomForGradients(): void {
    const { engine, parameters } = this.#model;
    parameters.forEach(({ count }, i) => {
      const old = this.#gradients[i];
      if (old && old.bytes >= count * 4) {
        old.shrink(count * 4);
        return;
      }
      this.#gradients[i] = engine.memory.allocate(count * 4);
      old?.free();
    });
  }

  /**
   * Gradients of the stored values of all parameters, from the gradient that loss() left behind; masked where weights
   * are pruned, unless `raw`. `observe` sees every weight while activations and gradient of its layer are at hand.
   */
  backward(
    samples: number,
    observe?: (pass: WeightPass) => void,
    { raw = false, training = true }: BackwardOptions = {},
  ): readonly Block[] {
    this.#roomForGradients();
    const { parameters } = this.#model;
    const [start, ...rest] = this.#buffers.deltas.map(({ address }) => address);
    const flow = new GradientFlow(this.#model.engine, start!, rest);
    for (let position = this.#stages.length - 1; position >= 0; position--) {
      const { first, gradient, node, parameters: own } = this.#stages[position]!;
      if (first && own.length === 0) break;
      const { dy } = flow;
      const dx = first ? 0 : gradient.inPlace ? dy : flow.spare;
      const call = this.#call(position, samples, training, dy, dx);
      flow.branch(node.type.role, call.inputs * call.tiles * call.lanes);
      gradient.backward(call, node.spec);
      for (const i of own) {
        const { storage, prunable } = parameters[i]!;
        if (!raw && storage instanceof DenseStorage) storage.applyMask(this.#gradients[i]!.address);
        if (prunable) observe?.({ ...call, index: i });
      }
      if (first) break;
      if (dx !== dy) flow.advance();
    }
    return this.#gradients;
  }

  /** One update of every parameter, or of the shadow that pruning keeps of it, from the gradients of backward(). */
  update(optimizer: Optimizer, state: OptimizerState, pruning?: PruningProcess): void {
    const { kernels, parameters } = this.#model;
    const { step } = state;
    const learningRate = optimizer.learningRate(step);
    parameters.forEach(({ address, count: n, prunable: decays, trained }, i) => {
      if (!trained) return;
      const w = pruning?.shadow?.(i) || address;
      const g = this.#gradients[i]!.address;
      optimizer.update({ kernels, w, g, slots: state.addresses(i), n, step, learningRate, decays });
    });
    state.step++;
  }

  /** Outputs at address y, sample by sample, into `out` from value `at` on. */
  readOutputs(y: number, samples: number, out: Float32Array, at: number): void {
    const { kernels, memory } = this.#model.engine;
    const rows = this.#buffers.rows.address;
    kernels.untile_f32(rows, y, this.outputs, samples, this.#buffers.lanes);
    out.set(memory.f32.subarray(rows / 4, rows / 4 + samples * this.outputs), at);
  }
}
