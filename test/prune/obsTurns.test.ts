/** The exact elimination of a long row lets others have their turn, and comes to the same. */
import { afterEach, expect, test, vi } from 'vitest';
import { dense, prune, sequential } from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { pruneKernels } from '../../src/runtime/pruneKernels.js';
import { values } from '../model/support.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Eliminates a row of n weights, every third gone already, `together` at a time; gives all that the kernel writes. */
async function eliminated(n: number, fixed: number, together: number): Promise<Uint8Array> {
  const engine = await sharedEngine();
  const kernels = await pruneKernels(engine);
  const doubles = n * (n + 2) * 8;
  const block = engine.memory.allocate(doubles + n * 12);
  const { address } = block;
  const [a, w, loss] = [address, address + n * n * 8, address + n * (n + 1) * 8];
  const [ids, order, keep] = [address + doubles, address + doubles + n * 4, address + doubles + n * 8];
  const random = values(n * n, 5, 0.2);
  const floats = new Float64Array(block.memory.buffer, address, n * (n + 1));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) floats[i * n + j] = i === j ? n : random[i * n + j]! + random[j * n + i]!;
    floats[n * n + i] = i >= fixed && i % 3 === 2 ? 0 : random[i]!;
  }
  new Uint32Array(block.memory.buffer, ids, n).set(Uint32Array.from({ length: n }, (_, i) => i));
  new Uint8Array(block.memory.buffer, keep, n).set(
    Uint8Array.from({ length: n }, (_, i) => (i >= fixed && i % 3 === 2 ? 0 : 1)),
  );
  for (let count = n; count > fixed; count = Math.max(fixed, count - together)) {
    const least = Math.max(fixed, count - together);
    kernels.obs_row_f64(order, loss, a, w, ids, keep, n, fixed, count, least);
  }
  const bytes = block.u8(doubles + n * 9).slice();
  block.free();
  return bytes;
}

test.each([
  [1, 0],
  [1, 1],
  [7, 0],
  [20, 1],
  [33, 1],
])('%d weights, %d of them fixed, in one call or in several, give the same bits', async (n, fixed) => {
  const whole = await eliminated(n, fixed, n);
  for (const together of [1, 2, 5, 13]) expect(await eliminated(n, fixed, together)).toEqual(whole);
});

test('others have their turn within a row: it can be aborted there', async () => {
  const [inputs, units, samples] = [400, 2, 500];
  const model = await sequential({ inputShape: [inputs], seed: 4 }, [dense(units)]);
  const data = { images: values(inputs * samples, 1), labels: new Uint8Array(samples) };
  const before = model.getWeights();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000)); // a turn is due at every chance
  const abort = new AbortController();
  const onProgress = ({ done, total }: { done: number; total: number }) => {
    if (done === total) setImmediate(() => setImmediate(() => abort.abort())); // all samples are seen
  };
  const pruning = prune(model, { sparsity: 0.5, criterion: 'obs', data, signal: abort.signal, onProgress });
  await expect(pruning).rejects.toThrow('obs: aborted after 0 of 2');
  expect(model.getWeights()).toEqual(before);
  model.dispose();
});
