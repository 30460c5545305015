/** Where blocks lie in the memory of an exported module: weights first, then what begins as zeros. */
import type { Block } from '../runtime/block.js';
import { GATHER_END, gathers } from '../runtime/gather.js';
import type { MovablePass } from './relocate.js';
import type { Segment } from './wasm/module.js';

const PAGE = 65_536;
/** Address 0 stays free: to kernels it means none. Some gather inputs in the first page. */
const firstAddress = (kernels: Iterable<string>) => ([...kernels].some(gathers) ? GATHER_END : 64);
/** Behind the last block: kernels may read a few values past what they need. */
const SLACK = 64;
/** Zeros that are worth leaving out: what another segment costs. */
const GAP = 16;

/** Addresses of the blocks that are used, pages, and what is not zero. */
export interface Layout {
  readonly addresses: ReadonlyMap<number, number>;
  readonly pages: number;
  readonly segments: readonly Segment[];
}

/** Blocks that some call names. */
export function usedBlocks(passes: readonly MovablePass[]): Set<number> {
  const used = new Set<number>();
  for (const { calls } of passes) {
    for (const { args } of calls) for (const arg of args) if (typeof arg === 'object') used.add(arg.block);
  }
  return used;
}

/** Runs of `bytes` without long runs of zeros. */
function segmentsOf(bytes: Uint8Array, address: number): Segment[] {
  const segments: Segment[] = [];
  const { length } = bytes;
  for (let at = 0; at < length; ) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    let end = at + 1; // past the last byte that is not zero
    for (let i = end; i < length && i - end < GAP; i++) if (bytes[i] !== 0) end = i + 1;
    segments.push({ address: address + at, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return segments;
}

function isEmpty(words: Uint32Array): boolean {
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

/** Lays the blocks in `used` side by side, for those `kernels`. */
export function layOut(
  blocks: readonly Block[],
  used: ReadonlySet<number>,
  kernels: Iterable<string>,
): Layout {
  const begin = firstAddress(kernels);
  const filled = blocks.map((block, i) => used.has(i) && !isEmpty(block.u32()));
  const order = [...used].sort((a, b) => Number(filled[b]) - Number(filled[a]) || a - b);
  const addresses = new Map<number, number>();
  let [end, data] = [begin, begin];
  for (const index of order) {
    addresses.set(index, end);
    end += blocks[index]!.bytes;
    if (filled[index]) data = end;
  }
  const image = new Uint8Array(data - begin);
  for (const [index, address] of addresses)
    if (filled[index]) image.set(blocks[index]!.u8(), address - begin);
  return { addresses, pages: Math.ceil((end + SLACK) / PAGE), segments: segmentsOf(image, begin) };
}
