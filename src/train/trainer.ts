/** Forward and backward passes of one batch, and the update from them: owns the gradients of parameters. */
import { endsInSoftmax, NETWORK_INPUT } from '../graph/graph.js';
import type { Block } from '../runtime/block.js';
import { DenseStorage } from '../tensor/formats/index.js';
import { deriveSeed } from '../tensor/random.js';
import { GradientFlow } from './gradientFlow.js';
import type { Gates, TrainingCall } from './gradients/gradient.js';
import type { Loss } from './losses/loss.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { OptimizerState } from './optimizers/state.js';
import type { BackwardOptions, LayerPass, WeightPass } from './passes.js';
import type { PruningProcess } from './pruning.js';
import { type Stage, stagesOf } from './stages.js';
import { TiledBatch } from './tiledBatch.js';
import type { Trainable } from './trainable.js';

/** Passes over batches of up to `capacity` samples. Free it when done. */
export class Trainer {
  /** What passes start from: to be staged before each. */
  readonly batch: TiledBatch;
  readonly #model: Trainable;
  readonly #stages: readonly Stage[];
  #gradients: Block[] = [];

  /** Throws MemoryError, and keeps nothing, when the memory does not suffice. */
  static create(model: Trainable, capacity: number): Trainer {
    return new Trainer(model, capacity);
  }

  private constructor(model: Trainable, capacity: number) {
    this.#model = model;
    this.#stages = stagesOf(model.graph);
    this.batch = new TiledBatch(model, this.#stages, capacity);
  }

  free(): void {
    this.batch.free();
    for (const block of this.#gradients) block.free();
    this.#gradients = [];
  }

  #call(position: number, samples: number, training: boolean, dy = 0, dx = 0): TrainingCall {
    const { engine, kernels, parameters, seed, clock } = this.#model;
    const { input, outputs, scratch, kept, lanes } = this.batch.buffers;
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
      tiles: this.batch.tiles(samples),
      parameters: stage.parameters.map((i) => parameters[i]!),
      gradients: stage.parameters.map((i) => this.#gradients[i]?.address ?? 0),
      scratch: scratch.address,
      kept: kept[position]?.address ?? 0,
      seed: deriveSeed(seed, 3, stage.node.index, clock.steps),
    };
  }

  /** Where the activations of a layer lie. */
  #gates(position: number): Gates {
    const { input, outputs } = this.batch.buffers;
    const from = outputs[this.#stages[position]!.node.inputs[0] ?? NETWORK_INPUT] ?? input;
    return { x: from.address, y: outputs[position]!.address };
  }

  /**
   * Runs the staged samples; returns the address of the outputs [tiles, outputs, lanes]. `observe` sees every layer with
   * its activations; lanes from `samples` on hold no sample. With `gates`, another trainer that has run the same samples through
   * the same layers, what is linear but for gates takes those of there.
   */
  forward(samples: number, training: boolean, observe?: (pass: LayerPass) => void, gates?: Trainer): number {
    let y = this.batch.buffers.input.address;
    this.#stages.forEach(({ gradient, node }, position) => {
      const call = this.#call(position, samples, training);
      if (gates && gradient.gated) gradient.gated(call, node.spec, gates.#gates(position));
      else if (gradient.forward && (training || call.parameters.length > 0))
        gradient.forward(call, node.spec);
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

  /** After forward(): the address of its outputs, or of what a softmax at the end took to make them. */
  logits(samples: number): number {
    const { x, y } = this.#call(this.#stages.length - 1, samples, false);
    return endsInSoftmax(this.#model.graph) ? x : y;
  }

  /** Sum of the losses of the staged samples, and how many were classified right (for labels). */
  loss(loss: Loss, x: number, samples: number): { loss: number; correct: number } {
    const { kernels } = this.#model;
    const { labels, targets, deltas, lanes } = this.batch.buffers;
    const tiles = this.batch.tiles(samples);
    const target = (loss.targets === 'labels' ? labels : targets).address;
    const dx = deltas[0]!.address;
    const sum = loss.run({ kernels, x, target, dx, outputs: this.batch.outputs, samples, lanes, tiles });
    const counts = loss.targets === 'labels' && Number.isFinite(sum);
    return {
      loss: sum,
      correct: counts ? kernels.count_correct_f32(x, target, this.batch.outputs, lanes, tiles) : 0,
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
    { raw = false, training = true, gates }: BackwardOptions = {},
  ): readonly Block[] {
    this.#roomForGradients();
    const { parameters } = this.#model;
    const [start, ...rest] = this.batch.buffers.deltas.map(({ address }) => address);
    const flow = new GradientFlow(this.#model.engine, start!, rest);
    for (let position = this.#stages.length - 1; position >= 0; position--) {
      const { first, gradient, node, parameters: own } = this.#stages[position]!;
      if (first && own.length === 0) break;
      const { dy } = flow;
      const dx = first ? 0 : gradient.inPlace ? dy : flow.spare;
      const call = this.#call(position, samples, training, dy, dx);
      flow.branch(node.type.role, call.inputs * call.tiles * call.lanes);
      const passed = gates && gradient.gated ? { ...call, ...gates.#gates(position) } : call;
      gradient.backward(passed, node.spec);
      for (const i of own) {
        const { storage, prunable } = parameters[i]!;
        if (!raw && storage instanceof DenseStorage) storage.applyMask(this.#gradients[i]!.address);
        if (prunable) observe?.({ ...call, index: i, spec: node.spec });
      }
      if (first) break;
      if (dx !== dy) flow.advance();
    }
    return this.#gradients;
  }

  /** One update of every parameter, or of the shadow that pruning keeps of it, from the gradients of backward(). */
  update(optimizer: Optimizer, state: OptimizerState, learningRate: number, pruning?: PruningProcess): void {
    const { kernels, parameters } = this.#model;
    const { step } = state;
    parameters.forEach(({ address, count: n, prunable: decays, trained }, i) => {
      if (!trained) return;
      const w = pruning?.shadow?.(i) || address;
      const g = this.#gradients[i]!.address;
      optimizer.update({ kernels, w, g, slots: state.addresses(i), n, step, learningRate, decays });
    });
    state.step++;
  }

  /** The end of a step that has succeeded: layers move what gradients do not, such as running statistics. */
  commit(samples: number): void {
    this.#stages.forEach(({ gradient, node }, position) => {
      gradient.commit?.(this.#call(position, samples, true), node.spec);
    });
  }
}
