/** State of optimizers: it lives with the parameters of a model, and is pruned, moved and freed with them. */
import type { Parameter } from '../../tensor/parameter.js';
import type { Slot } from '../../tensor/slot.js';
import type { Optimizer } from './optimizer.js';

/** Moments of every parameter under one optimizer, and the number of updates made. */
export class OptimizerState {
  step = 0;
  #slots: readonly (readonly Slot[])[];

  /** Throws MemoryError, and attaches nothing, when the memory does not suffice. */
  constructor(optimizer: Optimizer, parameters: readonly Parameter[]) {
    const made: Slot[] = [];
    const attach = (parameter: Parameter) => {
      const slot = parameter.attach();
      made.push(slot);
      return slot;
    };
    try {
      this.#slots = parameters.map((parameter) =>
        Array.from({ length: optimizer.slots }, () => attach(parameter)),
      );
    } catch (error) {
      for (const slot of made) slot.free();
      throw error;
    }
  }

  /** Byte addresses of the slots of parameter `index`. */
  addresses(index: number): number[] {
    return this.#slots[index]!.map((slot) => slot.address);
  }

  /** Copies of all slots, in the order of the stored values. */
  read(): Float32Array[][] {
    return this.#slots.map((slots) => slots.map((slot) => slot.read()));
  }

  /** Copies of all slots, row-major. */
  readDense(): Float32Array[][] {
    return this.#slots.map((slots) => slots.map((slot) => slot.readDense()));
  }

  /** Inverse of read(), for parameters whose storage is as it was then. */
  write(values: readonly (readonly Float32Array[])[]): void {
    this.#slots.forEach((slots, i) => {
      slots.forEach((slot, j) => {
        slot.write(values[i]![j]!);
      });
    });
  }

  /** Goes on with the parameters that were at those positions, in this order; slots of others go with their parameters. */
  keep(positions: readonly number[]): void {
    this.#slots = positions.map((position) => this.#slots[position]!);
  }

  /** The same for copies of all parameters, stored alike. Throws MemoryError, and attaches nothing. */
  copied(optimizer: Optimizer, parameters: readonly Parameter[]): OptimizerState {
    const copy = new OptimizerState(optimizer, parameters);
    copy.write(this.read());
    copy.step = this.step;
    return copy;
  }

  free(): void {
    for (const slot of this.#slots.flat()) slot.free();
  }
}

/** The states of one model, one per optimizer object that is still reachable. */
export class OptimizerStates {
  #parameters: readonly Parameter[];
  #entries: { readonly optimizer: WeakRef<Optimizer>; readonly state: OptimizerState }[] = [];

  constructor(parameters: readonly Parameter[]) {
    this.#parameters = parameters;
  }

  /** The state for this very object; zeros at the first call. */
  of(optimizer: Optimizer): OptimizerState {
    const known = this.#entries.find((entry) => entry.optimizer.deref() === optimizer);
    if (known) return known.state;
    this.#entries = this.#entries.filter((entry) => {
      const reachable = entry.optimizer.deref() !== undefined;
      if (!reachable) entry.state.free();
      return reachable;
    });
    const state = new OptimizerState(optimizer, this.#parameters);
    this.#entries.push({ optimizer: new WeakRef(optimizer), state });
    return state;
  }

  /** Updates made by this very object; 0 for one that has not been used. */
  stepOf(optimizer: Optimizer): number {
    return this.#entries.find((entry) => entry.optimizer.deref() === optimizer)?.state.step ?? 0;
  }

  /** The model goes on with the parameters at those positions; every moment stays with its own. */
  keep(positions: readonly number[]): void {
    this.#parameters = positions.map((position) => this.#parameters[position]!);
    for (const { state } of this.#entries) state.keep(positions);
  }

  /**
   * Copies all states for copies of all parameters, stored alike, which slots are freed with. The function that comes back
   * goes on with those, and cannot fail. Throws MemoryError.
   */
  copied(parameters: readonly Parameter[]): () => void {
    const copies = this.#entries.flatMap(({ optimizer, state }) => {
      const own = optimizer.deref();
      return own ? [{ optimizer, state: state.copied(own, parameters) }] : [];
    });
    return () => {
      this.#parameters = parameters;
      this.#entries = copies;
    };
  }

  /** Forgets everything: the next call of of() begins at zero. */
  reset(): void {
    for (const { state } of this.#entries) state.free();
    this.#entries = [];
  }
}
