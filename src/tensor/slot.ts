/** An array that lies as the values of a parameter do, and stays so when their storage changes. */
import type { Block } from '../runtime/block.js';
import type { StoredMatrix } from './storedMatrix.js';

/** A moment of an optimizer. Made by Parameter.attach(). */
export class Slot {
  readonly #matrix: StoredMatrix;
  #block: Block;

  /** @internal */
  constructor(matrix: StoredMatrix, block: Block) {
    this.#matrix = matrix;
    this.#block = block;
  }

  /** Byte address of `count` floats. */
  get address(): number {
    return this.#block.address;
  }

  /** @internal */
  get block(): Block {
    return this.#block;
  }

  /** @internal Called when the storage changes. */
  replace(block: Block): void {
    this.#block.free();
    this.#block = block;
  }

  /** A copy, in the order of the stored values. */
  read(): Float32Array {
    return this.#block.f32(this.#matrix.storage.count).slice();
  }

  /** A copy, row-major; 0 where the weight is pruned. */
  readDense(): Float32Array {
    return this.#matrix.layOut(this.address);
  }

  /** Inverse of read(), for a parameter whose storage is as it was then. */
  write(values: Float32Array): void {
    this.#block.f32(this.#matrix.storage.count).set(values);
  }

  /** Gives the memory back. */
  free(): void {
    this.#matrix.detach(this);
    this.#block.free();
  }
}
