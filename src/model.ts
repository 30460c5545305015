/** Sequential: what users hold. Joins graph, training, pruning and files. */
import { DisposedError, NumericError, OptionError, ShapeError } from './errors.js';
import { buildGraph, type Graph } from './graph/graph.js';
import { glorotUniform, heUniform, initialize } from './graph/initializers.js';
import { expectNetwork, type Network, type NetworkSource } from './graph/network.js';
import { type Summary, summarize } from './graph/summary.js';
import type { Budget } from './io/budget.js';
import { readBytes, writeAtomically } from './io/files.js';
import { decodeModel, encodeModel } from './io/modelFile.js';
import type { LayerSpec } from './layers/layer.js';
import { expectBoolean, expectInteger, expectOptions, show } from './options.js';
import { type PruneOptions, type PruneReport, prune as pruneTrainable } from './prune/prune.js';
import type { Reinitializable } from './prune/survivors.js';
import { type Engine, sharedEngine } from './runtime/engine.js';
import { type TrainKernels, trainKernels } from './runtime/trainKernels.js';
import { expectMasked, Parameter } from './tensor/parameter.js';
import type { Shape } from './tensor/shape.js';
import type { History } from './train/callbacks/index.js';
import { expectData, type Targets } from './train/data.js';
import { evaluate, type Metrics, predict } from './train/evaluate.js';
import { expectOptimizer, type FitOptions, fit, trainStep } from './train/fit.js';
import { type LossName, resolveLoss } from './train/losses/index.js';
import type { Loss } from './train/losses/loss.js';
import { adam } from './train/optimizers/adam.js';
import type { Optimizer } from './train/optimizers/optimizer.js';
import { OptimizerStates } from './train/optimizers/state.js';
import { type Snapshot, type Trainable, takeSnapshot } from './train/trainable.js';
import { Trainer } from './train/trainer.js';

/** One weight of a model, as it was when asked for. */
export interface WeightView {
  readonly shape: Shape;
  /** A copy of the values, row-major. */
  readonly data: Float32Array;
  /** A copy of the mask, 1 keeps; null while nothing is pruned. */
  readonly mask: Uint8Array | null;
  /** Share of pruned weights. */
  readonly sparsity: number;
}

/** One layer of a model. */
export interface LayerView {
  readonly name: string;
  readonly spec: LayerSpec;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly weight?: WeightView;
  readonly bias?: Float32Array;
}

interface StepBuffers {
  readonly trainer: Trainer;
  readonly order: Uint32Array;
}

/** Memory for all parameters of a graph, or none of it: MemoryError leaves nothing behind. */
function allocateParameters(engine: Engine, { nodes }: Graph): Parameter[] {
  return engine.memory.allOrNothing(() =>
    nodes.flatMap((node) =>
      node.parameters.map((spec) => new Parameter(engine, `${node.name}.${spec.role}`, spec)),
    ),
  );
}

/** A chain of layers with weights. Made by sequential() or loadModel(); `dispose()` gives its memory back. */
export class Sequential implements Trainable, Reinitializable, NetworkSource {
  readonly graph: Graph;
  readonly seed: number;
  /** @internal */
  readonly engine: Engine;
  /** @internal */
  readonly kernels: TrainKernels;
  /** @internal */
  readonly parameters: readonly Parameter[];
  /** @internal */
  readonly states: OptimizerStates;
  /** @internal */
  readonly clock = { steps: 0, epochs: 0 };
  /** @internal */
  rewindPoint: Snapshot | null = null;
  #busy = false;
  #live = true;
  #step: StepBuffers | undefined;
  readonly #defaultOptimizer = adam();

  /** @internal */
  constructor(engine: Engine, kernels: TrainKernels, graph: Graph, seed: number) {
    this.graph = graph;
    this.seed = seed;
    this.engine = engine;
    this.kernels = kernels;
    this.parameters = allocateParameters(engine, graph);
    this.states = new OptimizerStates(engine, kernels, this.parameters);
    this.reinitialize(0);
  }

  /** @internal First values of all parameters under the present masks; round 0 are those of a new model. */
  reinitialize(round: number): void {
    let position = 0;
    for (const node of this.graph.nodes) {
      const next = this.graph.nodes[node.index + 1]?.type.kind;
      const initializer = next === 'sigmoid' || next === 'tanh' ? glorotUniform : heUniform;
      for (let i = 0; i < node.parameters.length; i++) {
        const parameter = this.parameters[position]!;
        initialize(this.engine, this.kernels, parameter, initializer, this.seed, position + 1000 * round);
        const { maskAddress, address, length } = parameter;
        if (maskAddress) this.kernels.mask_apply_f32(address, maskAddress, length);
        position++;
      }
    }
  }

  /** Layers with copies of their weights as they are now. */
  get layers(): readonly LayerView[] {
    this.expectLive('layers');
    let next = 0;
    return this.graph.nodes.map(({ name, spec, inputShape, outputShape, parameters }): LayerView => {
      const own = this.parameters.slice(next, next + parameters.length);
      next += parameters.length;
      const view = { name, spec, inputShape, outputShape };
      const [weight, bias] = own;
      if (!weight) return view;
      const sparsity = 1 - weight.live / weight.length;
      const data = { shape: weight.shape, data: weight.read(), mask: weight.readMask(), sparsity };
      return bias ? { ...view, weight: data, bias: bias.read() } : { ...view, weight: data };
    });
  }

  /**
   * Trains on x [n, ...inputShape] with labels or float targets y.
   *
   * @returns one entry an epoch: loss, accuracy, valLoss, valAccuracy, sparsity, learningRate, ...
   * @throws ShapeError, DataError, OptionError before anything changes; NumericError when the loss stops being finite.
   */
  async fit(x: Float32Array, y: Targets, options: FitOptions = {}): Promise<History> {
    return this.#alone('fit', () => fit(this, x, y, options));
  }

  /** @internal Runs `work` unless other training of this model is under way. */
  async #alone<T>(where: string, work: () => Promise<T>): Promise<T> {
    this.expectLive(where);
    if (this.#busy)
      throw new OptionError(`${where}: a model must train once at a time, got a call during another`);
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /** One update from the samples given, synchronously; returns their mean loss. */
  trainOnBatch(
    x: Float32Array,
    y: Targets,
    options: { optimizer?: Optimizer; loss?: Loss | LossName } = {},
  ): number {
    this.expectLive('trainOnBatch');
    if (this.#busy)
      throw new OptionError('trainOnBatch: a model must train once at a time, got a call during another');
    expectOptions('trainOnBatch', options, ['optimizer', 'loss']);
    const inputs = this.graph.inputShape.reduce((product, d) => product * d, 1);
    const outputs = this.graph.outputShape.reduce((product, d) => product * d, 1);
    const samples = expectData('trainOnBatch', x, y, inputs, outputs);
    const loss = resolveLoss('trainOnBatch', options.loss, y instanceof Float32Array ? 'values' : 'labels');
    const optimizer = expectOptimizer('trainOnBatch', options.optimizer ?? this.#defaultOptimizer);
    const { step } = this.states.of(optimizer);
    const rate = optimizer.learningRate(step);
    if (!(rate >= 0 && rate < Infinity)) {
      throw new OptionError(
        `${optimizer.kind}: learningRate must be finite and >= 0, got ${rate} at step ${step}`,
      );
    }
    this.rewindPoint ??= takeSnapshot(this);
    const { trainer, order } = this.#buffersFor(samples);
    const total = trainStep({ model: this, trainer, x, y, loss, optimizer }, order).loss;
    if (!Number.isFinite(total)) {
      throw new NumericError(`trainOnBatch: the loss must stay finite, got ${total}; no weight was changed`);
    }
    return total / samples;
  }

  /** Buffers for trainOnBatch, kept while the batch size stays the same. */
  #buffersFor(samples: number): StepBuffers {
    if (this.#step?.order.length !== samples) {
      this.#step?.trainer.free();
      this.#step = {
        trainer: Trainer.create(this, samples),
        order: Uint32Array.from({ length: samples }, (_, i) => i),
      };
    }
    return this.#step;
  }

  /** @internal See prune(). */
  async prune(options: PruneOptions): Promise<PruneReport> {
    return this.#alone('prune', () => pruneTrainable(this, options));
  }

  /** Mean loss and accuracy in inference mode; accuracy is NaN for float targets. Changes nothing. */
  async evaluate(x: Float32Array, y: Targets, options: { loss?: Loss | LossName } = {}): Promise<Metrics> {
    this.expectLive('evaluate');
    expectOptions('evaluate', options, ['loss']);
    return evaluate(this, x, y, options.loss);
  }

  /** Raw outputs [n, ...outputShape] of x [n, ...inputShape] in inference mode. */
  predict(x: Float32Array): Float32Array {
    this.expectLive('predict');
    return predict(this, x);
  }

  /** Copies of all parameters in layer order, weight then bias; dense weights are [out, in]. */
  getWeights(): Float32Array[] {
    this.expectLive('getWeights');
    return this.parameters.map((parameter) => parameter.read());
  }

  /**
   * Replaces all parameters, in the order of getWeights(). Clears the masks; with `keepMasks` they stay, and a
   * nonzero where one prunes is refused with DataError. All or nothing.
   */
  setWeights(weights: readonly Float32Array[], options: { keepMasks?: boolean } = {}): void {
    this.expectLive('setWeights');
    expectOptions('setWeights', options, ['keepMasks']);
    const keepMasks = expectBoolean('setWeights', 'keepMasks', options.keepMasks ?? false);
    if (!Array.isArray(weights) || weights.length !== this.parameters.length) {
      throw new ShapeError(
        `setWeights: weights must be ${this.parameters.length} arrays, got ${show(weights)}`,
      );
    }
    this.parameters.forEach((parameter, i) => {
      const values = weights[i];
      if (!(values instanceof Float32Array) || values.length !== parameter.length) {
        throw new ShapeError(
          `setWeights: ${parameter.name} must be a Float32Array of ${parameter.length}, got ${show(values)}`,
        );
      }
      const mask = keepMasks ? parameter.readMask() : null;
      if (mask) expectMasked(`setWeights: ${parameter.name}`, values, mask);
    });
    this.parameters.forEach((parameter, i) => {
      if (!keepMasks) parameter.setMask(null);
      parameter.write(weights[i]!);
    });
  }

  /** Table of layers, shapes, parameters and sparsity; prints as text, and reads as an object. */
  summary(): Summary {
    this.expectLive('summary');
    return summarize(this.graph, this.parameters);
  }

  /** Bytes of a model file (safetensors); pruned weights are stored sparse. */
  encode(): Uint8Array {
    this.expectLive('encode');
    return encodeModel({ network: this.toNetwork(), seed: this.seed });
  }

  /** Writes a model file atomically: after a crash it is the old one or the new one, never a torn one. */
  async save(path: string): Promise<void> {
    await writeAtomically(path, this.encode());
  }

  /** The model as plain data: a copy. */
  toNetwork(): Network {
    this.expectLive('toNetwork');
    let next = 0;
    const parameters = this.graph.nodes.map((node) =>
      node.parameters.map(() => {
        const parameter = this.parameters[next++]!;
        return { values: parameter.read(), mask: parameter.readMask() };
      }),
    );
    return { graph: this.graph, parameters };
  }

  /** @internal Takes over weights and masks of a network of the same graph. */
  adopt(network: Network): void {
    expectNetwork(network);
    network.parameters.flat().forEach(({ values, mask }, i) => {
      const parameter = this.parameters[i]!;
      parameter.setMask(null);
      parameter.write(values);
      if (mask) parameter.setMask(mask);
    });
    this.rewindPoint = null;
  }

  /** Frees everything; further calls throw DisposedError. Disposing twice is harmless. */
  dispose(): void {
    if (!this.#live) return;
    if (this.#busy) throw new OptionError('dispose: a model must not be disposed while it trains');
    this.#live = false;
    this.#step?.trainer.free();
    this.states.reset();
    for (const parameter of this.parameters) parameter.free();
  }

  /** @internal */
  expectLive(where: string): void {
    if (!this.#live) throw new DisposedError(`${where}: a model must not be used after dispose()`);
  }
}

/** Options of sequential(). */
export interface SequentialOptions {
  /** Shape of one sample without the batch: [784], or [1, 28, 28] with channels first. */
  readonly inputShape: Shape;
  /** Whole number that decides first weights, shuffles and dropout; 0 by default. Equal seeds, equal bits. */
  readonly seed?: number;
}

async function build(graph: Graph, seed: number): Promise<Sequential> {
  const engine = await sharedEngine();
  return new Sequential(engine, await trainKernels(engine), graph, seed);
}

/**
 * Builds a model: layers one after another, weights drawn by the seed (He et al. 2015, uniform; biases zero).
 *
 * @throws OptionError or ShapeError when layers do not fit each other; UnsupportedError without WebAssembly SIMD.
 */
export async function sequential(
  options: SequentialOptions,
  layers: readonly LayerSpec[],
): Promise<Sequential> {
  expectOptions('sequential', options, ['inputShape', 'seed']);
  const seed = expectInteger('sequential', 'seed', options.seed ?? 0, 0);
  return build(buildGraph(options.inputShape, layers), seed);
}

/** Loads a model file: bytes, a path, or a URL. Throws FormatError or FileError; `budget` limits what it may ask for. */
export async function loadModel(
  source: Uint8Array | string | URL,
  options: { readonly budget?: Partial<Budget> } = {},
): Promise<Sequential> {
  expectOptions('loadModel', options, ['budget']);
  const bytes = source instanceof Uint8Array ? source : await readBytes(source);
  const { network, seed } = decodeModel(bytes, options.budget);
  const model = await build(network.graph, seed);
  model.adopt(network);
  return model;
}

/** Prunes a model; see PruneOptions. */
export async function prune(model: Sequential, options: PruneOptions): Promise<PruneReport> {
  if (!(model instanceof Sequential)) {
    throw new OptionError(`prune: model must come from sequential() or loadModel(), got ${show(model)}`);
  }
  return model.prune(options);
}
