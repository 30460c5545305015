/** Sequential: what users hold. Joins graph, training, pruning and files. */
import { DisposedError, OptionError, ShapeError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { glorotUniform, heUniform, initialize } from '../graph/initializers.js';
import { expectNetwork, type Network, type NetworkSource, parameterOf, tensorOf } from '../graph/network.js';
import { type Summary, summarize } from '../graph/summary.js';
import { writeAtomically } from '../io/files.js';
import { encodeModel } from '../io/modelFile.js';
import { expectBoolean, expectOptions, show } from '../options.js';
import { type PruneOptions, type PruneReport, prune as pruneTrainable } from '../prune/prune.js';
import type { Reinitializable } from '../prune/survivors.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import { expectMasked, Parameter, type SparseStart } from '../tensor/parameter.js';
import type { History } from '../train/callbacks/index.js';
import type { Targets } from '../train/data.js';
import { evaluate, type Metrics, predict } from '../train/evaluate.js';
import { fit } from '../train/fit.js';
import type { FitOptions } from '../train/fitOptions.js';
import type { LossName } from '../train/losses/index.js';
import type { Loss } from '../train/losses/loss.js';
import { OptimizerStates } from '../train/optimizers/state.js';
import { expectStorage, type StorageChoice, settleStorage } from '../train/storage.js';
import type { Clock, Snapshot, Trainable } from '../train/trainable.js';
import { type BatchOptions, BatchTrainer } from './batchTrainer.js';
import { type LayerView, layerViews } from './views.js';

/** How a new model is held. */
export interface Layout {
  readonly seed: number;
  readonly storage: StorageChoice;
  /** By the position of a parameter: what is live in weights that begin sparse. */
  readonly starts?: ReadonlyMap<number, SparseStart>;
  /** True for random connections of a new model: where there are fewer, first weights are larger. */
  readonly scaled?: boolean;
}

/** Memory for all parameters of a graph, or none of it: MemoryError leaves nothing behind. */
function allocateParameters(
  engine: Engine,
  kernels: TrainKernels,
  { nodes }: Graph,
  starts: Layout['starts'],
): Parameter[] {
  let position = 0;
  return engine.memory.allOrNothing(() =>
    nodes.flatMap((node) =>
      node.parameters.map((spec) => {
        const start = starts?.get(position++);
        return new Parameter(engine, kernels, `${node.name}.${spec.role}`, spec, start);
      }),
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
  readonly clock: Clock = { steps: 0, epochs: 0, samplesPerSecond: null };
  /** @internal */
  rewindPoint: Snapshot | null = null;
  #storage: StorageChoice;
  /** By the position of a parameter: the share of connections that it began with, where that is not 1. */
  readonly #densities: ReadonlyMap<number, number>;
  #busy = false;
  #live = true;
  #batches: BatchTrainer | undefined;

  /** @internal */
  constructor(
    engine: Engine,
    kernels: TrainKernels,
    graph: Graph,
    { seed, storage, starts, scaled }: Layout,
  ) {
    this.graph = graph;
    this.seed = seed;
    this.engine = engine;
    this.kernels = kernels;
    this.parameters = allocateParameters(engine, kernels, graph, starts);
    this.states = new OptimizerStates(this.parameters);
    this.#storage = storage;
    const begun = [...(scaled && starts ? starts.keys() : [])].map((i) => [i, this.parameters[i]!] as const);
    this.#densities = new Map(begun.map(([i, { live, length }]) => [i, live / length]));
    try {
      this.reinitialize(0);
      if (starts) settleStorage(this); // nothing else is pruned yet
    } catch (error) {
      for (const parameter of this.parameters) parameter.free();
      throw error;
    }
  }

  /** How weights are stored while the model trains. */
  get storage(): StorageChoice {
    return this.#storage;
  }

  /**
   * Chooses how weights are stored while the model trains; values, masks and moments stay. `'auto'` is sparse where that
   * is faster. Throws ShapeError, and changes nothing, when a format by name does not fit what is pruned.
   */
  setStorage(choice: StorageChoice): void {
    this.expectLive('setStorage');
    const before = this.#storage;
    this.#storage = expectStorage('setStorage', choice);
    try {
      settleStorage(this);
    } catch (error) {
      this.#storage = before;
      throw error;
    }
  }

  /** @internal First values of all parameters under the present masks; round 0 are those of a new model. */
  reinitialize(round: number): void {
    let position = 0;
    for (const node of this.graph.nodes) {
      const next = this.graph.nodes[node.index + 1]?.type.kind;
      const initializer = next === 'sigmoid' || next === 'tanh' ? glorotUniform : heUniform;
      for (let i = 0; i < node.parameters.length; i++) {
        const parameter = this.parameters[position]!;
        const from = position + 1000 * round;
        const density = this.#densities.get(position);
        initialize(this.engine, this.kernels, parameter, initializer, this.seed, from, density);
        position++;
      }
    }
  }

  /** Layers with copies of their weights as they are now. */
  get layers(): readonly LayerView[] {
    this.expectLive('layers');
    return layerViews(this.graph, this.parameters);
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
  trainOnBatch(x: Float32Array, y: Targets, options: BatchOptions = {}): number {
    this.expectLive('trainOnBatch');
    if (this.#busy)
      throw new OptionError('trainOnBatch: a model must train once at a time, got a call during another');
    this.#batches ??= new BatchTrainer(this);
    return this.#batches.train(x, y, options);
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
    settleStorage(this);
  }

  /** Table of layers, shapes, parameters and sparsity; prints as text, and reads as an object. */
  summary(): Summary {
    this.expectLive('summary');
    return summarize(this.graph, this.parameters, this.clock.samplesPerSecond);
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
      node.parameters.map(() => parameterOf(this.parameters[next++]!.values())),
    );
    return { graph: this.graph, parameters };
  }

  /** @internal See NetworkSource. */
  lendNetwork(): Network {
    this.expectLive('toNetwork');
    let next = 0;
    const parameters = this.graph.nodes.map((node) =>
      node.parameters.map((spec) => {
        const parameter = this.parameters[next++]!;
        if (spec.role === 'bias' || parameter.format !== 'dense') return parameterOf(parameter.values());
        return {
          get values() {
            return parameter.view();
          },
          mask: null,
        };
      }),
    );
    return { graph: this.graph, parameters };
  }

  /** @internal Takes over weights and masks of a network of the same graph. */
  adopt(network: Network): void {
    expectNetwork(network);
    network.parameters.flat().forEach((given, i) => {
      const parameter = this.parameters[i]!;
      parameter.restore(tensorOf(given, parameter.shape));
    });
    settleStorage(this);
    this.rewindPoint = null;
  }

  /** Frees everything; further calls throw DisposedError. Disposing twice is harmless. */
  dispose(): void {
    if (!this.#live) return;
    if (this.#busy) throw new OptionError('dispose: a model must not be disposed while it trains');
    this.#live = false;
    this.#batches?.free();
    this.states.reset();
    for (const parameter of this.parameters) parameter.free();
  }

  /** @internal */
  expectLive(where: string): void {
    if (!this.#live) throw new DisposedError(`${where}: a model must not be used after dispose()`);
  }
}
