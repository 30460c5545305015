/** What a memory can do to those who allocate: refuse, and move. */
import { MemoryError } from '../../src/errors.js';
import type { Memory } from '../../src/runtime/memory.js';

/** Calls `before` ahead of every allocation; gives a function that ends it. */
export function beforeAllocations(memory: Memory, before: (bytes: number) => void): () => void {
  const own = Object.hasOwn(memory, 'allocate');
  const allocate = memory.allocate;
  memory.allocate = (bytes, zeroed) => {
    before(bytes);
    return allocate.call(memory, bytes, zeroed);
  };
  return () => {
    if (own) memory.allocate = allocate;
    else Reflect.deleteProperty(memory, 'allocate');
  };
}

/** Runs `work` while the memory grows at every allocation: all views made before one are void after it. */
export function growing<T>(memory: Memory, work: () => T): T {
  const end = beforeAllocations(memory, () => memory.wasm.grow(1));
  try {
    return work();
  } finally {
    end();
  }
}

/** Runs `work` with its n-th allocation (from 1) refused; false when it got by with fewer. */
export function refusedAt(memory: Memory, n: number, work: () => void): boolean {
  let left = n;
  const refusal = new MemoryError('Memory: refused by a test, got an allocation');
  const end = beforeAllocations(memory, () => {
    if (--left === 0) throw refusal;
  });
  try {
    work();
    return false;
  } catch (error) {
    if (error === refusal) return true;
    throw error;
  } finally {
    end();
  }
}
