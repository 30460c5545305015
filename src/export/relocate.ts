/** Finds out which numbers of a recording are addresses, and in which block. */
import { EspalierError } from '../errors.js';
import type { Block } from '../runtime/block.js';
import type { Recording } from './record.js';

/** An address: a block by its place in the list, and bytes from its begin. */
export interface Pointer {
  readonly block: number;
  readonly offset: number;
}

/** What a call is given. */
export type Argument = number | Pointer;

/** A call that can be moved to other addresses. */
export interface MovableCall {
  readonly kernel: string;
  readonly args: readonly Argument[];
}

/** Calls over `count` samples. */
export interface MovablePass {
  readonly first: number;
  readonly count: number;
  readonly calls: readonly MovableCall[];
}

const failed = (what: string) => new EspalierError('INTERNAL', `exportModule: ${what}`);

/** Blocks in the order of their addresses, to look one up. */
class Places {
  readonly #blocks: readonly { readonly index: number; readonly address: number; readonly end: number }[];

  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks
      .map(({ address, bytes }, index) => ({ index, address, end: address + bytes }))
      .sort((a, b) => a.address - b.address);
  }

  pointer(address: number): Pointer {
    let [low, high] = [0, this.#blocks.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#blocks[middle]!.address <= address) low = middle;
      else high = middle;
    }
    const found = this.#blocks[low]!;
    if (address < found.address || address >= found.end) {
      throw failed(`calls must stay within their blocks, got address ${address}`);
    }
    return { block: found.index, offset: address - found.address };
  }
}

/** Loops, as buffers may be large. */
function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * The passes of `here` with addresses told from other numbers. `there` is a recording of the same network `shift` bytes further
 * up: an argument that moved with it is an address, and memory that holds none is the same in both.
 */
export function relocate(here: Recording, there: Recording, shift: number): MovablePass[] {
  here.blocks.forEach((block, i) => {
    const other = there.blocks[i]!;
    if (other.address !== block.address + shift || !sameWords(block.u32(), other.u32())) {
      throw failed('memory must hold the same wherever a network is compiled, got a difference');
    }
  });
  const places = new Places(here.blocks);
  const argument = (a: number, b: number): Argument => {
    if (Object.is(a, b)) return a;
    if (b !== a + shift) throw failed(`calls must differ by addresses only, got ${a} and ${b}`);
    return places.pointer(a);
  };
  return here.passes.map(({ first, count, calls }, p) => ({
    first,
    count,
    calls: calls.map(({ kernel, args }, c) => {
      const other = there.passes[p]!.calls[c]!;
      return { kernel, args: args.map((a, i) => argument(a, other.args[i]!)) };
    }),
  }));
}
