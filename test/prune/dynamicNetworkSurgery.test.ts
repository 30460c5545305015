import { describe, expect, test } from 'vitest';
import {
  adam,
  type DynamicNetworkSurgeryOptions,
  dynamicNetworkSurgery,
  OptionError,
  perLayer,
  prune,
} from '../../src/index.js';
import { threshold } from '../../src/prune/methods/splice.js';
import { fingerprint } from '../model/support.js';
import { build, expectConsistent, FIT, liveOf, pushed, sharedTests, TOTAL, x, y } from './shadowSupport.js';

/** The first weight grows by `push` a step, the others stay. */
const grown = (weights: readonly number[], options: DynamicNetworkSurgeryOptions, push: number) =>
  pushed(
    weights,
    weights.map((_, i) => (i === 0 ? -push : 0)),
    1,
    8,
    () => dynamicNetworkSurgery({ every: 1, gamma: 0, until: 1, ...options }),
  );

describe('the rule of surgery', () => {
  test('sets thresholds by mean and deviation of what is not zero', () => {
    expect(threshold(Float32Array.of(0, 1, -3, 0), 0)).toBe(2);
    expect(threshold(Float32Array.of(0, 1, -3, 0), 2)).toBe(4);
    expect(threshold(Float32Array.of(0, 1, -3, 0), -5)).toBe(0);
    expect(threshold(new Float32Array(3), 5)).toBe(0);
  });

  test('cuts, lets a cut weight learn behind its mask, and splices it back above the band', async () => {
    // When masks first change the sizes are 0.75, 1, 2 and 4.75, so t = 2.125: cut up to 1.9125, back above 2.3375.
    const { masks, seen } = await grown([0.25, 1, 2, 4.75], { c: 0 }, 0.5);
    expect(masks).toEqual(['0011', '0011', '0011', '0011', '1011', '1011', '1011', '1011']);
    expect(seen.map((weights) => weights[0])).toEqual([0, 0, 0, 0, 2.75, 3.25, 3.75, 4.25]);
    expect(seen.at(-1)).toEqual([4.25, 0, 2, 4.75]);
  });

  test('keeps what lies within the band as it is', async () => {
    const { masks } = await grown([1.9, 2.1, 0.1, 4], { c: 0, band: 0.1 }, 0);
    expect(masks.at(-1)).toBe('1101');
    expect((await grown([1.9, 2.1, 0.1, 4], { c: 0, band: 0 }, 0)).masks.at(-1)).toBe('0101');
  });

  test('leaves a layer its largest weight, and layers without a threshold alone', async () => {
    const model = await build();
    await model.fit(x, y, { ...FIT, pruning: dynamicNetworkSurgery({ c: { dense1: 1000 } }) });
    expect(model.parameters.map(({ live }) => live)).toEqual([1, 17, 51, 3]);
    model.dispose();
  });

  test('with a target is that of the threshold that comes out', async () => {
    // Two stay at last. Of 2, which is in, and 2.25, which is not, the one that is in stays: 2 / 0.9 > 2.25 / 1.1.
    const { masks } = await grown([0.25, 1, 2, 4.75], { sparsity: 0.5, curve: 'linear', begin: 0 }, 0.5);
    expect(masks.slice(-4)).toEqual(['1011', '1011', '1001', '1001']);
    const narrow = await grown([0.25, 1, 2, 4.75], { sparsity: 0.5, until: 0, band: 0.1 }, 0.5);
    expect(new Set(narrow.masks)).toEqual(new Set(['0011']));
  });
});

describe('dynamicNetworkSurgery', () => {
  sharedTests(() => dynamicNetworkSurgery({ sparsity: 0.8, every: 3 }));

  test.each([0, 0.5, 0.83, 1])('reaches %f to one weight, by every allocation', async (sparsity) => {
    for (const allocation of ['global', 'uniform', 'erk'] as const) {
      const model = await build();
      await model.fit(x, y, { ...FIT, pruning: dynamicNetworkSurgery({ sparsity, allocation }) });
      const live = TOTAL - Math.round(sparsity * TOTAL);
      expect(Math.abs(liveOf(model) - live)).toBeLessThanOrEqual(allocation === 'uniform' ? 1 : 0);
      model.dispose();
    }
  });

  test('rises along the curve, and gives back what is pruned too far', async () => {
    const model = await build();
    await prune(model, { sparsity: 0.9 });
    const lives: number[] = [];
    const onStep = () => {
      lives.push(liveOf(model));
    };
    const pruning = dynamicNetworkSurgery({ sparsity: 0.5, every: 10, gamma: 0, curve: 'linear' });
    await model.fit(x, y, { ...FIT, pruning, callbacks: [{ onStep }] });
    const kept = (share: number) => TOTAL - Math.round(share * TOTAL);
    const now = 1 - kept(0.9) / TOTAL;
    const at = (step: number) => kept(now + (0.5 - now) * (step / 30));
    expect([0, 10, 20, 30, 39].map((step) => lives[step])).toEqual([
      at(0),
      at(10),
      at(20),
      at(30),
      kept(0.5),
    ]);
    model.dispose();
  });

  test('gives what comes back empty moments, and lets others remember', async () => {
    const model = await build('dense');
    const optimizer = adam({ learningRate: 0.05 });
    let before = model.parameters.map((parameter) => parameter.readMask());
    let [back, kept] = [0, 0];
    const onStep = () => {
      const slots = model.states.of(optimizer).readDense();
      const masks = model.parameters.map((parameter) => parameter.readMask());
      masks.forEach((mask, p) => {
        mask?.forEach((now, i) => {
          const empty = slots[p]!.every((slot) => slot[i] === 0);
          if (now === 1 && before[p]?.[i] === 0) {
            expect(empty).toBe(true);
            back++;
          } else if (now === 1 && !empty) kept++;
        });
      });
      before = masks;
    };
    const pruning = dynamicNetworkSurgery({ sparsity: 0.8, every: 1, band: 0, until: 0.9 });
    await model.fit(x, y, { ...FIT, optimizer, pruning, callbacks: [{ onStep }] });
    expect(back).toBeGreaterThan(10);
    expect(kept).toBeGreaterThan(100);
    model.dispose();
  });

  test('updates ever more rarely', async () => {
    const changes = async (gamma: number, power: number) => {
      const model = await build();
      const masks = new Set<string>();
      const onStep = () => {
        masks.add(model.parameters.map((parameter) => parameter.readMask()?.join('')).join());
      };
      const pruning = dynamicNetworkSurgery({ sparsity: 0.9, every: 1, gamma, power });
      await model.fit(x, y, { ...FIT, pruning, callbacks: [{ onStep }] });
      model.dispose();
      return masks.size;
    };
    const [always, half, one] = [await changes(0, 1), await changes(1, 0.5), await changes(1, 1)];
    expect(always).toBeGreaterThan(half);
    expect(half).toBeGreaterThan(one);
    expect(one).toBeGreaterThan(1);
  });

  test('refuses what cannot be before anything changes', async () => {
    for (const bad of [
      {},
      { sparsity: 0.5, c: 1 },
      { sparsity: 1.5 },
      { c: '1' },
      { c: { dense1: Number.NaN } },
      { c: [1] },
      { c: 1, curve: 'cubic' },
      { c: 1, allocation: 'global' },
      { sparsity: 0.5, power: 0.3 },
      { sparsity: 0.5, gamma: -1 },
      { sparsity: 0.5, band: 2 },
      { sparsity: 0.5, begin: 0.5, until: 0.4 },
      { sparsity: 0.5, every: 0 },
      { sparsity: 0.5, each: 3 },
      { sparsity: 0.5, allocation: perLayer({ dense1: 0.5 }) },
    ]) {
      expect(() => dynamicNetworkSurgery(bad as DynamicNetworkSurgeryOptions)).toThrow(OptionError);
    }
    const model = await build();
    const print = fingerprint(model);
    await expect(model.fit(x, y, { pruning: dynamicNetworkSurgery({ c: { dense7: 1 } }) })).rejects.toThrow(
      /layers of c must be among dense1, dense2, got "dense7"/,
    );
    expect(fingerprint(model)).toBe(print);
    expectConsistent(model);
    model.dispose();
  });
});
