/** New models, and models from files. */
import { MemoryError, OptionError } from '../errors.js';
import { type DistributionName, distribute, distributions } from '../graph/distributions.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import type { Network } from '../graph/network.js';
import type { Budget } from '../io/budget.js';
import { type FileSource, openModel } from '../io/modelSource.js';
import type { LayerSpec } from '../layers/layer.js';
import { expectInteger, expectNumber, expectOneOf, expectOptions, show } from '../options.js';
import type { PruneOptions, PruneReport } from '../prune/prune.js';
import { sharedEngine } from '../runtime/engine.js';
import { trainKernels } from '../runtime/trainKernels.js';
import { type SparseFormat, sparseFormats } from '../tensor/formats/index.js';
import { deriveSeed, Random, sample } from '../tensor/random.js';
import { type Shape, showShape, sizeOf } from '../tensor/shape.js';
import type { SparseStart } from '../tensor/storedMatrix.js';
import { expectStorage, type StorageChoice } from '../train/storage.js';
import type { Layout } from './parameterSet.js';
import { Sequential } from './sequential.js';

/** Options of sequential(). */
export interface SequentialOptions {
  /** Shape of one sample without the batch: [784], or [1, 28, 28] with channels first. */
  readonly inputShape: Shape;
  /** Whole number that decides first weights, shuffles and dropout; 0 by default. Equal seeds, equal bits. */
  readonly seed?: number;
  /**
   * Share of connections that are absent from the first step on, 0 to 1; 0 by default. Which ones is random and decided
   * by the seed; dense tensors are never made for them. Train with `fit({ pruning: set() })` or `rigl()` to move them.
   */
  readonly sparsity?: number;
  /** How absent connections are shared among layers: `'erdosRenyi'` by default, narrow layers denser; or `'uniform'`. */
  readonly distribution?: DistributionName;
  /** How pruned weights are stored while they train: `'auto'` by default, sparse where that is faster. */
  readonly storage?: StorageChoice;
}

async function build(graph: Graph, layout: Layout): Promise<Sequential> {
  const engine = await sharedEngine();
  return new Sequential(engine, await trainKernels(engine), graph, layout);
}

/** The format of the random connections of a new model. */
function startFormat(storage: StorageChoice): SparseFormat {
  return storage in sparseFormats ? (storage as SparseFormat) : 'csr';
}

/** Random connections of every weight that is not to be full, by the position of its parameter. */
function randomStarts(
  graph: Graph,
  options: SequentialOptions,
  seed: number,
  storage: StorageChoice,
): Map<number, SparseStart> {
  const sparsity = expectNumber('sequential', 'sparsity', options.sparsity, 0, 1);
  const choices = Object.keys(distributions) as DistributionName[];
  const name = expectOneOf('sequential', 'distribution', options.distribution ?? 'erdosRenyi', choices);
  const specs = graph.nodes.flatMap((node) =>
    node.parameters.map((spec) => ({ spec, name: `${node.name}.${spec.role}` })),
  );
  const weights = specs.flatMap(({ spec, name: own }, position) =>
    spec.role === 'weight' ? [{ position, shape: spec.shape, name: own }] : [],
  );
  const names = weights.map((weight) => weight.name);
  const shapes = weights.map((weight) => weight.shape);
  const counts = distribute('sequential', distributions[name], names, shapes, sparsity);
  const format = startFormat(storage);
  const height = sparseFormats[format];
  const starts = new Map<number, SparseStart>();
  weights.forEach(({ position, shape, name: own }, i) => {
    if (counts[i] === sizeOf(shape)) return;
    const rows = shape[0]!;
    const blocks = Math.ceil(rows / height) * (sizeOf(shape) / rows);
    // Positions are whole numbers of 32 bits, and a connection takes eight bytes: refused before any is drawn.
    if (blocks > 2 ** 32 || counts[i]! > 2 ** 29) {
      throw new MemoryError(
        `sequential: ${own} must have at most 2^32 places and 2^29 connections, got ${counts[i]} of ${showShape(shape)}`,
      );
    }
    const random = new Random(deriveSeed(seed, 6, position));
    const count = Math.max(1, Math.round(counts[i]! / height));
    starts.set(position, { format, positions: sample(random, blocks, count) });
  });
  return starts;
}

/**
 * Builds a model: layers one after another, with blocks such as residual() among them; weights drawn by the seed (He et al. 2015, uniform; biases zero).
 *
 * @throws OptionError or ShapeError when layers do not fit each other, or `sparsity` leaves a layer without connections;
 * UnsupportedError without WebAssembly SIMD; MemoryError.
 *
 * @example
 * ```ts
 * import { dense, relu, sequential } from 'espalier';
 *
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(300), relu(), dense(100), relu(), dense(10)]);
 * console.log(String(model.summary()));
 * model.dispose(); // gives its memory back
 * ```
 */
export async function sequential(
  options: SequentialOptions,
  layers: readonly (LayerSpec | readonly LayerSpec[])[],
): Promise<Sequential> {
  expectOptions('sequential', options, ['inputShape', 'seed', 'sparsity', 'distribution', 'storage']);
  const seed = expectInteger('sequential', 'seed', options.seed ?? 0, 0);
  const storage = expectStorage('sequential', options.storage ?? 'auto');
  const graph = buildGraph(options.inputShape, layers);
  if (options.sparsity === undefined) return build(graph, { seed, storage });
  return build(graph, { seed, storage, starts: randomStarts(graph, options, seed, storage), scaled: true });
}

/** Options of loadModel(). */
export interface LoadOptions {
  /** Limits what a file may ask for. */
  readonly budget?: Partial<Budget>;
  /** How pruned weights are stored while they train: `'auto'` by default. */
  readonly storage?: StorageChoice;
}

/**
 * Loads a model file: bytes, a path, or a URL. Throws OptionError, FileError, or FormatError that names the file.
 *
 * @example
 * ```ts
 * import { loadModel } from 'espalier';
 * import { syntheticDigits } from 'espalier/datasets';
 *
 * const model = await loadModel('model.safetensors');
 * const { images, labels } = syntheticDigits({ samples: 500, shape: [784] });
 * await model.fit(images, labels, { epochs: 1 }); // pruned weights stay zero
 * await model.save('further.safetensors');
 * ```
 */
export async function loadModel(source: FileSource, options: LoadOptions = {}): Promise<Sequential> {
  expectOptions('loadModel', options, ['budget', 'storage']);
  const storage = expectStorage('loadModel', options.storage ?? 'auto');
  const { network, seed } = await openModel('loadModel', source, options.budget, sharedEngine());
  return modelOf(network, seed, storage);
}

/** A model with the weights of a network; pruned ones are stored sparse from the start. */
export async function modelOf(network: Network, seed: number, storage: StorageChoice): Promise<Sequential> {
  const starts = new Map<number, SparseStart>();
  network.parameters.flat().forEach(({ pruned, entries }, i) => {
    if (pruned && entries) starts.set(i, { format: 'csr', positions: entries.positions });
  });
  const model = await build(network.graph, { seed, storage, starts });
  try {
    model.adopt(network);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Prunes a model to a sparsity, in rounds, retraining after each when `fit` is given: pruned weights stay zero, units and layers are removed.
 * Which go, and when, is told by PruneOptions.
 *
 * @example
 * ```ts
 * import { adam, dense, iterative, prune, relu, sequential } from 'espalier';
 * import { split, syntheticDigits } from 'espalier/datasets';
 *
 * const { train, validation } = split(syntheticDigits({ samples: 600, shape: [784] }), { validation: 120 });
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(32), relu(), dense(10)]);
 * await model.fit(train.images, train.labels, { epochs: 2 });
 * const report = await prune(model, {
 *   sparsity: 0.9,
 *   criterion: 'magnitude',
 *   allocation: 'global',
 *   schedule: iterative({ rounds: 3 }),
 *   fit: { data: train, validation, optimizer: adam(), epochs: 1 },
 * });
 * console.log(String(report)); // what each round asked, reached and cost
 * ```
 */
export async function prune(model: Sequential, options: PruneOptions): Promise<PruneReport> {
  if (!(model instanceof Sequential)) {
    throw new OptionError(`prune: model must come from sequential() or loadModel(), got ${show(model)}`);
  }
  return model.prune(options);
}
