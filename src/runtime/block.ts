/** Pieces of WebAssembly memory, as the allocator gives them out. */
import { DisposedError } from '../errors.js';
import type { Memory } from './memory.js';

/** A cache line, and more than any vector needs. */
export const ALIGN = 64;

/** Whole cache lines for that many bytes, at least one. */
export function sizeFor(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / ALIGN)) * ALIGN;
}

/** A piece of WebAssembly memory. Its address stays the same until it is freed. */
export class Block {
  readonly #memory: Memory;
  readonly #address: number;
  #bytes: number;
  #live = true;

  /** @internal */
  constructor(memory: Memory, address: number, bytes: number) {
    this.#memory = memory;
    this.#address = address;
    this.#bytes = bytes;
  }

  /** The memory that it is a part of. */
  get memory(): Memory {
    return this.#memory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Byte address, a multiple of 64. Throws DisposedError after free(). */
  get address(): number {
    if (!this.#live) throw new DisposedError('Block: memory must not be used after free()');
    return this.#address;
  }

  /** A view of the block as it is now; void after the next allocation. */
  f32(length = this.bytes / 4, offset = 0): Float32Array {
    return new Float32Array(this.#memory.buffer, this.address + offset * 4, length);
  }

  /** As f32, for unsigned bytes. */
  u8(length = this.bytes): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.address, length);
  }

  /** As f32, for unsigned 32-bit numbers. */
  u32(length = this.bytes / 4, offset = 0): Uint32Array {
    return new Uint32Array(this.#memory.buffer, this.address + offset * 4, length);
  }

  /** As f32, for unsigned 16-bit numbers; offset and length count them. */
  u16(length = this.bytes / 2, offset = 0): Uint16Array {
    return new Uint16Array(this.#memory.buffer, this.address + offset * 2, length);
  }

  /** As f32, for signed 32-bit numbers. */
  i32(length = this.bytes / 4): Int32Array {
    return new Int32Array(this.#memory.buffer, this.address, length);
  }

  /** Keeps the first `bytes` and gives the rest of the memory back. */
  shrink(bytes: number): void {
    const size = sizeFor(bytes);
    if (size >= this.#bytes) return;
    this.#memory.release(this.address + size, this.#bytes - size);
    this.#bytes = size;
  }

  /** Gives the memory back; freeing twice is harmless. */
  free(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#memory.release(this.#address, this.#bytes);
  }

  /** @internal Undoes free(), while its memory is free still. */
  revive(): void {
    this.#memory.claim(this.#address, this.#bytes);
    this.#live = true;
  }
}
