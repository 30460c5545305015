import { expect, test, vi } from 'vitest';
import { adam, conv2d, createSession, dense, flatten, prune, relu, sequential } from '../../src/index.js';
import { Block } from '../../src/runtime/block.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint, values } from '../model/support.js';

/** Where a memory ends at the latest. */
const TOP = 2 ** 32 - 65536;
/** Allocations between those that are tried at the end, one a run. */
const EVERY = 9;

const x = values(9 * 32, 1);
const labels = Uint8Array.from({ length: 9 }, (_, i) => i % 3);

async function work(): Promise<string[]> {
  const layers = [conv2d(3, 3, { padding: 1 }), relu(), flatten(), dense(20), relu(), dense(3)];
  const model = await sequential({ inputShape: [2, 4, 4], seed: 3 }, layers);
  await model.fit(x, labels, { optimizer: adam(), epochs: 1, batchSize: 4 });
  await prune(model, { sparsity: 0.5, criterion: 'wanda', data: { images: x, labels } });
  model.setStorage('csr');
  await model.fit(x, labels, { optimizer: adam(), epochs: 1, batchSize: 4 });
  const outputs = [fingerprint(model), model.predict(x).join()];
  for (const batch of [1, 32]) {
    const session = await createSession(model, { batch });
    outputs.push(session.run(x).join());
    session.dispose();
  }
  model.dispose();
  return outputs;
}

test('any block may be the last one of 4 GiB', async () => {
  const low = await work();
  const { memory } = await sharedEngine();
  memory.wasm.grow((TOP - memory.totalBytes) / 65536); // pages unknown to the allocator: reserved, never touched
  const allocate = memory.allocate.bind(memory);
  let tried = 0;
  for (let chosen = 0, more = true; more; chosen += EVERY) {
    let count = 0;
    more = false;
    vi.spyOn(memory, 'allocate').mockImplementation((bytes, zeroed) => {
      if (count++ !== chosen) return allocate(bytes, zeroed);
      more = true;
      const size = Math.max(1, Math.ceil(bytes / 64)) * 64;
      const block = new Block(memory, TOP - size, size);
      block.free = () => undefined; // the allocator knows nothing of it
      block.u8().fill(zeroed === false ? 0xab : 0);
      return block;
    });
    expect(await work()).toEqual(low);
    vi.restoreAllMocks();
    tried++;
  }
  expect(tried).toBeGreaterThan(20);
});
