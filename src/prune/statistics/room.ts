import type { Block } from '../../runtime/block.js';
import type { Memory } from '../../runtime/memory.js';
import type { Parameter } from '../../tensor/parameter.js';

/** Blocks that are given back together. */
export class Room {
  readonly memory: Memory;
  readonly #blocks: Block[] = [];

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** As Memory.allocate. */
  allocate(bytes: number, zeroed = true): Block {
    const block = this.memory.allocate(bytes, zeroed);
    this.#blocks.push(block);
    return block;
  }

  /** Room for `length` doubles, all 0. */
  doubles(length: number): Block {
    return this.allocate(length * 8);
  }

  /** Gives everything back. */
  free(): void {
    for (const block of this.#blocks) block.free();
    this.#blocks.length = 0;
  }
}

/** A copy of `length` doubles at the beginning of a block. */
export function readDoubles({ memory, address }: Block, length: number): Float64Array {
  return new Float64Array(memory.buffer, address, length).slice();
}

/** Copies doubles to the beginning of a block. */
export function writeDoubles({ memory, address }: Block, values: Float64Array): void {
  new Float64Array(memory.buffer, address, values.length).set(values);
}

/** A row-major copy of an array that lies as the values of a parameter do (a byte address). */
export function layOut({ storage, length }: Parameter, array: number, memory: Memory): Float32Array {
  const dense = memory.allocate(length * 4, false);
  try {
    storage.toDense(dense.address, array);
    return dense.f32(length).slice();
  } finally {
    dense.free();
  }
}
