import { describe, expect, test } from 'vitest';
import { createSession } from '../../src/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { firstOutside, networkTwin, values } from '../model/support.js';
import { imageModel, imageNetworks } from './imageNetworks.js';

test('what lies far apart is gathered, what lies close is read where it is', async () => {
  const wide = await imageModel('many channels, whose windows are gathered first', 0.6);
  const session = await createSession(wide, { batch: 8, kernels: 'csr' });
  expect(session.layers.map(({ kernel }) => kernel)).toEqual(
    expect.arrayContaining(['conv_csr_panels_f32', 'conv_csr_f32']),
  );
  session.dispose();
  wide.dispose();
});

describe.each(Object.keys(imageNetworks))('a session of %s', (name) => {
  test.each([0, 0.6, 0.95, 1])('equals its float64 twin, %d of the weights zero', async (sparsity) => {
    const model = await imageModel(name, sparsity);
    const weights = model.getWeights();
    const inputs = sizeOf(model.graph.inputShape);
    const x = values(inputs * 5, 7);
    for (const kernels of ['dense', 'auto', 'csr', 'block2', 'block4'] as const) {
      const session = await createSession(model, { batch: 5, kernels });
      const got = session.run(x);
      const outputs = got.length / 5;
      for (let s = 0; s < 5; s++) {
        const twin = networkTwin(model.graph, weights, x.subarray(s * inputs, (s + 1) * inputs));
        expect(
          firstOutside(got.subarray(s * outputs, (s + 1) * outputs), twin),
          `${kernels}, sample ${s}`,
        ).toBe(-1);
      }
      session.dispose();
    }
    const batch = model.predict(x);
    const twin = networkTwin(model.graph, weights, x.subarray(0, inputs));
    expect(firstOutside(batch, twin)).toBe(-1);
    model.dispose();
  });

  test('gives the same bits whatever the batch, the kernels and the place of a sample', async () => {
    const model = await imageModel(name, 0.7);
    const inputs = sizeOf(model.graph.inputShape);
    const x = values(inputs * 45, 8);
    const reference = await createSession(model, { batch: 1, kernels: 'csr' });
    const expected = reference.run(x);
    reference.dispose();
    for (const batch of [1, 3, 4, 8, 16, 32, 45]) {
      for (const kernels of ['dense', 'csr', 'block2', 'block4', 'auto'] as const) {
        const session = await createSession(model, { batch, kernels });
        // Folding a constant unit into a bias moves its term: auto may differ from dense there, and only there.
        if (!session.explain().includes('constant')) {
          expect(
            Buffer.from(session.run(x).buffer).equals(Buffer.from(expected.buffer)),
            `${batch} ${kernels}`,
          ).toBe(true);
        }
        session.dispose();
      }
    }
    model.dispose();
  });
});
