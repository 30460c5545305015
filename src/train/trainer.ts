/** Forward and backward passes of one batch: owns activations and gradients. */
import type { GraphNode } from '../graph/graph.js';
import type { LayerKind } from '../layers/index.js';
import type { Block } from '../runtime/memory.js';
import { deriveSeed } from '../tensor/random.js';
import { sizeOf } from '../tensor/shape.js';
import type { Gradient, TrainingCall } from './gradients/gradient.js';
import { gradients } from './gradients/index.js';
import type { Loss } from './losses/loss.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { OptimizerState } from './optimizers/state.js';
import type { Trainable } from './trainable.js';

const LANES = 8;

interface Stage {
  readonly node: GraphNode;
  readonly gradient: Gradient;
  readonly inputs: number;
  readonly outputs: number;
  readonly first: boolean;
  /** Positions of the node's parameters in Trainable.parameters. */
  readonly parameters: readonly number[];
  /** Activation that goes out; for layers that pass values through it is the one that came in. */
  readonly y: Block;
  readonly x: Block;
}

/** Buffers for batches of up to `capacity` samples. Free it when done. */
export class Trainer {
  readonly capacity: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly #model: Trainable;
  readonly #stages: Stage[] = [];
  readonly #blocks: Block[] = [];
  readonly #rows: Block;
  readonly #input: Block;
  readonly #labels: Block;
  readonly #targets: Block;
  readonly #deltas: readonly [Block, Block];
  readonly #scratch: Block;
  #gradients: readonly Block[] = [];

  /** Throws MemoryError, and keeps nothing, when the memory does not suffice. */
  static create(model: Trainable, capacity: number): Trainer {
    return model.engine.memory.allOrNothing(() => new Trainer(model, capacity));
  }

  private constructor(model: Trainable, capacity: number) {
    this.#model = model;
    this.capacity = capacity;
    const { graph } = model;
    this.inputs = sizeOf(graph.inputShape);
    this.outputs = sizeOf(graph.outputShape);
    const tiles = Math.ceil(capacity / LANES);
    const activation = (size: number) => this.#allocate(size * tiles * LANES * 4);
    this.#rows = activation(Math.max(this.inputs, this.outputs));
    this.#input = activation(this.inputs);
    this.#labels = this.#allocate(tiles * LANES * 4);
    this.#targets = activation(this.outputs);
    let parameter = 0;
    let x = this.#input;
    for (const node of graph.nodes) {
      const gradient = gradients[node.type.kind as LayerKind];
      const outputs = sizeOf(node.outputShape);
      const passes = node.type.role === 'identity' && !gradient.forward;
      const y = passes ? x : activation(outputs);
      const parameters = node.parameters.map(() => parameter++);
      const first = this.#stages.every((stage) => stage.parameters.length === 0);
      this.#stages.push({
        node,
        gradient,
        inputs: sizeOf(node.inputShape),
        outputs,
        first,
        parameters,
        x,
        y,
      });
      x = y;
    }
    const widest = Math.max(this.outputs, ...this.#stages.map((stage) => stage.inputs));
    this.#deltas = [activation(widest), activation(widest)];
    const scratch = this.#stages.map((s) => s.gradient.scratchBytes?.(s.inputs, s.outputs, tiles) ?? 0);
    this.#scratch = this.#allocate(Math.max(64, ...scratch));
  }

  #allocate(bytes: number): Block {
    const block = this.#model.engine.memory.allocate(bytes);
    this.#blocks.push(block);
    return block;
  }

  free(): void {
    for (const block of this.#blocks) block.free();
  }

  /** Copies samples in, in the given order: x holds whole samples of `inputs` values. */
  stage(x: Float32Array, order: Uint32Array): void {
    const floats = this.#model.engine.memory.f32;
    let at = this.#rows.address / 4;
    for (const sample of order) {
      floats.set(x.subarray(sample * this.inputs, (sample + 1) * this.inputs), at);
      at += this.inputs;
    }
    const { kernels } = this.#model.engine;
    kernels.tile_f32(this.#input.address, this.#rows.address, this.inputs, order.length, LANES);
  }

  /** Copies targets in: class labels, or `outputs` values a sample. */
  stageTargets(y: Uint8Array | Int32Array | Float32Array, order: Uint32Array): void {
    if (y instanceof Float32Array) {
      const floats = this.#model.engine.memory.f32;
      let at = this.#rows.address / 4;
      for (const sample of order) {
        floats.set(y.subarray(sample * this.outputs, (sample + 1) * this.outputs), at);
        at += this.outputs;
      }
      const { kernels } = this.#model.engine;
      kernels.tile_f32(this.#targets.address, this.#rows.address, this.outputs, order.length, LANES);
      return;
    }
    const labels = this.#labels.i32();
    labels.fill(-1);
    order.forEach((sample, i) => {
      labels[i] = y[sample]!;
    });
  }

  #call(stage: Stage, tiles: number, dy = 0, dx = 0): TrainingCall {
    const { engine, kernels, parameters, seed, clock } = this.#model;
    return {
      kernels: engine.kernels,
      train: kernels,
      x: stage.x.address,
      y: stage.y.address,
      dy,
      dx,
      inputs: stage.inputs,
      outputs: stage.outputs,
      tiles,
      parameters: stage.parameters.map((i) => parameters[i]!.address),
      gradients: stage.parameters.map((i) => this.#gradients[i]?.address ?? 0),
      scratch: this.#scratch.address,
      seed: deriveSeed(seed, 3, stage.node.index, clock.steps),
    };
  }

  /** Runs the staged samples; returns the address of the outputs [tiles, outputs, 8]. */
  forward(samples: number, training: boolean): number {
    const tiles = Math.ceil(samples / LANES);
    let y = this.#input.address;
    for (const stage of this.#stages) {
      const call = this.#call(stage, tiles);
      if (training && stage.gradient.forward) stage.gradient.forward(call, stage.node.spec);
      else if (stage.node.type.role !== 'identity') {
        stage.node.type.forward({ ...call, lanes: LANES, low: -Infinity }, stage.node.spec);
      } else if (stage.x !== stage.y) {
        const { memory } = this.#model.engine; // dropout outside training: hand the values on
        memory.f32.copyWithin(call.y / 4, call.x / 4, call.x / 4 + stage.inputs * tiles * LANES);
      }
      y = call.y;
    }
    return y;
  }

  /** Sum of the losses of the staged samples, and how many were classified right (for labels). */
  loss(loss: Loss, x: number, samples: number): { loss: number; correct: number } {
    const { kernels } = this.#model;
    const tiles = Math.ceil(samples / LANES);
    const target = (loss.targets === 'labels' ? this.#labels : this.#targets).address;
    const dx = this.#deltas[0].address;
    const sum = loss.run({ kernels, x, target, dx, outputs: this.outputs, samples, tiles });
    const counts = loss.targets === 'labels' && Number.isFinite(sum);
    return { loss: sum, correct: counts ? kernels.count_correct_f32(x, target, this.outputs, tiles) : 0 };
  }

  /** Gradients of all parameters, from the gradient that loss() left behind; masked where weights are pruned. */
  backward(samples: number): readonly Block[] {
    if (this.#gradients.length === 0) {
      this.#gradients = this.#model.parameters.map((parameter) => this.#allocate(parameter.length * 4));
    }
    const tiles = Math.ceil(samples / LANES);
    let [dy, spare] = [this.#deltas[0].address, this.#deltas[1].address];
    for (const stage of this.#stages.toReversed()) {
      const dx = stage.first ? 0 : stage.gradient.inPlace ? dy : spare;
      stage.gradient.backward(this.#call(stage, tiles, dy, dx), stage.node.spec);
      if (dx !== dy) [dy, spare] = [spare, dy];
      if (stage.first) break;
    }
    const { kernels, parameters } = this.#model;
    parameters.forEach((parameter, i) => {
      if (parameter.maskAddress) {
        kernels.mask_apply_f32(this.#gradients[i]!.address, parameter.maskAddress, parameter.length);
      }
    });
    return this.#gradients;
  }

  /** One update of every parameter from the gradients of backward(). */
  update(optimizer: Optimizer, state: OptimizerState): void {
    const { kernels, parameters } = this.#model;
    const learningRate = optimizer.learningRate(state.step);
    parameters.forEach((parameter, i) => {
      const [w, g, n] = [parameter.address, this.#gradients[i]!.address, parameter.length];
      const slots = state.addresses(i);
      optimizer.update({
        kernels,
        w,
        g,
        slots,
        n,
        step: state.step,
        learningRate,
        decays: parameter.prunable,
      });
    });
    state.step++;
  }

  /** Outputs at address y, sample by sample, into `out` from value `at` on. */
  readOutputs(y: number, samples: number, out: Float32Array, at: number): void {
    const { kernels, memory } = this.#model.engine;
    const rows = this.#rows.address;
    kernels.untile_f32(rows, y, this.outputs, samples, LANES);
    out.set(memory.f32.subarray(rows / 4, rows / 4 + samples * this.outputs), at);
  }
}
