import { describe, expect, test } from 'vitest';
import {
  adam,
  dense,
  type GradualOptions,
  gradual,
  OptionError,
  perLayer,
  prune,
  relu,
  type StorageChoice,
  sequential,
  sgd,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const x = values(20 * 60, 1);
const y = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
const build = (storage: StorageChoice = 'auto') =>
  sequential({ inputShape: [20], seed: 4, storage }, [dense(16), relu(), dense(3)]);

/** Live weights after every step of a fit of 40 steps. */
async function liveBySteps(options: GradualOptions, storage: StorageChoice = 'auto'): Promise<number[]> {
  const model = await build(storage);
  const lives: number[] = [];
  const onStep = () => {
    lives.push(model.summary().live - 19);
  };
  const fit = { epochs: 4, batchSize: 6, optimizer: adam({ weightDecay: 0.01 }), callbacks: [{ onStep }] };
  await model.fit(x, y, { ...fit, pruning: gradual(options) });
  model.dispose();
  return lives;
}

describe('gradual', () => {
  test('follows the cubic curve, and reaches the asked sparsity to one weight', async () => {
    const lives = await liveBySteps({ sparsity: 0.9, every: 10, until: 0.75 });
    expect(lives).toHaveLength(40);
    const total = 20 * 16 + 48;
    const kept = (step: number) => {
      const left = 1 - Math.min(step / 30, 1);
      return total - Math.round((0.9 - 0.9 * left * left * left) * total);
    };
    expect(lives.map((live, step) => (step % 10 === 9 ? live : -1)).filter((live) => live >= 0)).toEqual([
      total,
      kept(10),
      kept(20),
      kept(30),
    ]);
    expect(lives.at(-1)).toBe(total - Math.round(0.9 * total));
  });

  test('follows a curve of one own', async () => {
    const lives = await liveBySteps({ sparsity: 0.8, every: 10, until: 0.75, curve: (t) => t * t });
    const total = 20 * 16 + 48;
    const at = (share: number) => total - Math.round(0.8 * share * share * total);
    expect([lives[9], lives[19], lives[29], lives[39]]).toEqual([total, at(1 / 3), at(2 / 3), at(1)]);
    await expect(liveBySteps({ sparsity: 0.8, every: 10, curve: () => 2 })).rejects.toThrow(
      /^gradual: what curve returns must be in \[0, 1\], got 2/,
    );
  });

  test('never lets a weight come back, in any storage, and weights go on learning', async () => {
    for (const storage of ['dense', 'sparse', 'auto'] as const) {
      const model = await build(storage);
      const masks: Uint8Array[][] = [];
      const onStep = () => {
        masks.push(model.layers.flatMap(({ weight }) => weight?.mask ?? []));
      };
      const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
      const first = model.getWeights()[0]!;
      const options = { epochs: 4, batchSize: 6, optimizer, callbacks: [{ onStep }] };
      await model.fit(x, y, { ...options, pruning: gradual({ sparsity: 0.8, every: 4, curve: 'linear' }) });
      masks.slice(1).forEach((now, i) => {
        masks[i]!.forEach((before, p) => {
          now[p]!.forEach((kept, j) => {
            if (kept === 1 && before[j] === 0) throw new Error(`weight ${j} of ${p} came back`);
          });
        });
      });
      const last = model.getWeights()[0]!;
      expect(model.summary().sparsity).toBeCloseTo(0.8, 2);
      expect(last.some((value, i) => value !== 0 && value !== first[i])).toBe(true);
      model.dispose();
    }
  });

  test('begins and ends where it is told to, along a line', async () => {
    const lives = await liveBySteps({ sparsity: 0.5, curve: 'linear', begin: 0.5, until: 1, every: 5 });
    const total = 20 * 16 + 48;
    expect(lives.slice(0, 25)).toEqual(Array(25).fill(total));
    expect(lives[39]).toBe(total - Math.round(0.5 * total));
    expect(new Set(lives).size).toBe(5);
  });

  test('is the same for the same seed, and refuses what cannot be', async () => {
    const run = async () => {
      const model = await build();
      await model.fit(x, y, { epochs: 3, batchSize: 6, pruning: gradual({ sparsity: 0.9, every: 3 }) });
      const print = fingerprint(model);
      model.dispose();
      return print;
    };
    expect(await run()).toBe(await run());
    for (const bad of [
      {},
      { sparsity: 2 },
      { sparsity: 0.5, begin: 0.8, until: 0.5 },
      { sparsity: 0.5, every: 0 },
      { sparsity: 0.5, curve: 'square' },
      { sparsity: 0.5, criterion: 'size' },
      { sparsity: 0.5, step: 3 },
      { sparsity: 0.5, allocation: perLayer({ dense1: 0.5 }) },
    ]) {
      expect(() => gradual(bad as unknown as GradualOptions)).toThrow(OptionError);
    }
    const model = await build();
    await prune(model, { sparsity: 0.7 });
    const print = fingerprint(model);
    await expect(model.fit(x, y, { pruning: gradual({ sparsity: 0.5 }) })).rejects.toThrow(
      /already, got 0.5/,
    );
    expect(fingerprint(model)).toBe(print);
    model.dispose();
  });
});
