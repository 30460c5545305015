/** A session writes to its own memory alone. */
import { expect, test } from 'vitest';
import {
  conv2d,
  createSession,
  dense,
  flatten,
  type LayerSpec,
  maxPool2d,
  prune,
  relu,
  sequential,
} from '../../src/index.js';
import type { Block } from '../../src/runtime/block.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { values } from '../model/support.js';

const PAD = 1 << 16;
const MARK = 0xab;

const networks: Readonly<Record<string, readonly [shape: readonly number[], layers: () => LayerSpec[]]>> = {
  'wide outputs': [[4], () => [dense(300)]],
  'wide outputs behind a narrow layer': [[20], () => [dense(3), relu(), dense(257)]],
  'wide inputs': [[300], () => [dense(5), relu(), dense(2)]],
  'outputs that are images': [[1, 5, 5], () => [conv2d(9, 3, { padding: 1 }), relu()]],
  images: [
    [2, 7, 7],
    () => [conv2d(5, 3, { stride: 2, padding: 1 }), relu(), maxPool2d(2), flatten(), dense(11)],
  ],
};

function isLive(block: Block): boolean {
  try {
    return block.address > 0;
  } catch {
    return false;
  }
}

test.each(Object.keys(networks))('a session of a network with %s keeps within its blocks', async (name) => {
  const [inputShape, layers] = networks[name]!;
  const { memory } = await sharedEngine();
  const model = await sequential({ inputShape, seed: 3 }, layers());
  await prune(model, { sparsity: 0.6 });
  const x = values(70 * inputShape.reduce((a, b) => a * b), 5);
  const expected = model.predict(x);
  for (const kernels of ['auto', 'dense'] as const) {
    for (const batch of [1, 5, 32]) {
      const made: (readonly [Block, number])[] = [];
      const { allocate } = memory;
      memory.allocate = (bytes, zeroed) => {
        const block = allocate.call(memory, bytes + PAD, zeroed);
        block.u8().fill(MARK, block.bytes - PAD + 64);
        made.push([block, block.bytes]);
        return block;
      };
      const session = await createSession(model, { batch, kernels }).finally(() => {
        Reflect.deleteProperty(memory, 'allocate');
      });
      const got = session.run(x);
      got.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4);
      });
      const buffers = made.filter(([block, bytes]) => isLive(block) && block.bytes === bytes);
      expect(buffers.length).toBeGreaterThan(2);
      for (const [block] of buffers) {
        expect(
          block
            .u8()
            .subarray(block.bytes - PAD + 64)
            .every((byte) => byte === MARK),
        ).toBe(true);
      }
      session.dispose();
    }
  }
  model.dispose();
});
