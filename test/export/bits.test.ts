import { describe, expect, test } from 'vitest';
import {
  block,
  createSession,
  dense,
  exportModule,
  nm,
  prune,
  relu,
  type Sequential,
  type SessionOptions,
  sequential,
} from '../../src/index.js';
import { productFormats } from '../../src/session/products/index.js';
import { values } from '../model/support.js';
import { imageModel, imageNetworks } from '../session/imageNetworks.js';
import {
  blocks,
  difference,
  perceptron,
  perceptrons,
  runBare,
  samplesFor,
  scriptFor,
  sessionAnswers,
} from './support.js';

const kinds = ['auto', ...(Object.keys(productFormats) as (keyof typeof productFormats)[])] as const;
const counts = [1, 5, 70];

/** Both forms of a model against its session, for sample counts that do and do not fill the last batch. */
async function expectSameBits(model: Sequential, options: SessionOptions, skipZeros = false): Promise<void> {
  const script = await scriptFor(model, { ...options, skipZeros });
  const { bytes } = await exportModule(model, { ...options, skipZeros, format: 'wasm' });
  expect(WebAssembly.validate(bytes)).toBe(true);
  const session = await createSession(model, options);
  for (const count of counts) {
    const x = samplesFor(model, count);
    const given = x.slice();
    const wanted = session.run(x);
    expect(difference(script.run(x), wanted), `${count} samples`).toBe('');
    expect(difference(runBare(bytes, x), wanted), `${count} samples, bare`).toBe('');
    expect(difference(x, given)).toBe('');
  }
  session.dispose();
}

/** Inputs with few and with many nonzeros, on either side of where kernels change. */
async function expectBothWays(model: Sequential): Promise<void> {
  const script = await scriptFor(model, { skipZeros: true });
  const session = await createSession(model, { batch: 1 });
  for (let live = 0; live <= 784; live += 49) {
    const x = values(784, live).map((value, i) => ((i * 5) % 784 < live ? value : 0));
    expect(difference(script.run(x), session.run(x)), `${live} live`).toBe('');
  }
  session.dispose();
}

describe.each(Object.keys(perceptrons))('an exported module of %s', (name) => {
  const sparsities = name === 'no weights' ? [0] : [0, 0.7, 1];

  test.each([1, 5, 8, 32, 200])('answers like a session for batches of %d', async (batch) => {
    for (const sparsity of sparsities) {
      const model = await perceptron(name, sparsity);
      await expectSameBits(model, { batch });
      model.dispose();
    }
  });

  test.each(kinds)('answers like a session with kernels %s', async (kernels) => {
    for (const batch of [1, 5, 32]) {
      const model = await perceptron(name, 0.8);
      await expectSameBits(model, { batch, kernels });
      model.dispose();
    }
  });
});

describe.each(Object.keys(imageNetworks))('an exported module of %s', (name) => {
  test.each([1, 5, 8, 33])('answers like a session for batches of %d', async (batch) => {
    for (const sparsity of [0, 0.8]) {
      const model = await imageModel(name, sparsity);
      await expectSameBits(model, { batch });
      model.dispose();
    }
  });

  test.each(['dense', 'csr', 'block2', 'block4'] as const)(
    'answers like a session with kernels %s',
    async (kernels) => {
      const model = await imageModel(name, 0.7);
      for (const batch of [1, 8]) await expectSameBits(model, { batch, kernels });
      model.dispose();
    },
  );
});

describe('an exported module of structured weights', () => {
  test.each([2, 4, 8])('in blocks of %d rows answers like a session', async (height) => {
    const model = await sequential({ inputShape: [40], seed: 2 }, [dense(48), relu(), dense(16)]);
    const [, first, , second] = model.getWeights();
    const weights = [
      blocks(48, 40, height, 0.2, 3),
      values(first!.length, 4),
      blocks(16, 48, height, 0.2, 5),
      values(second!.length, 6),
    ];
    model.setWeights(weights);
    for (const batch of [1, 8, 16, 32]) await expectSameBits(model, { batch });
    model.dispose();
  });

  test.each([
    [1, 4],
    [2, 4],
    [2, 8],
  ])('of %d in %d answers like a session', async (n, m) => {
    const model = await sequential({ inputShape: [64], seed: 2 }, [dense(48), relu(), dense(16)]);
    await prune(model, { structure: nm(n, m) });
    for (const batch of [1, 32]) await expectSameBits(model, { batch });
    model.dispose();
  });

  test.each([null, 4] as const)(
    'that skips zero inputs answers like a session, blocks of %s',
    async (height) => {
      const model = await sequential({ inputShape: [784], seed: 2 }, [dense(300), relu(), dense(10)]);
      await prune(model, { sparsity: 0.9, ...(height && { structure: block(height, 1) }) });
      for (const batch of [1, 2]) {
        await expectSameBits(model, { batch });
        await expectSameBits(model, { batch }, true);
      }
      const small = await exportModule(model);
      const fast = await exportModule(model, { skipZeros: true });
      expect(fast.size.weightBytes).toBeGreaterThan(1.5 * small.size.weightBytes);
      expect(fast.size.kernels).toEqual(
        [...small.size.kernels, 'count_nonzero_f32', height ? 'spmv_csc4_f32' : 'spmv_csc_f32'].sort(),
      );
      await expectBothWays(model);
      model.dispose();
    },
  );
});

test('an exported module leaves small activations out as a session does', async () => {
  const model = await perceptron('a perceptron', 0.5);
  for (const batch of [1, 32]) await expectSameBits(model, { batch, activationThreshold: 0.3 });
  model.dispose();
});

test.each([1, 8])('NaN and infinities come out as of a session, batches of %d', async (batch) => {
  for (const make of [() => perceptron('a perceptron', 0.8), () => imageModel('a small LeNet', 0.8)]) {
    const model = await make();
    const x = samplesFor(model, 9);
    [Number.NaN, Infinity, -Infinity, 1e38, -0].forEach((value, i) => {
      x[i * Math.floor(x.length / 9) + 7] = value;
    });
    const wanted = await sessionAnswers(model, x, { batch });
    const y = (await scriptFor(model, { batch })).run(x);
    // Which NaN comes out depends on the processor, not on the model.
    expect(difference(y, wanted)).toBe('');
    expect(y.some(Number.isNaN)).toBe(true);
    model.dispose();
  }
});
