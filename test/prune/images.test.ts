import { describe, expect, test } from 'vitest';
import {
  adam,
  block,
  createModel,
  createSession,
  iterative,
  loadModel,
  maskOverlap,
  type PruneOptions,
  prune,
  type Sequential,
  sensitivity,
} from '../../src/index.js';
import { type CriterionName, criteria } from '../../src/prune/criteria/index.js';
import { fingerprint } from '../model/support.js';
import { imageModel, imagesOf, networks } from './imageSupport.js';

const data = imagesOf(40);
const names = Object.keys(networks);
const ofWeights = (Object.keys(criteria) as CriterionName[]).filter(
  (name) => criteria[name]().scores !== 'units',
);

const weightsOf = (model: Sequential) => model.parameters.filter(({ prunable }) => prunable);
const masksOf = (model: Sequential) => weightsOf(model).map((weight) => weight.readMask());
const liveOf = (model: Sequential) => weightsOf(model).reduce((sum, { live }) => sum + live, 0);
const totalOf = (model: Sequential) => weightsOf(model).reduce((sum, { length }) => sum + length, 0);

/** No pruned weight has a value. */
function expectMasked(model: Sequential): void {
  for (const weight of weightsOf(model)) {
    const [all, mask] = [weight.read(), weight.readMask()];
    mask?.forEach((kept, i) => {
      if (kept === 0 && all[i] !== 0) throw new Error(`${weight.name}: pruned weight ${i} is ${all[i]}`);
    });
  }
}

describe.each(names)('a network of %s', (name) => {
  test.each(ofWeights)('is pruned to the weight by %s, and stays so when it trains', async (criterion) => {
    const model = await imageModel(name, { sparsity: 0 });
    const memory = model.engine.memory.liveBytes;
    const options = criterion === 'synflow' ? { schedule: iterative({ rounds: 3 }) } : {};
    await prune(model, { criterion, sparsity: 0.6, data, batchSize: 13, ...options });
    expect(liveOf(model)).toBe(totalOf(model) - Math.round(0.6 * totalOf(model)));
    expectMasked(model);
    for (const weight of weightsOf(model)) {
      expect(weight.format === 'dense' || (weight.spec.groups ?? 1) === 1).toBe(true);
    }
    const masks = masksOf(model);
    await model.fit(data.images, data.labels, {
      optimizer: adam({ weightDecay: 0.01 }),
      epochs: 1,
      batchSize: 13,
    });
    expect(masksOf(model)).toEqual(masks);
    expectMasked(model);
    expect(model.engine.memory.liveBytes).toBeGreaterThanOrEqual(memory);
    const session = await createSession(model, { batch: 8 });
    const [got, own] = [session.run(data.images), model.predict(data.images)];
    const top = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    got.forEach((value, i) => {
      expect(Math.abs(value - own[i]!)).toBeLessThan(1e-5 * top);
    });
    session.dispose();
    model.dispose();
  });

  test.each<[string, PruneOptions, number]>([
    ['single weights', { sparsity: 0.5 }, 1],
    ['blocks of 4 x 1', { sparsity: 0.5, structure: block(4, 1) }, 4],
    ['blocks of 2 x 1', { sparsity: 0.5, structure: block(2, 1) }, 2],
  ])('loses %s by every allocation', async (_, options, height) => {
    for (const allocation of ['global', 'uniform', 'erk'] as const) {
      const model = await imageModel(name, { sparsity: 0 });
      await prune(model, { ...options, allocation });
      weightsOf(model).forEach((weight) => {
        const { rows, cols } = weight;
        const mask = weight.readMask() ?? new Uint8Array(weight.length).fill(1);
        const across = Array.from({ length: Math.ceil(rows / height) * cols }, () => new Set<number>());
        mask.forEach((kept, i) => {
          across[Math.floor(Math.floor(i / cols) / height) * cols + (i % cols)]!.add(kept);
        });
        expect(across.every(({ size }) => size === 1)).toBe(true);
        if (allocation === 'uniform') {
          const groups = across.length;
          const live = across.filter((one) => one.has(1)).length;
          expect(Math.abs(live - groups / 2)).toBeLessThanOrEqual(1);
        }
      });
      model.dispose();
    }
  });

  test('gives the same bits on every run, and after a file', async () => {
    const run = async () => {
      const model = await imageModel(name, { sparsity: 0 });
      await prune(model, { criterion: 'wanda', sparsity: 0.5, data, survivors: 'reconstruct' });
      await model.fit(data.images, data.labels, { epochs: 2, batchSize: 16 });
      return model;
    };
    const [a, b] = [await run(), await run()];
    expect(fingerprint(a)).toBe(fingerprint(b));
    const loaded = await loadModel(a.encode());
    expect(fingerprint(loaded)).toBe(fingerprint(a));
    expect(loaded.predict(data.images)).toEqual(a.predict(data.images));
    for (const model of [a, b, loaded]) model.dispose();
  });

  test('tells how much each layer can lose, what masks share, and who went when', async () => {
    const model = await imageModel(name, { sparsity: 0 });
    const found = await sensitivity(model, data, { criterion: 'wanda', sparsities: [0.3, 0.9], data });
    expect(found.layers.map((layer) => layer.name)).toEqual(
      weightsOf(model).map((weight) => weight.name.split('.')[0]),
    );
    const other = await imageModel(name, { sparsity: 0 });
    const report = await prune(model, { sparsity: 0.5, schedule: iterative({ rounds: 2 }) });
    await prune(other, { sparsity: 0.5, criterion: 'random' });
    const { total, tensors } = maskOverlap(model, other);
    expect(total.a).toBe(liveOf(model));
    expect(tensors.map((tensor) => tensor.name)).toEqual(weightsOf(model).map((weight) => weight.name));
    expect(String(report.log)).toContain('conv2d1');
    model.dispose();
    other.dispose();
  });
});

test('rounds of synaptic flow prune lenet5 far, and empty no layer', async () => {
  const model = await createModel('lenet5', { seed: 3 });
  await prune(model, { criterion: 'synflow', sparsity: 0.98, schedule: iterative({ rounds: 12 }) });
  expect(liveOf(model)).toBe(totalOf(model) - Math.round(0.98 * totalOf(model)));
  expect(weightsOf(model).every(({ live }) => live > 0)).toBe(true);
  model.dispose();
});
