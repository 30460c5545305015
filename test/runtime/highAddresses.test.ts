import { expect, test } from 'vitest';
import { adam, createSession, dense, prune, relu, sequential } from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint, values } from '../model/support.js';

const x = values(9 * 5, 1);
const labels = Uint8Array.from({ length: 9 }, (_, i) => i % 3);

async function work(): Promise<string[]> {
  const model = await sequential({ inputShape: [5], seed: 3 }, [dense(20), relu(), dense(3)]);
  await model.fit(x, labels, { optimizer: adam(), epochs: 2, batchSize: 4 });
  await prune(model, { sparsity: 0.5 });
  const outputs: string[] = [fingerprint(model), model.predict(x).join()];
  for (const batch of [1, 32]) {
    const session = await createSession(model, { batch });
    outputs.push(session.run(x).join());
    session.dispose();
  }
  model.dispose();
  return outputs;
}

test('training, pruning and sessions give the same bits when their memory lies beyond 2 GiB', async () => {
  const low = await work();
  const { memory } = await sharedEngine();
  memory.wasm.grow(32768); // pages unknown to the allocator: reserved, never touched
  const hold = memory.allocate(8 * 2 ** 20); // more than is free below
  expect(hold.address).toBeGreaterThan(2 ** 31);
  const fill = [];
  for (;;) {
    const block = memory.allocate(65536);
    fill.push(block);
    if (block.address > 2 ** 31) break;
  }
  while (fill.at(-1)!.bytes > 64) {
    const bytes = fill.at(-1)!.bytes / 2;
    for (let block = memory.allocate(bytes); ; block = memory.allocate(bytes)) {
      fill.push(block);
      if (block.address > 2 ** 31) break;
    }
  }
  expect(memory.allocate(1).address).toBeGreaterThan(2 ** 31);
  expect(await work()).toEqual(low);
});
