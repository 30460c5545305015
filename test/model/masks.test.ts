/** Masks from the user: of another model, or made by hand. */
import { describe, expect, test } from 'vitest';
import {
  adam,
  conv2d,
  DataError,
  DisposedError,
  dense,
  flatten,
  type Mask,
  OptionError,
  prune,
  relu,
  type Sequential,
  type SequentialOptions,
  ShapeError,
  sequential,
} from '../../src/index.js';
import { refusedAt } from '../support/faults.js';
import { fingerprint, values } from './support.js';

const storages = ['auto', 'dense', 'sparse', 'csr'] as const;
const build = (options: Partial<SequentialOptions> = {}): Promise<Sequential> =>
  sequential({ inputShape: [1, 6, 5], seed: 3, ...options }, [
    conv2d(4, 3),
    relu(),
    flatten(),
    dense(9),
    relu(),
    dense(3),
  ]);
const data = { images: values(30 * 12, 1), labels: Uint8Array.from({ length: 12 }, (_, i) => i % 3) };
const masksOf = (model: Sequential): Mask[] =>
  model.layers.flatMap(({ weight }) => (weight ? [weight.mask] : []));

describe('setMasks', () => {
  test.each(storages)(
    'brings the masks of one model to another, and they stay in fit, stored %s',
    async (storage) => {
      const pruned = await build({ seed: 8 });
      await prune(pruned, { sparsity: 0.7 });
      const masks = masksOf(pruned);
      const model = await build({ storage });
      const before = model.getWeights();
      const optimizer = adam();
      await model.fit(data.images, data.labels, { optimizer, epochs: 1 });
      model.setWeights(before);
      model.setMasks(masks);
      expect(masksOf(model)).toEqual(masks);
      const weights = model.layers.flatMap(({ weight }) => (weight ? [weight.data] : []));
      weights.forEach((data, i) => {
        expect(data).toEqual(before[2 * i]!.map((value, at) => value * masks[i]![at]! + 0));
      });
      expect(model.summary().sparsity).toBeCloseTo(0.7, 2);
      if (storage === 'csr') expect(model.layers[3]!.weight!.storage).toBe('csr');
      await model.fit(data.images, data.labels, { optimizer, epochs: 2 });
      model.trainOnBatch(data.images, data.labels, { optimizer });
      expect(masksOf(model)).toEqual(masks);
      const { data: trained } = model.layers[3]!.weight!;
      expect(trained.every((value, at) => (value === 0) === (masks[1]![at] === 0))).toBe(true);
      for (const each of [pruned, model]) each.dispose();
    },
  );

  test('ends in the same bits in every storage', async () => {
    const bits = new Set<string>();
    for (const storage of storages) {
      const model = await build({ storage });
      model.setMasks({ dense1: Uint8Array.from({ length: 9 * 48 }, (_, i) => (i % 10 === 0 ? 1 : 0)) });
      bits.add(model.predict(data.images).join());
      model.dispose();
    }
    expect(bits.size).toBe(1);
  });

  test('by layer leaves the others their masks; what comes back begins at zero', async () => {
    const model = await build({ storage: 'sparse' });
    await prune(model, { sparsity: 0.5, allocation: 'uniform' });
    const [conv, first, last] = masksOf(model);
    const { data: was } = model.layers[3]!.weight!;
    const turned = first!.map((kept, i) => (i < 48 ? 1 - kept : kept));
    model.setMasks({ dense1: turned, dense2: null });
    expect(last).not.toBeNull();
    expect(masksOf(model)).toEqual([conv, turned, null]);
    const { data: is } = model.layers[3]!.weight!;
    expect(is.subarray(0, 48).every((value) => value === 0)).toBe(true);
    expect(is.subarray(48)).toEqual(was.subarray(48));
    model.setMasks({ dense1: new Uint8Array(9 * 48).fill(1) });
    expect(masksOf(model)).toEqual([conv, null, null]);
    expect(model.layers[3]!.weight!.storage).toBe('dense');
    model.dispose();
  });

  test.each(['dense', 'sparse'] as const)(
    'takes what an optimizer knew of a pruned weight alone, stored %s',
    async (storage) => {
      const model = await build({ storage });
      const optimizer = adam();
      await model.fit(data.images, data.labels, { optimizer, epochs: 2 });
      const before = model.states.of(optimizer).readDense();
      const mask = Uint8Array.from({ length: 9 * 48 }, (_, i) => (i % 3 === 0 ? 1 : 0));
      model.setMasks({ dense1: mask });
      model.setMasks({ dense1: null });
      const after = model.states.of(optimizer).readDense();
      before.forEach((moments, i) => {
        moments.forEach((old, j) => {
          expect(after[i]![j]).toEqual(i === 2 ? old.map((value, at) => (mask[at] === 1 ? value : 0)) : old);
        });
      });
      expect(before[2]![0]!.some((value, at) => mask[at] === 0 && value !== 0)).toBe(true);
      model.dispose();
    },
  );

  test('refuses what does not fit, and changes nothing', async () => {
    const model = await build();
    await prune(model, { sparsity: 0.5 });
    const before = fingerprint(model);
    const [a, b, c] = masksOf(model);
    const cases: readonly [unknown, new (...given: never[]) => Error, RegExp][] = [
      [[a, b], ShapeError, /^setMasks: masks must be 3, one for each weight, got a list of 2/],
      [
        [a, b, new Uint8Array(3)],
        ShapeError,
        /^setMasks: the mask of dense2.weight must be null or a Uint8Array of 27/,
      ],
      [[a, b, undefined], ShapeError, /dense2.weight must be null or a Uint8Array of 27 .* got undefined/],
      [[a, b, Array.from(c!)], ShapeError, /must be null or a Uint8Array of 27/],
      [[a, b, c!.map((kept) => 2 * kept)], DataError, /dense2.weight must hold only 0 and 1, got 2 at \d+/],
      [
        { dense1: b, dense3: c },
        OptionError,
        /^setMasks: layers must be among conv2d1, dense1, dense2, got "dense3"/,
      ],
      [{ relu1: null }, OptionError, /layers must be among/],
      [a, OptionError, /^setMasks: masks must be a list, or masks by layer/],
      [null, OptionError, /masks must be a list, or masks by layer .* got null/],
      [undefined, OptionError, /got undefined/],
    ];
    for (const [masks, kind, message] of cases) {
      const call = () => model.setMasks(masks as never);
      expect(call).toThrow(kind);
      expect(call).toThrow(message);
      expect(fingerprint(model)).toBe(before);
    }
    model.dispose();
    expect(() => model.setMasks([a!, b!, c!])).toThrow(DisposedError);
  });

  test('is refused while the model trains, and where blocks by name do not fit', async () => {
    const model = await build({ storage: 'block4' });
    const before = fingerprint(model);
    const single = Uint8Array.from({ length: 9 * 48 }, (_, i) => (i === 7 ? 0 : 1));
    expect(() => model.setMasks({ dense1: single })).toThrow(ShapeError);
    expect(fingerprint(model)).toBe(before);
    const training = model.fit(data.images, data.labels, { epochs: 1 });
    expect(() => model.setMasks({ dense1: null })).toThrow(/must not be trained or changed while it trains/);
    await training;
    const blocks = Uint8Array.from({ length: 9 * 48 }, (_, i) => (i < 4 * 48 ? 0 : 1));
    model.setMasks({ dense1: blocks });
    expect(model.layers[3]!.weight!.storage).toBe('block4');
    model.dispose();
  });

  test('changes nothing where memory is refused, however far it came', async () => {
    const model = await build({ storage: 'csr' });
    const optimizer = adam();
    await model.fit(data.images, data.labels, { optimizer, epochs: 1 });
    await prune(model, { sparsity: 0.5 });
    const { memory } = model.engine;
    const before = fingerprint(model);
    const moments = model.states.of(optimizer).readDense();
    const masks = masksOf(model).map((mask) => mask!.map((kept, i) => (i % 3 === 0 ? 0 : kept)));
    let refusals = 0;
    while (refusedAt(memory, refusals + 1, () => model.setMasks(masks))) {
      refusals++;
      expect(fingerprint(model)).toBe(before);
      expect(model.states.of(optimizer).readDense()).toEqual(moments);
    }
    expect(refusals).toBeGreaterThan(3);
    expect(masksOf(model)).toEqual(masks);
    model.dispose();
  });
});
