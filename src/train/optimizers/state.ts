/** State of optimizers: it lives with the parameters of a model, and is pruned and freed with them. */
import type { Engine } from '../../runtime/engine.js';
import type { Block } from '../../runtime/memory.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Parameter } from '../../tensor/parameter.js';
import type { Optimizer } from './optimizer.js';

/** Moments of every parameter under one optimizer, and the number of updates made. */
export class OptimizerState {
  step = 0;
  readonly #slots: readonly (readonly Block[])[];

  constructor(engine: Engine, optimizer: Optimizer, parameters: readonly Parameter[]) {
    this.#slots = parameters.map((parameter) =>
      Array.from({ length: optimizer.slots }, () => engine.memory.allocate(parameter.length * 4)),
    );
  }

  /** Byte addresses of the slots of parameter `index`. */
  addresses(index: number): number[] {
    return this.#slots[index]!.map((block) => block.address);
  }

  /** Copies of all slots, for tests, snapshots and files. */
  read(): Float32Array[][] {
    return this.#slots.map((blocks) => blocks.map((block) => block.f32().slice()));
  }

  /** Inverse of read(). */
  write(slots: readonly (readonly Float32Array[])[]): void {
    this.#slots.forEach((blocks, i) => {
      blocks.forEach((block, j) => {
        block.f32().set(slots[i]![j]!);
      });
    });
  }

  free(): void {
    for (const block of this.#slots.flat()) block.free();
  }
}

/** The states of one model, one per optimizer object that is still reachable. */
export class OptimizerStates {
  readonly #engine: Engine;
  readonly #kernels: TrainKernels;
  readonly #parameters: readonly Parameter[];
  #entries: { readonly optimizer: WeakRef<Optimizer>; readonly state: OptimizerState }[] = [];

  constructor(engine: Engine, kernels: TrainKernels, parameters: readonly Parameter[]) {
    this.#engine = engine;
    this.#kernels = kernels;
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
    const state = new OptimizerState(this.#engine, optimizer, this.#parameters);
    this.#entries.push({ optimizer: new WeakRef(optimizer), state });
    return state;
  }

  /** Zeroes the moments of pruned weights, in every state. */
  applyMasks(): void {
    this.#parameters.forEach((parameter, i) => {
      if (parameter.maskAddress === 0) return;
      for (const { state } of this.#entries) {
        for (const slot of state.addresses(i)) {
          this.#kernels.mask_apply_f32(slot, parameter.maskAddress, parameter.length);
        }
      }
    });
  }

  /** Forgets everything: the next call of of() begins at zero. */
  reset(): void {
    for (const { state } of this.#entries) state.free();
    this.#entries = [];
  }
}
