/** Weights behind the weights: what an optimizer moves while the network computes with a part of it. */
import type { Block } from '../../runtime/block.js';
import { DenseStorage } from '../../tensor/formats/index.js';
import type { Parameter } from '../../tensor/parameter.js';
import {
  bytesOf,
  type CheckpointValue,
  fieldsOf,
  floatsOf,
  listOf,
  refuse,
} from '../../train/checkpoint/read.js';
import type { PruningRun } from '../../train/pruning.js';
import { ifRoom, settleStorage } from '../../train/storage.js';
import type { Trainable } from '../../train/trainable.js';

/** One prunable parameter with its shadow; while there is one, the parameter is dense and has a mask. */
export interface ShadowedWeight {
  /** Position in Trainable.parameters. */
  readonly index: number;
  readonly parameter: Parameter;
  /** As many floats, row-major. */
  readonly shadow: Block;
  /** Arrays of the method's own, zero at first. */
  readonly state: readonly Block[];
}

/** The shadows of all prunable parameters: effective weight = shadow where the mask is 1, else 0. */
export class Shadows {
  readonly weights: readonly ShadowedWeight[];
  readonly #model: Trainable;
  readonly #run: PruningRun;
  /** The mask that is being made, and which moments stay: as long as the largest weight. */
  readonly #next: Block;
  readonly #keep: Block;

  /**
   * Moves the weights to dense storage and copies them; `stateBytes` are the sizes of a method's own arrays for a weight. Throws
   * MemoryError, and changes nothing, when memory does not suffice.
   */
  constructor(
    model: Trainable,
    run: PruningRun,
    stateBytes: (weight: Parameter) => readonly number[] = () => [],
  ) {
    this.#model = model;
    this.#run = run;
    const { memory } = model.engine;
    const prunable = [...model.parameters.entries()].filter(([, { prunable }]) => prunable);
    const longest = Math.max(0, ...prunable.map(([, { length }]) => length));
    const made = memory.allOrNothing(() => ({
      weights: prunable.map(([index, parameter]) => ({
        index,
        parameter,
        shadow: memory.allocate(parameter.length * 4),
        state: stateBytes(parameter).map((bytes) => memory.allocate(bytes)),
      })),
      next: memory.allocate(longest),
      keep: memory.allocate(longest),
    }));
    this.weights = made.weights;
    this.#next = made.next;
    this.#keep = made.keep;
    const before = prunable.map(([, { format, pruned }]) => ({ format, pruned }));
    try {
      this.follow();
    } catch (error) {
      this.free();
      prunable.forEach(([, parameter], i) => {
        const { format, pruned } = before[i]!;
        if (!pruned) parameter.setMask(null);
        parameter.convert(format);
      });
      throw error;
    }
  }

  /** Byte address of the shadow of parameter `index`, 0 when it has none. */
  address(index: number): number {
    return this.weights.find((weight) => weight.index === index)?.shadow.address ?? 0;
  }

  /** Byte address of the mask of a weight. */
  mask({ parameter }: ShadowedWeight): number {
    return (parameter.storage as DenseStorage).maskAddress;
  }

  /** Makes shadows of the weights as they are: after the start, and after weights were put back. */
  follow(): void {
    for (const { parameter, shadow } of this.weights) {
      parameter.convert('dense');
      if (!parameter.pruned) parameter.setMask(new Uint8Array(parameter.length).fill(1));
      const { f32 } = this.#model.engine.memory;
      f32.copyWithin(shadow.address / 4, parameter.address / 4, parameter.address / 4 + parameter.length);
    }
  }

  /** Effective weights from the shadows, under the masks as they are. */
  apply(): void {
    const { kernels } = this.#model;
    for (const weight of this.weights) {
      const { parameter, shadow } = weight;
      kernels.mask_copy_f32(parameter.address, shadow.address, this.mask(weight), parameter.length);
    }
  }

  /**
   * Another mask for a weight, written by `write` over a copy of the present one (a byte address). What it brings back
   * has empty moments. apply() is for the caller.
   */
  remask(weight: ShadowedWeight, write: (mask: number) => void): void {
    const { parameter, index } = weight;
    const { kernels, engine } = this.#model;
    const [length, now] = [parameter.length, this.mask(weight)];
    const bytes = new Uint8Array(engine.memory.buffer);
    bytes.copyWithin(this.#next.address, now, now + length);
    write(this.#next.address);
    if (kernels.mask_revived(this.#keep.address, now, this.#next.address, length) > 0) {
      for (const moment of this.#run.moments(index)) {
        kernels.mask_apply_f32(moment, this.#keep.address, length);
      }
    }
    (parameter.storage as DenseStorage).setMask(this.#next.u8(length));
  }

  /** Empties the moments of what is pruned, which the optimizer would go on moving otherwise. */
  forget({ index, parameter }: ShadowedWeight): void {
    const storage = parameter.storage as DenseStorage;
    for (const moment of this.#run.moments(index)) storage.applyMask(moment);
  }

  /** False when a shadow holds a NaN or an infinity. */
  finite(): boolean {
    const { kernels } = this.#model;
    return this.weights.every(
      ({ shadow, parameter }) => kernels.count_nonfinite_f32(shadow.address, parameter.length) === 0,
    );
  }

  /** Copies of all shadows and of the method's own arrays. */
  state(): CheckpointValue {
    return this.weights.map(({ shadow, state, parameter }) => ({
      shadow: shadow.f32(parameter.length).slice(),
      own: state.map((block) => block.u8().slice()),
    }));
  }

  /** Inverse of state(). Throws FormatError, and changes nothing, for what is not of this model. */
  restore(value: CheckpointValue): void {
    const read = listOf('shadows', value, this.weights.length).map((entry, i) => {
      const { parameter, state } = this.weights[i]!;
      const { shadow, own } = fieldsOf(`shadow of ${parameter.name}`, entry);
      const floats = floatsOf(`shadow of ${parameter.name}`, shadow, parameter.length);
      const blocks = listOf(`shadow of ${parameter.name}`, own, state.length);
      const bytes = blocks.map((block, j) => bytesOf(`shadow of ${parameter.name}`, block, state[j]!.bytes));
      if (!(parameter.storage as DenseStorage).maskAddress) refuse(`mask of ${parameter.name}`, null);
      return { floats, bytes };
    });
    this.weights.forEach(({ shadow, state, parameter }, i) => {
      shadow.f32(parameter.length).set(read[i]!.floats);
      state.forEach((block, j) => {
        block.u8().set(read[i]!.bytes[j]!);
      });
    });
  }

  /** Gives the memory back, and commits the masks. */
  end(): void {
    this.free();
    commitMasks(this.#model);
  }

  /** Gives the memory back, and nothing else. */
  free(): void {
    for (const { shadow, state } of this.weights) for (const block of [shadow, ...state]) block.free();
    this.#next.free();
    this.#keep.free();
  }
}

/** What is pruned is forgotten, in moments too; weights move to the storage of the model if there is room. */
export function commitMasks(model: Trainable): void {
  for (const parameter of model.parameters) {
    const { storage, prunable } = parameter;
    if (!prunable || !(storage instanceof DenseStorage)) continue;
    const mask = storage.readMask();
    if (mask) parameter.setMask(mask.includes(0) ? mask : null);
  }
  ifRoom(() => settleStorage(model));
}
