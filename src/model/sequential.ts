/** Sequential: what users hold. Joins graph, training, pruning and files. */
import type { Graph } from '../graph/graph.js';
import type { Network, NetworkSource } from '../graph/network.js';
import { networkOf } from '../graph/networkOf.js';
import { type Summary, summarize } from '../graph/summary.js';
import { writeAtomically } from '../io/files.js';
import { encodeModel } from '../io/modelFile.js';
import { expectOptions } from '../options.js';
import { type PruneOptions, type PruneReport, prune as pruneTrainable } from '../prune/prune.js';
import type { Cut, Held, Resizable } from '../prune/resizable.js';
import type { Reinitializable } from '../prune/survivors.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import type { Parameter } from '../tensor/parameter.js';
import type { History } from '../train/callbacks/index.js';
import type { Targets } from '../train/data.js';
import { evaluateStill, type Metrics, predict } from '../train/evaluate.js';
import { fit } from '../train/fit.js';
import type { FitOptions } from '../train/fitOptions.js';
import type { LossName } from '../train/losses/index.js';
import type { Loss } from '../train/losses/loss.js';
import { OptimizerStates } from '../train/optimizers/state.js';
import { ifRoom, type StorageChoice, settleStorage } from '../train/storage.js';
import type { Clock, Snapshot, Trainable } from '../train/trainable.js';
import { type BatchOptions, BatchTrainer } from './batchTrainer.js';
import { hold } from './hold.js';
import { checkMasks, type Masks } from './masks.js';
import { type Layout, ParameterSet } from './parameterSet.js';
import { checkWeights } from './parameters.js';
import { Usage } from './usage.js';
import { type LayerView, layerViews } from './views.js';

/** A chain of layers with weights. Made by sequential() or loadModel(); `dispose()` gives its memory back. */
export class Sequential implements Trainable, Reinitializable, Resizable, NetworkSource {
  readonly seed: number;
  /** @internal */
  readonly engine: Engine;
  /** @internal */
  readonly kernels: TrainKernels;
  /** @internal */
  readonly states: OptimizerStates;
  /** @internal */
  readonly clock: Clock = { steps: 0, epochs: 0, samplesPerSecond: null };
  /** @internal */
  rewindPoint: Snapshot | null = null;
  /** @internal */
  loaded = false;
  readonly #set: ParameterSet;
  readonly #usage = new Usage();
  readonly #batches = new BatchTrainer(this);

  /** @internal */
  constructor(engine: Engine, kernels: TrainKernels, graph: Graph, layout: Layout) {
    this.seed = layout.seed;
    this.engine = engine;
    this.kernels = kernels;
    this.#set = new ParameterSet(engine, kernels, graph, layout);
    this.states = new OptimizerStates(this.parameters);
  }

  /** Layers in order, with their shapes. */
  get graph(): Graph {
    return this.#set.graph;
  }

  /** @internal */
  get parameters(): readonly Parameter[] {
    return this.#set.parameters;
  }

  /** How weights are stored while the model trains. */
  get storage(): StorageChoice {
    return this.#set.storage;
  }

  /**
   * Chooses how weights are stored while the model trains; values, masks and moments stay. `'auto'` is sparse where that
   * is faster. Throws ShapeError, and changes nothing, when a format by name does not fit what is pruned;
   * OptionError while the model trains.
   */
  setStorage(choice: StorageChoice): void {
    this.expectIdle('setStorage');
    this.#set.setStorage(choice);
  }

  /** @internal First values of all parameters under the present masks; round 0 are those of a new model. */
  reinitialize(round: number): void {
    this.#set.draw(round);
  }

  /** @internal See Resizable. */
  resize(cut: Cut): void {
    this.#batches.free(); // they come back with the next batch
    this.rewindPoint = this.#set.resize(this, cut);
  }

  /** @internal See Resizable. */
  hold(): Held {
    return hold(this, this.#set);
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
   *
   * @example
   * ```ts
   * import { adam, dense, earlyStopping, relu, sequential } from 'espalier';
   * import { split, syntheticDigits } from 'espalier/datasets';
   *
   * const { train, validation } = split(syntheticDigits({ samples: 600, shape: [784] }), { validation: 120 });
   * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(32), relu(), dense(10)]);
   * const history = await model.fit(train.images, train.labels, {
   *   optimizer: adam({ learningRate: 1e-3 }),
   *   epochs: 5,
   *   batchSize: 64,
   *   validation,
   *   callbacks: [earlyStopping({ patience: 2 })],
   * });
   * console.log(history.valAccuracy); // one number an epoch
   * ```
   */
  async fit(x: Float32Array, y: Targets, options: FitOptions = {}): Promise<History> {
    return this.#usage.alone('fit', () => fit(this, x, y, options));
  }

  /** One update from the samples given, synchronously; returns their mean loss. */
  trainOnBatch(x: Float32Array, y: Targets, options: BatchOptions = {}): number {
    this.expectIdle('trainOnBatch');
    return this.#batches.train(x, y, options);
  }

  /** @internal See prune(). */
  async prune(options: PruneOptions): Promise<PruneReport> {
    return this.#usage.alone('prune', () => pruneTrainable(this, options));
  }

  /**
   * Mean loss and accuracy in inference mode; accuracy is NaN for float targets. Changes nothing. Long evaluations let the page
   * or server have its turn; what is done to the model in between does not count, x and y must stay as they are.
   *
   * @throws ShapeError, DataError, OptionError before anything is computed; MemoryError where there is no room for a copy.
   */
  async evaluate(x: Float32Array, y: Targets, options: { loss?: Loss | LossName } = {}): Promise<Metrics> {
    this.expectLive('evaluate');
    expectOptions('evaluate', options, ['loss']);
    return evaluateStill(this, { images: x, labels: y }, options.loss);
  }

  /** Raw outputs [n, ...outputShape] of x [n, ...inputShape] in inference mode. */
  predict(x: Float32Array): Float32Array {
    this.expectLive('predict');
    return predict(this, x);
  }

  /**
   * Copies of all parameters in layer order, as `graph.nodes[i].parameters` lists them: dense `weight` [out, in], `bias` [out]; conv2d
   * `weight` [filters, channels / groups, height, width], `bias` [filters]; batchNorm `scale`, `bias`, `mean`, `variance`. Of a residual
   * block the body comes before the shortcut.
   */
  getWeights(): Float32Array[] {
    this.expectLive('getWeights');
    return this.parameters.map((parameter) => parameter.read());
  }

  /**
   * Replaces all parameters, in the order of getWeights(). Clears the masks; with `keepMasks` they stay, and a
   * nonzero where one prunes is refused with DataError, and any call while the model trains with OptionError. Throws MemoryError where
   * sparse weights find no room to become dense. All or nothing.
   * Where `survivors: 'rewind'` goes back to stays: the weights before the first fit, or those of `rewindAt`; see `rewindTo` of prune().
   */
  setWeights(weights: readonly Float32Array[], options: { keepMasks?: boolean } = {}): void {
    this.expectIdle('setWeights');
    const { change, takesMemory } = checkWeights(this.parameters, weights, options);
    if (takesMemory) this.#changeWhole(change);
    else {
      change();
      ifRoom(() => settleStorage(this));
    }
  }

  /**
   * Replaces masks: one for each weight in layer order, or by layer, such as `{ dense1: mask }`, where others keep theirs. A mask has one
   * byte a weight, row-major, 1 keeps, as `layers[i].weight.mask`; null prunes nothing. What it prunes becomes zero and stays so in
   * training; what comes back begins at zero; moments likewise. Weights move to the storage that suits them. All or nothing.
   *
   * @throws OptionError for other layers, or while the model trains; ShapeError, DataError for masks that do not fit; MemoryError.
   */
  setMasks(masks: Masks): void {
    this.expectIdle('setMasks');
    this.#changeWhole(checkMasks(this.parameters, masks));
  }

  /** Does what changes weights and may fail, and settles their storage: all or nothing. */
  #changeWhole(change: () => void): void {
    const held = this.hold();
    this.#batches.free(); // they come back with the next batch
    try {
      change();
      settleStorage(this);
    } catch (error) {
      held.restore();
      throw error;
    }
    held.free();
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

  /** Writes a model file atomically: after a crash it is the old one or the new one, never a torn one. Throws FileError. */
  async save(path: string | URL): Promise<void> {
    await writeAtomically(path, this.encode(), 'save');
  }

  /** The model as plain data: a copy. */
  toNetwork(): Network {
    this.expectLive('toNetwork');
    return networkOf(this, false);
  }

  /** @internal See NetworkSource. */
  lendNetwork(): Network {
    this.expectLive('toNetwork');
    return networkOf(this, true);
  }

  /** @internal Takes over weights and masks of a network of the same graph. */
  adopt(network: Network): void {
    this.#set.adopt(network);
    this.rewindPoint = null;
    this.loaded = true;
  }

  /** Frees everything; further calls throw DisposedError. Disposing twice is harmless. */
  dispose(): void {
    if (!this.#usage.end()) return;
    this.#batches.free();
    this.states.reset();
    this.#set.free();
  }

  /** @internal Throws DisposedError after dispose(). */
  expectLive(where: string): void {
    this.#usage.expectLive(where);
  }

  /** @internal Throws DisposedError after dispose(), OptionError during other training. */
  expectIdle(where: string): void {
    this.#usage.expectIdle(where);
  }
}
