/** Depthwise convolutions that have a kernel of their own, and their neighbours that do not: the bits of predict(). */
import { expect, test } from 'vitest';
import { conv2d, createSession, sequential } from '../../src/index.js';
import { values } from '../model/support.js';

const CHANNELS = 3;
const SAMPLES = 9;

test.each([
  [7, 9, {}, 3],
  [7, 9, { padding: 1 }, 3],
  [7, 9, { padding: [2, 1] }, 6],
  [3, 3, {}, 3],
  [5, 11, { padding: [1, 2], dilation: [1, 2] }, 6],
  [5, 11, { dilation: [1, 3], bias: false }, 3],
  [9, 9, { padding: 1, stride: [1, 2] }, 3],
  [9, 9, { padding: 2, dilation: [2, 1] }, 3],
] as const)('images of %d x %d, %j, %d filters', async (height, width, options, filters) => {
  const shape = [CHANNELS, height, width];
  const model = await sequential({ inputShape: shape, seed: 1 }, [
    conv2d(filters, 3, { ...options, groups: CHANNELS }),
  ]);
  const x = values(SAMPLES * CHANNELS * height * width, 2);
  const expected = model.predict(x);
  for (const batch of [1, 4, 8, 32]) {
    for (const kernels of ['dense', 'csr'] as const) {
      const session = await createSession(model, { batch, kernels });
      for (let again = 0; again < 2; again++) expect(session.run(x), `${kernels} ${batch}`).toEqual(expected);
      session.dispose();
    }
  }
  model.dispose();
});
