import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  block,
  DataError,
  earlyStopping,
  gradual,
  loadModel,
  movement,
  prune,
  rigl,
  standardDeviations,
} from '../../src/index.js';
import { values } from '../model/support.js';
import { imageModel, imagesOf, networks } from './imageSupport.js';
import { expectPruned, masksOf, optimizers } from './pruned.js';

const actions = [
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
  'movement',
  'rigl',
  'threshold',
  'blocks',
  'reconstruct',
  'wanda',
  'grasp',
] as const;

const scenario = fc.record({
  name: fc.constantFrom(...Object.keys(networks)),
  seed: fc.nat(1000),
  optimizers: fc.array(fc.constantFrom(...Object.keys(optimizers)), { minLength: 1, maxLength: 2 }),
  steps: fc.array(
    fc.record({
      what: fc.constantFrom(...actions),
      by: fc.nat(1),
      amount: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
    }),
    { minLength: 3, maxLength: 8 },
  ),
});

test('a pruned weight of a convolution comes back by no path, and no optimizer remembers it', async () => {
  const done = new Set<string>();
  await fc.assert(
    fc.asyncProperty(scenario, async ({ name, seed, steps, optimizers: chosen }) => {
      let model = await imageModel(name, { seed, sparsity: 0 });
      const memories = chosen.map((one) => optimizers[one]!());
      const data = imagesOf(9, seed);
      const { images: x, labels: y } = data;
      await model.fit(x, y, { optimizer: memories[0]!, batchSize: 4 });
      await prune(model, { sparsity: 0.4 });
      for (const { what, by, amount } of steps) {
        done.add(what);
        let old = masksOf(model);
        const optimizer = memories[by % memories.length]!;
        const now = model.summary().sparsity;
        const sparsity = now + (1 - now) * amount;
        const fit = { optimizer, epochs: 2, batchSize: 4 };
        if (what === 'fit') await model.fit(x, y, fit);
        else if (what === 'batch') for (let i = 0; i < 3; i++) model.trainOnBatch(x, y, { optimizer });
        else if (what === 'dense' || what === 'sparse') model.setStorage(what);
        else if (what === 'stop') {
          await model.fit(x, y, { ...fit, callbacks: [earlyStopping({ monitor: 'loss', patience: 0 })] });
        } else if (what === 'reload') {
          const bytes = model.encode();
          model.dispose();
          model = await loadModel(bytes);
        } else if (what === 'set') {
          const weights = model.parameters.map(({ length, spec }, i) =>
            values(length, i + seed).map((v) => (spec.role === 'variance' ? Math.abs(v) : v)),
          );
          const masked = weights.map((array, p) => array.map((v, i) => (old[p]?.[i] === 0 ? 0 : v)));
          model.setWeights(masked, { keepMasks: true });
          if (old.some((mask) => mask?.includes(0))) {
            expect(() => model.setWeights(weights, { keepMasks: true })).toThrow(DataError);
          }
        } else if (what === 'gradual') {
          await model.fit(x, y, { ...fit, pruning: gradual({ sparsity, every: 1, until: 1 }) });
        } else if (what === 'movement') {
          await model.fit(x, y, { ...fit, pruning: movement({ sparsity, every: 1, until: 1 }) });
          old = masksOf(model); // its scores may bring weights back while it runs
        } else if (what === 'rigl') {
          const moved = model.fit(x, y, { ...fit, pruning: rigl({ every: 2 }) });
          await moved.catch((error) => expect(error.message).toMatch(/every layer must have connections/));
          old = masksOf(model); // connections have moved
        } else if (what === 'threshold') await prune(model, { threshold: standardDeviations(amount) });
        else if (what === 'blocks') await prune(model, { threshold: amount / 4, structure: block(2, 1) });
        else if (what === 'reconstruct') await prune(model, { sparsity, survivors: 'reconstruct', data });
        else if (what === 'wanda' || what === 'grasp')
          await prune(model, { sparsity, criterion: what, data });
        else if (what === 'rewind' && !model.rewindPoint)
          await prune(model, { sparsity, survivors: what, rewindTo: model }); // it was loaded just now
        else await prune(model, { sparsity, survivors: what === 'prune' ? 'trained' : what });
        expectPruned(model, old, memories);
      }
      // Once more with everything that remembers, so that a moment that survived would show.
      const old = masksOf(model);
      for (const optimizer of memories) model.trainOnBatch(x, y, { optimizer });
      expectPruned(model, old, memories);
      model.dispose();
    }),
    { seed: 22, numRuns: 60 },
  );
  expect(done.size).toBe(actions.length);
});
