import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DisposedError, MemoryError } from '../../src/errors.js';
import { type Block, Memory } from '../../src/runtime/memory.js';

const PAGE = 65536;

type Order = { readonly allocate: number } | { readonly free: number };

const orders = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60000 })) }),
    fc.record({ free: fc.nat(1000) }),
  ),
  { maxLength: 60 },
);

/** Carries orders out, checking every promise on the way; gives the blocks that are left. */
function obey(memory: Memory, list: readonly Order[]): Block[] {
  const live: { block: Block; tag: number }[] = [];
  const intact = ({ block, tag }: (typeof live)[number]) => block.u8().every((byte) => byte === tag);
  list.forEach((order, i) => {
    if ('allocate' in order) {
      const block = memory.allocate(order.allocate);
      expect(block.address % 64).toBe(0);
      expect(block.address).toBeGreaterThan(0);
      expect(block.bytes).toBeGreaterThanOrEqual(Math.max(1, order.allocate));
      expect(block.address + block.bytes).toBeLessThanOrEqual(memory.totalBytes);
      for (const { block: other } of live) {
        const apart =
          other.address + other.bytes <= block.address || block.address + block.bytes <= other.address;
        expect(apart).toBe(true);
      }
      expect(block.u8().every((byte) => byte === 0)).toBe(true);
      const tag = 1 + (i % 255);
      block.u8().fill(tag);
      live.push({ block, tag });
    } else if (live.length > 0) {
      const [freed] = live.splice(order.free % live.length, 1);
      expect(intact(freed!)).toBe(true);
      freed!.block.free();
      freed!.block.free(); // harmless
    }
    expect(memory.liveBytes).toBe(live.reduce((sum, { block }) => sum + block.bytes, 0));
  });
  expect(live.every(intact)).toBe(true);
  return live.map(({ block }) => block);
}

describe('Memory', () => {
  test('gives out aligned, zeroed blocks that never overlap, and joins what comes back', () => {
    fc.assert(
      fc.property(orders, fc.boolean(), (list, backwards) => {
        const memory = new Memory(1);
        const rest = obey(memory, list);
        for (const block of backwards ? rest.reverse() : rest) block.free();
        expect(memory.liveBytes).toBe(0);
        const total = memory.totalBytes;
        const all = memory.allocate(total - 64); // one piece again: everything but the part at address 0
        expect(memory.totalBytes).toBe(total);
        all.free();
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test('keeps contents when it grows, and hands out fresh views afterwards', () => {
    const memory = new Memory(1);
    const block = memory.allocate(400);
    block.f32().set([1, 2, 3]);
    const stale = memory.f32;
    const big = memory.allocate(10 * PAGE);
    expect(stale.length).toBe(0);
    expect(memory.f32.length * 4).toBe(memory.totalBytes);
    expect(memory.f32.buffer).toBe(memory.buffer);
    expect([...block.f32(3)]).toEqual([1, 2, 3]);
    expect([...block.f32(2, 1)]).toEqual([2, 3]);
    expect([...block.u32(1)]).toEqual([0x3f800000]);
    expect([...block.i32(1)]).toEqual([0x3f800000]);
    expect(big.f32().every((value) => value === 0)).toBe(true);
  });

  test('reuses a freed gap that is large enough instead of growing', () => {
    const memory = new Memory(1);
    const [first, second, third] = [memory.allocate(1000), memory.allocate(2000), memory.allocate(3000)];
    const address = second.address;
    second.free();
    expect(memory.allocate(1500).address).toBe(address);
    for (const block of [first, third]) block.free();
    expect(memory.totalBytes).toBe(PAGE);
  });

  test('refuses with MemoryError when the host gives no more, and goes on working', () => {
    const memory = new Memory(1);
    const kept = memory.allocate(1000);
    kept.u8().fill(7);
    const grow = vi.spyOn(memory.wasm, 'grow').mockImplementation(() => {
      throw new RangeError('host limit');
    });
    const before = memory.liveBytes;
    expect(() => memory.allocate(2 * PAGE)).toThrow(MemoryError);
    expect(() => memory.allocate(2 * PAGE)).toThrow(/^Memory: .*got a request for 131072/);
    expect(memory.liveBytes).toBe(before);
    expect(memory.allocate(2000).bytes).toBe(2048);
    expect(kept.u8(1000).every((byte) => byte === 7)).toBe(true);
    grow.mockRestore();
    expect(memory.allocate(2 * PAGE).bytes).toBe(2 * PAGE);
  });

  test('refuses more than 4 GiB with MemoryError', () => {
    const memory = new Memory(1);
    for (const bytes of [2 ** 32, 2 ** 33, 2 ** 50])
      expect(() => memory.allocate(bytes)).toThrow(MemoryError);
    expect(memory.totalBytes).toBe(PAGE);
  });

  test('refuses any use of a block after free', () => {
    const block = new Memory(1).allocate(64);
    block.free();
    for (const use of [() => block.address, () => block.f32(), () => block.u8(), () => block.u32()]) {
      expect(use).toThrow(DisposedError);
    }
  });
});
