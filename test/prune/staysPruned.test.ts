import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  block,
  DataError,
  dense,
  dropout,
  earlyStopping,
  gelu,
  gradual,
  type LayerSpec,
  loadModel,
  prune,
  relu,
  type StorageChoice,
  sequential,
  sgd,
  shrink,
  standardDeviations,
  tanh,
} from '../../src/index.js';
import { values } from '../model/support.js';
import { expectPruned, masksOf, optimizers } from './pruned.js';

const scenario = fc.record({
  seed: fc.nat(1000),
  storage: fc.constantFrom<StorageChoice>('auto', 'dense', 'sparse'),
  units: fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1, maxLength: 3 }),
  activation: fc.constantFrom<readonly LayerSpec[]>([relu()], [tanh()], [gelu(), dropout(0.3)]),
  optimizers: fc.array(fc.constantFrom(...Object.keys(optimizers)), { minLength: 1, maxLength: 2 }),
  steps: fc.array(
    fc.record({
      what: fc.constantFrom(
        'fit',
        'batch',
        'prune',
        'reload',
        'set',
        'rewind',
        'reinit',
        'stop',
        'dense',
        'sparse',
        'gradual',
        'threshold',
        'blocks',
        'reconstruct',
        'wanda',
        'units',
        'shrink',
      ),
      by: fc.nat(1),
      amount: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
    }),
    { minLength: 3, maxLength: 12 },
  ),
});

describe('a pruned weight', () => {
  test('comes back by no path, and no optimizer remembers it', async () => {
    const done = new Set<string>();
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, storage, units, activation, steps, optimizers: names }) => {
        const layers = units.flatMap((unit) => [dense(unit), ...activation]);
        let model = await sequential({ inputShape: [6], seed, storage }, [...layers, dense(3)]);
        const memories = names.map((name) => optimizers[name]!());
        const x = values(6 * 9, seed);
        const y = Uint8Array.from({ length: 9 }, (_, i) => i % 3);
        await model.fit(x, y, { optimizer: memories[0]!, batchSize: 4 });
        await prune(model, { sparsity: 0.4 });
        for (const { what, by, amount } of steps) {
          done.add(what);
          let old = masksOf(model);
          const optimizer = memories[by % memories.length]!;
          const now = model.summary().sparsity;
          const sparsity = now + (1 - now) * amount;
          const data = { images: x, labels: y };
          const survivors = what === 'rewind' || what === 'reinit' ? what : 'trained';
          if (what === 'fit') await model.fit(x, y, { optimizer, epochs: 2, batchSize: 4 });
          else if (what === 'batch') for (let i = 0; i < 3; i++) model.trainOnBatch(x, y, { optimizer });
          else if (what === 'dense' || what === 'sparse') model.setStorage(what);
          else if (what === 'stop') {
            const callbacks = [earlyStopping({ monitor: 'loss', patience: 0 })];
            await model.fit(x, y, { optimizer, epochs: 3, batchSize: 3, callbacks });
          } else if (what === 'reload') {
            const bytes = model.encode();
            model.dispose();
            model = await loadModel(bytes, { storage });
          } else if (what === 'set') {
            const weights = model.getWeights().map((array, i) => values(array.length, i + seed));
            const masked = weights.map((array, p) => array.map((v, i) => (old[p]?.[i] === 0 ? 0 : v)));
            model.setWeights(masked, { keepMasks: true });
            if (old.some((mask) => mask?.includes(0))) {
              expect(() => model.setWeights(weights, { keepMasks: true })).toThrow(DataError);
            }
          } else if (what === 'gradual') {
            const pruning = gradual({ sparsity, every: 1, until: 1 });
            await model.fit(x, y, { optimizer, epochs: 2, batchSize: 4, pruning });
          } else if (what === 'threshold') {
            await prune(model, { threshold: standardDeviations(amount) });
          } else if (what === 'blocks') {
            await prune(model, { threshold: amount / 4, structure: block(2, 1) });
          } else if (what === 'reconstruct') {
            await prune(model, { sparsity, survivors: 'reconstruct', data });
          } else if (what === 'wanda') {
            await prune(model, { sparsity, criterion: 'wanda', data });
          } else if (what === 'units' || what === 'shrink') {
            if (what === 'shrink') shrink(model);
            else {
              const units = prune(model, { sparsity: amount / 2, structure: 'neuron' });
              await units.catch((error) => expect(error.message).toMatch(/keep at least one unit|none/));
            }
            old = masksOf(model); // tensors are smaller: other weights at the same places
          } else {
            const loadedNow = what === 'rewind' && !model.rewindPoint;
            await prune(model, { sparsity, survivors, ...(loadedNow && { rewindTo: model }) });
          }
          expectPruned(model, old, memories);
        }
        // Once more with everything that remembers, so that a moment that survived would show.
        const old = masksOf(model);
        for (const optimizer of memories) model.trainOnBatch(x, y, { optimizer });
        expectPruned(model, old, memories);
        model.dispose();
      }),
      { seed: 21, numRuns: 150 },
    );
    expect(done.size).toBe(17);
  });

  test.each(['dense', 'csr'] as const)(
    'stays zero when training diverges in %s storage and is taken back',
    async (storage) => {
      const model = await sequential({ inputShape: [6], seed: 1, storage }, [dense(8), relu(), dense(3)]);
      const x = values(54, 2);
      const y = Uint8Array.from({ length: 9 }, (_, i) => i % 3);
      let rate = 0.1;
      const optimizer = sgd({ learningRate: () => rate, momentum: 0.9 });
      await model.fit(x, y, { optimizer });
      await prune(model, { sparsity: 0.7 });
      const old = masksOf(model);
      rate = 1e38;
      await expect(model.fit(x, y, { optimizer, epochs: 3, batchSize: 2 })).rejects.toMatchObject({
        code: 'NUMERIC',
      });
      expectPruned(model, old, [optimizer]);
      rate = 0.1;
      await model.fit(x, y, { optimizer });
      expectPruned(model, old, [optimizer]);
      model.dispose();
    },
  );

  test('returns only when setWeights clears the masks', async () => {
    const model = await sequential({ inputShape: [6], seed: 1 }, [dense(8)]);
    await prune(model, { sparsity: 0.7 });
    model.setWeights(model.getWeights().map((array) => array.fill(1)));
    expect(model.summary().sparsity).toBe(0);
    expect(model.layers[0]!.weight!.mask).toBeNull();
    model.trainOnBatch(
      values(54, 2),
      Uint8Array.from({ length: 9 }, (_, i) => i % 8),
    );
    expect(model.getWeights()[0]!.every((value) => value !== 0)).toBe(true);
    model.dispose();
  });
});
