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

/** Runs `work` with every allocation refused that `refuses` is true for: by its bytes, its number from 1, and what is live. */
export async function withRefusals(
  memory: Memory,
  refuses: (bytes: number, n: number, live: number) => boolean,
  work: () => unknown,
): Promise<void> {
  let n = 0;
  const end = beforeAllocations(memory, (bytes) => {
    if (refuses(bytes, ++n, memory.liveBytes)) {
      throw new MemoryError(`Memory: refused by a test, got allocation ${n}`);
    }
  });
  try {
    await work();
  } finally {
    end();
  }
}

/** What `work` asks of the memory: how often, and how many bytes beyond those that are live now must be there at a time. */
export async function demandOf(memory: Memory, work: () => unknown) {
  const begin = memory.liveBytes;
  const levels = new Set<number>();
  let count = 0;
  await withRefusals(
    memory,
    (bytes, n, live) => {
      count = n;
      levels.add(live - begin + bytes);
      return false;
    },
    work,
  );
  return { count, levels: [...levels].sort((a, b) => a - b) };
}
