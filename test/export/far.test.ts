/** Weights that no near cache holds: sessions make room to ask for them ahead, files do not; the bits are the same. */
import { expect, test } from 'vitest';
import { createSession, dense, exportModule, relu, sequential } from '../../src/index.js';
import { SeededRandom } from '../support/seededRandom.js';

const [INPUTS, UNITS, BATCH] = [601, 502, 8]; // more than 1 MB; a last block of rows that overlaps the one before

test('an exported module stays compact and answers like the session', async () => {
  const layers = [dense(UNITS), relu(), dense(10)];
  const model = await sequential({ inputShape: [INPUTS], seed: 1 }, layers);
  const session = await createSession(model, { batch: BATCH });
  expect(session.layers.map(({ kernel }) => kernel)).toEqual(['gemm_far_f32', '-', 'gemm_packed_f32']);
  const { bytes, size } = await exportModule(model, { format: 'wasm', batch: BATCH });
  expect(size.kernels).not.toContain('gemm_far_f32');
  expect(size.weightBytes).toBeLessThan(1.02 * 4 * (INPUTS * UNITS + 11 * UNITS));
  const module = await WebAssembly.instantiate(bytes);
  const { memory, run, input, output } = module.instance.exports as {
    memory: WebAssembly.Memory;
    run(): void;
    input: WebAssembly.Global;
    output: WebAssembly.Global;
  };
  const x = new SeededRandom(2).floats(INPUTS * BATCH);
  new Float32Array(memory.buffer, input.value as number, x.length).set(x);
  run();
  const answers = new Float32Array(memory.buffer, output.value as number, 10 * BATCH);
  expect([...answers]).toEqual([...session.run(x)]);
  session.dispose();
  model.dispose();
});
