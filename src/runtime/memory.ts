/**
 * Allocator over one WebAssembly.Memory. Kernels own no memory: every buffer they see comes from here.
 *
 * Growing the memory detaches all typed arrays over it, so views are made when asked for and never kept.
 */
import { MemoryError } from '../errors.js';
import { Block, sizeFor } from './block.js';
import { GATHER_END } from './gather.js';

const PAGE = 65536;
/** All of 4 GiB but the last page: a kernel's `address + bytes` never wraps to 0. */
const MAX_PAGES = 65535;
/** Address space to begin with: untouched pages cost nothing, and growing costs about a millisecond each time. */
const FIRST_PAGES = 127;

interface Span {
  address: number;
  bytes: number;
}

/** First-fit allocator with a sorted free list; neighbours merge. Grows by at least a quarter. */
export class Memory {
  readonly wasm: WebAssembly.Memory;
  #free: Span[];
  #liveBytes = 0;
  #scope: Block[] | null = null;
  #f32: Float32Array;

  /** With room for so many pages of blocks; the first page of all is for kernels to gather inputs in, and address 0 means "none". */
  constructor(pages = FIRST_PAGES) {
    const initial = pages + GATHER_END / PAGE;
    this.wasm = new WebAssembly.Memory({ initial, maximum: MAX_PAGES });
    this.#free = pages > 0 ? [{ address: GATHER_END, bytes: pages * PAGE }] : [];
    this.#f32 = new Float32Array(this.wasm.buffer);
  }

  get buffer(): ArrayBuffer {
    return this.wasm.buffer;
  }

  /** Bytes handed out and not freed. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Size of the WebAssembly memory; it never shrinks. */
  get totalBytes(): number {
    return this.wasm.buffer.byteLength;
  }

  /** The whole memory as floats, renewed after growth. Do not keep it across an allocation. */
  get f32(): Float32Array {
    if (this.#f32.length === 0) this.#f32 = new Float32Array(this.wasm.buffer);
    return this.#f32;
  }

  /**
   * A block of at least one byte: zeroed, unless its owner is going to fill all of it (`zeroed` false). Throws MemoryError when 4 GiB (less 128 KiB) or the host's limit are reached.
   */
  allocate(bytes: number, zeroed = true): Block {
    const size = sizeFor(bytes);
    let index = this.#free.findIndex((span) => span.bytes >= size);
    if (index < 0) {
      this.#grow(size);
      index = this.#free.length - 1;
    }
    const span = this.#free[index]!;
    const address = span.address;
    span.address += size;
    span.bytes -= size;
    if (span.bytes === 0) this.#free.splice(index, 1);
    this.#liveBytes += size;
    if (zeroed) new Uint8Array(this.wasm.buffer, address, size).fill(0);
    const block = new Block(this, address, size);
    this.#scope?.push(block);
    return block;
  }

  /** Runs `work`, which may allocate; when it throws, all that it allocated is freed again. */
  allOrNothing<T>(work: () => T): T {
    const outer = this.#scope;
    const mine: Block[] = [];
    this.#scope = mine;
    try {
      const result = work();
      outer?.push(...mine);
      return result;
    } catch (error) {
      for (const block of mine) block.free();
      throw error;
    } finally {
      this.#scope = outer;
    }
  }

  /**
   * Runs `make`, which may allocate, with `blocks` given back: for new ones that find no room beside the old. When it throws, all
   * that it allocated is freed again, and the blocks are where they were, with what they held.
   */
  exchange<T>(blocks: readonly Block[], make: () => T): T {
    const held = blocks.map((block) => block.u8().slice());
    for (const block of blocks) block.free();
    try {
      return this.allOrNothing(make);
    } catch (error) {
      blocks.forEach((block, i) => {
        block.revive();
        block.u8().set(held[i]!);
      });
      throw error;
    }
  }

  /** @internal Called by Block.revive(): takes that very piece, which must be free. */
  claim(address: number, bytes: number): void {
    const end = address + bytes;
    const index = this.#free.findIndex((span) => span.address <= address && end <= span.address + span.bytes);
    const span = this.#free[index]!;
    const before = { address: span.address, bytes: address - span.address };
    const after = { address: end, bytes: span.address + span.bytes - end };
    this.#free.splice(index, 1, ...[before, after].filter((part) => part.bytes > 0));
    this.#liveBytes += bytes;
  }

  /** @internal Called by Block.free(). */
  release(address: number, bytes: number): void {
    this.#liveBytes -= bytes;
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#free[middle]!.address < address) low = middle + 1;
      else high = middle;
    }
    this.#free.splice(low, 0, { address, bytes });
    this.#merge(low);
    if (low > 0) this.#merge(low - 1);
  }

  /** Joins span `index` with the next one if they touch. */
  #merge(index: number): void {
    const span = this.#free[index];
    const next = this.#free[index + 1];
    if (span && next && span.address + span.bytes === next.address) {
      span.bytes += next.bytes;
      this.#free.splice(index + 1, 1);
    }
  }

  /** Adds `pages`; false where the host has no more. */
  #added(pages: number): boolean {
    try {
      this.wasm.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  /** Makes the last free span hold `size` bytes: with a quarter more than there was, where the host has that much. */
  #grow(size: number): void {
    const end = this.wasm.buffer.byteLength;
    const last = this.#free.at(-1);
    const tail = last && last.address + last.bytes === end ? last.bytes : 0;
    const needed = Math.ceil((size - tail) / PAGE);
    const quarter = Math.min(Math.ceil(end / PAGE / 4), MAX_PAGES - end / PAGE);
    const pages = [Math.max(needed, quarter), needed].find((some) => this.#added(some));
    if (pages === undefined) {
      throw new MemoryError(
        `Memory: at most ${MAX_PAGES * PAGE - GATHER_END} bytes can be held, got a request for ${size} beyond ${this.#liveBytes} in use`,
      );
    }
    this.release(end, pages * PAGE);
    this.#liveBytes += pages * PAGE; // release() counted memory that nobody held
  }
}
