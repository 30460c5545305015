/** How many samples go through a network together, and that no result depends on it. */
import { expect, test } from 'vitest';
import { createSession, dense, prune, relu, sequential } from '../../src/index.js';
import type { Op } from '../../src/session/ops.js';
import { passOf } from '../../src/session/passes.js';
import type { Program } from '../../src/session/program.js';
import { values } from '../model/support.js';

const INPUTS = 600;

test.each([0, 0.3, 0.9])(
  'a wide layer, %d of its weights zero, gives the same bits in any batch',
  async (sparsity) => {
    const model = await sequential({ inputShape: [INPUTS], seed: 1 }, [dense(700), relu(), dense(3)]);
    if (sparsity > 0) await prune(model, { sparsity });
    const x = values(300 * INPUTS, 2);
    const [first, ...others] = await Promise.all(
      [1, 7, 32, 129, 300].flatMap((batch) =>
        (['auto', 'dense'] as const).map(async (kernels) => {
          const session = await createSession(model, { batch, kernels });
          const y = session.run(x);
          session.dispose();
          return y;
        }),
      ),
    );
    for (const y of others) expect(y).toEqual(first);
    model.dispose();
  },
);

test('large weights without zeros are shared by 128 samples, others by 32', () => {
  const product = { kind: 'product' } as Op;
  const pass = (lanes: number, format: string, bytes: number) => {
    const steps = [
      { product: { bytes }, choice: { format } },
      { product: null, choice: null },
    ];
    return passOf([product], 1024, new Map([[lanes, { lanes, steps } as unknown as Program]]));
  };
  expect(pass(8, 'dense', 1.1e6)).toBe(128);
  expect(pass(8, 'dense', 1e6)).toBe(32);
  expect(pass(32, 'csr', 1.1e6)).toBe(32);
  expect(pass(1, 'dense', 1.1e6)).toBe(32);
});
