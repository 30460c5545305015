/** The parameters of a model with their graph: how they begin, how they are stored, and how others take their place. */
import type { Graph } from '../graph/graph.js';
import { expectNetwork, type Network, tensorOf } from '../graph/network.js';
import type { Cut } from '../prune/resizable.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import type { Parameter } from '../tensor/parameter.js';
import { expectStorage, type StorageChoice, settleStorage } from '../train/storage.js';
import type { Snapshot, Trainable } from '../train/trainable.js';
import { allocateParameters, drawValues, type Starts } from './parameters.js';
import { resized } from './resize.js';

/** How a new model is held. */
export interface Layout {
  readonly seed: number;
  readonly storage: StorageChoice;
  /** By the position of a parameter: what is live in weights that begin sparse. */
  readonly starts?: Starts;
  /** True for random connections of a new model: where there are fewer, first weights are larger. */
  readonly scaled?: boolean;
}

/** Shares of live weights, by position; never 0, for first values are divided by it. */
function densitiesOf(parameters: readonly Parameter[], positions: readonly number[]): Map<number, number> {
  return new Map(positions.map((i) => [i, Math.max(1, parameters[i]!.live) / parameters[i]!.length]));
}

/** All parameters in layer order, each in the format that the choice of storage asks for. */
export class ParameterSet {
  readonly engine: Engine;
  readonly kernels: TrainKernels;
  readonly seed: number;
  #graph: Graph;
  #parameters: readonly Parameter[];
  #storage: StorageChoice;
  /** By the position of a parameter: the share of connections that it began with, where that is not 1. */
  #densities: ReadonlyMap<number, number>;

  /** With first values; throws MemoryError, and keeps nothing, when the memory does not suffice. */
  constructor(engine: Engine, kernels: TrainKernels, graph: Graph, layout: Layout) {
    const { seed, storage, starts, scaled } = layout;
    this.engine = engine;
    this.kernels = kernels;
    this.seed = seed;
    this.#graph = graph;
    this.#parameters = allocateParameters(engine, kernels, graph, starts);
    this.#storage = storage;
    this.#densities = densitiesOf(this.#parameters, scaled && starts ? [...starts.keys()] : []);
    try {
      this.draw(0);
      if (starts) settleStorage(this); // nothing else is pruned yet
    } catch (error) {
      this.free();
      throw error;
    }
  }

  get graph(): Graph {
    return this.#graph;
  }

  get parameters(): readonly Parameter[] {
    return this.#parameters;
  }

  get storage(): StorageChoice {
    return this.#storage;
  }

  /** See Sequential.setStorage(). */
  setStorage(choice: StorageChoice): void {
    const before = this.#storage;
    this.#storage = expectStorage('setStorage', choice);
    try {
      settleStorage(this);
    } catch (error) {
      this.#storage = before;
      throw error;
    }
  }

  /** First values under the present masks; round 0 are those of a new model. */
  draw(round: number): void {
    drawValues(this, round, this.#densities);
  }

  /** Takes over weights and masks of a network of the same graph. */
  adopt(network: Network): void {
    expectNetwork(network);
    network.parameters.flat().forEach((given, i) => {
      const parameter = this.parameters[i]!;
      parameter.restore(tensorOf(given, parameter.shape));
    });
    settleStorage(this);
  }

  /** Makes the cut, with moments of optimizers; returns what is left of the snapshot. See Resizable. */
  resize({ rewindPoint, states }: Pick<Trainable, 'rewindPoint' | 'states'>, cut: Cut): Snapshot | null {
    const { engine, storage } = this;
    const left = resized({ engine, storage, parameters: this.parameters, rewindPoint, states }, cut);
    const begun = cut.parameters.flatMap(({ from }, i) => (this.#densities.has(from) ? [i] : []));
    this.#graph = cut.graph;
    this.#parameters = left.parameters;
    this.#densities = densitiesOf(left.parameters, begun);
    return left.rewindPoint;
  }

  /** Gives a function that goes back to the graph as it is now with copies of all parameters, and frees those at hand. */
  held(copies: readonly Parameter[]): () => void {
    const [graph, densities] = [this.#graph, this.#densities];
    return () => {
      this.free();
      this.#graph = graph;
      this.#parameters = copies;
      this.#densities = densities;
    };
  }

  free(): void {
    for (const parameter of this.parameters) parameter.free();
  }
}
