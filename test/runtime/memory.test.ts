import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { DisposedError, MemoryError } from '../../src/errors.js';
import type { Block } from '../../src/runtime/block.js';
import { Memory } from '../../src/runtime/memory.js';

const PAGE = 65536;

type Order =
  | { readonly allocate: number }
  | { readonly free: number }
  | { readonly shrink: number; readonly to: number };

const orders = fc.array(
  fc.oneof(
    fc.record({ allocate: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60000 })) }),
    fc.record({ free: fc.nat(1000) }),
    fc.record({ shrink: fc.nat(1000), to: fc.integer({ min: 0, max: 400 }) }),
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
    } else if ('shrink' in order) {
      if (live.length === 0) return;
      const { block } = live[order.shrink % live.length]!;
      const [address, bytes] = [block.address, block.bytes];
      block.shrink(order.to);
      expect(block.address).toBe(address);
      expect(block.bytes).toBe(Math.min(bytes, Math.max(1, Math.ceil(order.to / 64)) * 64));
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
        const all = memory.allocate(total - PAGE); // one piece again: everything but the first page
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
    expect(memory.totalBytes).toBe(2 * PAGE);
  });

  test('adds to what is free at its end, and asks for no more than that if it must', () => {
    const memory = new Memory(16);
    memory.allocate(12 * PAGE).free();
    const grow = vi.spyOn(memory.wasm, 'grow');
    const size = 22 * PAGE;
    const block = memory.allocate(size);
    expect(block.address).toBe(PAGE);
    expect(grow.mock.calls).toEqual([[6]]); // 16 pages were free
    const most = memory.totalBytes / PAGE + 1;
    const real = grow.getMockImplementation() ?? WebAssembly.Memory.prototype.grow.bind(memory.wasm);
    grow.mockImplementation((pages) => {
      if (memory.totalBytes / PAGE + pages > most) throw new RangeError('host limit');
      return real(pages);
    });
    expect(memory.allocate(PAGE).bytes).toBe(PAGE);
    expect(memory.totalBytes).toBe(most * PAGE);
  });

  test('never hands out the last page of 4 GiB, where an end would wrap to 0', () => {
    const memory = new Memory(1);
    expect(() => memory.wasm.grow(65534)).toThrow(RangeError);
    memory.wasm.grow(65533);
    expect(memory.totalBytes).toBe(2 ** 32 - PAGE);
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
    expect(memory.totalBytes).toBe(2 * PAGE);
  });

  test('refuses any use of a block after free', () => {
    const block = new Memory(1).allocate(64);
    block.free();
    for (const use of [() => block.address, () => block.f32(), () => block.u8(), () => block.u32()]) {
      expect(use).toThrow(DisposedError);
    }
  });

  test('takes back the end of a block that shrinks, and uses it again', () => {
    const memory = new Memory(1);
    const [first, second] = [memory.allocate(1000), memory.allocate(100)];
    first.u8().fill(7);
    const before = memory.liveBytes;
    first.shrink(2000); // larger than it is: nothing to do
    first.shrink(1000);
    expect([first.bytes, memory.liveBytes]).toEqual([1024, before]);
    first.shrink(130);
    expect([first.bytes, memory.liveBytes]).toEqual([192, before - 832]);
    expect(first.u8().every((byte) => byte === 7)).toBe(true);
    expect(first.f32().length).toBe(48);
    const third = memory.allocate(832);
    expect(third.address).toBe(first.address + 192);
    third.u8().fill(9);
    expect(first.u8().every((byte) => byte === 7)).toBe(true);
    first.shrink(0);
    expect(first.bytes).toBe(64);
    for (const block of [first, second, third]) block.free();
    expect(memory.liveBytes).toBe(0);
    first.free();
    expect(memory.liveBytes).toBe(0);
    expect(() => second.shrink(0)).toThrow(DisposedError);
    expect(memory.allocate(memory.totalBytes - PAGE).address).toBe(PAGE); // one piece again
  });

  test('exchanges blocks for others in their place, or leaves them where and as they were', () => {
    const memory = new Memory(1);
    const made = [100, 64, 1000, 30].map((bytes, i) => {
      const block = memory.allocate(bytes);
      block.u8().fill(i + 1);
      return block;
    });
    const given = [made[0]!, made[2]!, made[3]!];
    const see = () => made.map((block) => [block.address, block.bytes, [...block.u8()]]);
    const [before, live] = [see(), memory.liveBytes];
    const failing = () => {
      for (let i = 0; i < 9; i++) memory.allocate(64).u8().fill(99);
      throw new Error('in vain');
    };
    expect(() => memory.exchange(given, failing)).toThrow('in vain');
    expect(see()).toEqual(before);
    expect(memory.liveBytes).toBe(live);
    const apart = memory.allocate(2000);
    apart.u8().fill(77);
    expect(see()).toEqual(before);
    const next = memory.exchange(given, () => memory.allocate(1000, false));
    expect(next.address).toBeLessThan(apart.address);
    expect(() => given[0]!.address).toThrow(DisposedError);
    for (const block of [next, apart, made[1]!]) block.free();
    expect(memory.liveBytes).toBe(0);
    expect(memory.allocate(PAGE).address).toBe(PAGE); // all of it is one piece again
  });

  test('frees what was allocated in vain, also in parts and after shrinking', () => {
    const memory = new Memory(1);
    const kept = memory.allocate(64);
    const fail = () => {
      throw new Error('in vain');
    };
    const attempt = () =>
      memory.allOrNothing(() => {
        memory.allocate(500);
        memory.allocate(3000).shrink(100);
        memory.allocate(20).free();
        memory.allOrNothing(() => memory.allocate(40));
        expect(() =>
          memory.allOrNothing(() => {
            memory.allocate(70);
            fail();
          }),
        ).toThrow('in vain');
        fail();
      });
    expect(attempt).toThrow('in vain');
    expect(memory.liveBytes).toBe(64);
    const block = memory.allOrNothing(() => memory.allocate(64));
    expect(() => memory.allOrNothing(fail)).toThrow('in vain');
    expect(memory.liveBytes).toBe(128);
    for (const each of [kept, block]) each.free();
  });
});
