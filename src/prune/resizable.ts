/** What surgery asks of a model. */
import type { Graph } from '../graph/graph.js';
import type { Choice } from '../tensor/select.js';
import type { Trainable } from '../train/trainable.js';

/** What becomes of a parameter: which rows and columns stay, and new values where it does not keep its own. */
export interface ParameterCut extends Choice {
  /** Its position in the parameters of the model as it is. */
  readonly from: number;
  /** In place of the values that would be left: for biases. */
  readonly values?: Float32Array;
}

/** A smaller model: its graph, and where each of its parameters comes from. */
export interface Cut {
  readonly graph: Graph;
  readonly parameters: readonly ParameterCut[];
}

/** A model whose graph and tensors can be replaced by smaller ones. */
export interface Resizable extends Trainable {
  /** Takes the cut over, with moments and snapshots; all or nothing. Throws MemoryError. */
  resize(cut: Cut): void;
  /** Copies everything that resize() changes. Throws MemoryError, and keeps nothing. */
  hold(): Held;
}

/** A model as it was, until one of both is called. */
export interface Held {
  /** Makes the model so again; cannot fail. */
  restore(): void;
  /** Forgets it. */
  free(): void;
}
