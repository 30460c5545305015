import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { DenseValues } from '../values.js';
import type { Storage } from './format.js';

/** All values, row-major, and a byte mask while some are pruned. */
export class DenseStorage implements Storage {
  readonly format = 'dense';
  readonly count: number;
  readonly #kernels: TrainKernels;
  readonly #values: Block;
  #mask: Block | null = null;

  /** Values are to be written by the owner. */
  constructor(engine: Engine, kernels: TrainKernels, length: number) {
    this.count = length;
    this.#kernels = kernels;
    this.#values = engine.memory.allocate(length * 4, false);
  }

  get address(): number {
    return this.#values.address;
  }

  /** Byte address of the mask, 0 without one. */
  get maskAddress(): number {
    return this.#mask?.address ?? 0;
  }

  get live(): number {
    return this.#mask ? this.#kernels.mask_count(this.maskAddress, this.count) : this.count;
  }

  get structureBytes(): number {
    return this.#mask ? this.count : 0;
  }

  get blocks(): readonly Block[] {
    return this.#mask ? [this.#values, this.#mask] : [this.#values];
  }

  toDense(dense: number, array: number): void {
    this.#copy(dense, array);
  }

  fromDense(array: number, dense: number): void {
    this.#copy(array, dense);
    this.applyMask(array);
  }

  #copy(to: number, from: number): void {
    this.#values.memory.f32.copyWithin(to / 4, from / 4, from / 4 + this.count);
  }

  /** Zeroes what is pruned in an array that lies as the values do. */
  applyMask(array: number): void {
    if (this.#mask) this.#kernels.mask_apply_f32(array, this.maskAddress, this.count);
  }

  /** Sets or clears the mask; the owner applies it. */
  setMask(mask: Uint8Array | null): void {
    if (mask) {
      this.#mask ??= this.#values.memory.allocate(this.count, false);
      this.#mask.u8(this.count).set(mask);
    } else {
      this.#mask?.free();
      this.#mask = null;
    }
  }

  read(): DenseValues {
    return { format: 'dense', values: this.#values.f32(this.count).slice(), mask: this.readMask() };
  }

  readMask(): Uint8Array | null {
    return this.#mask?.u8(this.count).slice() ?? null;
  }

  free(): void {
    for (const block of this.blocks) block.free();
  }
}
