import { expect, test } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { buildGraph } from '../../src/graph/graph.js';
import { dense, loadModel, loadSession } from '../../src/index.js';
import { encodeModel } from '../../src/io/modelFile.js';

/** A file of a pruned layer without any live weight, as short as it can be. */
function emptyLayer(inputs: number, units: number): Uint8Array {
  const graph = buildGraph([inputs], [dense(units, { bias: false })]);
  const entries = { positions: new Uint32Array(0), values: new Float32Array(0) };
  const never = new Float32Array(0);
  const weight = { length: inputs * units, entries, pruned: true, values: never, mask: null };
  return encodeModel({ network: { graph, parameters: [[weight]] }, seed: 0 });
}

test.each([
  [2 ** 28, 1],
  [1, 2 ** 28],
  [2 ** 27, 2],
])(
  'a short file that claims a pruned layer of %i inputs and %i units is refused at once',
  async (inputs, units) => {
    const bytes = emptyLayer(inputs, units);
    expect(bytes.length).toBeLessThan(1500);
    for (const load of [loadModel, loadSession]) {
      await expect(load(bytes)).rejects.toThrow(FormatError);
      await expect(load(bytes)).rejects.toThrow(/maxExpansionBytes/);
    }
  },
);

test('one of a few thousand inputs and units is loaded without laying it out', async () => {
  const model = await loadModel(emptyLayer(9000, 8000));
  expect(model.layers[0]!.weight!.storage).toBe('csr');
  expect(model.summary().live).toBe(0);
  expect(model.predict(new Float32Array(9000).fill(1))).toEqual(new Float32Array(8000));
  model.dispose();
});
