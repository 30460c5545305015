import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adam,
  dense,
  type GranetOptions,
  granet,
  OptionError,
  perLayer,
  prune,
  relu,
  sequential,
  sgd,
} from '../../src/index.js';
import { fingerprint } from '../model/support.js';
import { build, expectConsistent, FIT, liveOf, pushed, sharedTests, TOTAL, x, y } from './shadowSupport.js';

const keptAt = (sparsity: number) => TOTAL - Math.round(sparsity * TOTAL);

/** Live weights and the mask of the first layer after every step. */
async function watch(options: GranetOptions, start = 0, seed = 4) {
  const model = await sequential({ inputShape: [20], seed, ...(start > 0 && { sparsity: start }) }, [
    dense(17),
    relu(),
    dense(3),
  ]);
  const before = liveOf(model);
  const [lives, masks]: [number[], string[]] = [[], []];
  const onStep = () => {
    lives.push(liveOf(model));
    masks.push((model.parameters[0]!.readMask() ?? []).join(''));
  };
  const optimizer = adam({ learningRate: 0.01 });
  await model.fit(x, y, { ...FIT, optimizer, pruning: granet(options), callbacks: [{ onStep }] });
  expectConsistent(model, optimizer);
  const layers = model.parameters.flatMap(({ prunable, live }) => (prunable ? [live] : []));
  model.dispose();
  return { before, lives, masks, layers };
}

describe('granet', () => {
  sharedTests(() => granet({ sparsity: 0.8, every: 4, until: 0.5, regrowUntil: 0.95 }));

  test('follows the cubic curve to the asked sparsity, and stays there while connections move on', async () => {
    const { lives, masks } = await watch({
      sparsity: 0.9,
      every: 5,
      until: 0.5,
      regrowUntil: 0.9,
      fraction: 0.9,
    });
    const left = (step: number) => 1 - Math.min(step / 20, 1);
    lives.forEach((live, step) => {
      const update = step < 20 ? step - (step % 5) : 20;
      expect(live, `step ${step}`).toBe(keptAt(0.9 - 0.9 * left(update) ** 3));
    });
    const moved = masks.flatMap((mask, step) => (step > 0 && mask !== masks[step - 1] ? [step] : []));
    expect(moved).toEqual([5, 10, 15, 20, 25, 30]);
  });

  test('reaches any sparsity to one weight, from any start, with every allocation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom('global', 'uniform', 'erk' as const),
        fc.constantFrom('gradient', 'random' as const),
        fc.nat(100),
        async (start, share, until, allocation, regrow, seed) => {
          const from = Math.min(start, 0.9);
          const sparsity = from + (1 - from) * share;
          const every = 1 + (seed % 7);
          const options = {
            sparsity: Math.max(sparsity, 1 - keptAt(from) / TOTAL),
            every,
            until,
            allocation,
            regrow,
          };
          const { before, lives, layers } = await watch({ ...options, fraction: share }, from, seed);
          // The guard keeps one weight of each layer, but where everything is to go.
          const least = options.sparsity < 1 ? layers.length : 0;
          expect(lives.at(-1)).toBe(Math.max(least, keptAt(options.sparsity)));
          lives.forEach((live, step) => {
            expect(live).toBeLessThanOrEqual(step === 0 ? before : lives[step - 1]!);
          });
          if (options.sparsity < 1) expect(layers.every((live) => live > 0)).toBe(true);
        },
      ),
      {
        seed: 7,
        numRuns: 40,
        examples: [
          [0.5, 1, 0.5, 'global', 'gradient', 1],
          [0, 0, 0, 'uniform', 'random', 2],
          [0.5, 0.5, 1, 'erk', 'gradient', 3],
        ],
      },
    );
  });

  test('keeps the largest, and grows where the gradient is largest, from zero', async () => {
    const weights = [0.6, -0.5, 0.4, 0.3, 0.2, 0.1];
    const gradient = [0, 0, 0, 1, -5, 2];
    const make = () => granet({ sparsity: 0.5, until: 0, regrowUntil: 1, every: 1, fraction: 0.5 });
    const { masks, seen } = await pushed(weights, gradient, 0, 4, make);
    // One of three is replaced at the second step; later the fraction is too small for any.
    expect(masks).toEqual(['111000', '110010', '110010', '110010']);
    expect(seen[1]).toEqual([...Float32Array.of(0.6, -0.5, 0, 0, 0, 0)]);
  });

  test("grows what a rule of one's own ranks highest", async () => {
    const regrow = ({ positions }: { positions: Uint32Array }) => Float32Array.from(positions);
    const make = () => granet({ sparsity: 0.5, until: 0, regrowUntil: 1, every: 1, fraction: 0.5, regrow });
    const { masks } = await pushed([0.6, -0.5, 0.4, 0.3, 0.2, 0.1], [0, 0, 0, 1, -5, 2], 0, 3, make);
    expect(masks[1]).toBe('110001');
  });

  test('changes no weight otherwise in the step of an update', async () => {
    const gradient = [1, 1, 1, 1, 1, 1];
    const make = () => granet({ sparsity: 0.5, until: 0.5, regrowUntil: 0.5, every: 10, fraction: 0.5 });
    const { masks, seen } = await pushed([6, 5, 4, 3, 2, 1], gradient, 0.5, 4, make);
    expect(masks).toEqual(['111111', '111111', '111000', '111000']);
    expect(seen).toEqual([
      [5.5, 4.5, 3.5, 2.5, 1.5, 0.5],
      [5, 4, 3, 2, 1, 0],
      [5, 4, 3, 0, 0, 0],
      [4.5, 3.5, 2.5, 0, 0, 0],
    ]);
  });

  test('gives layers what the allocation says, more than they had where it says so', async () => {
    const { layers } = await watch({ sparsity: 0.6, until: 0.5, every: 5, allocation: 'uniform' }, 0.5);
    expect(layers).toEqual([136, 20]);
  });

  test('refuses what cannot be, and then changes nothing', async () => {
    for (const bad of [
      {},
      { sparsity: 2 },
      { sparsity: 0.5, until: 1.5 },
      { sparsity: 0.5, begin: 0.8, until: 0.5 },
      { sparsity: 0.5, until: 0.8, regrowUntil: 0.7 },
      { sparsity: 0.5, every: 0 },
      { sparsity: 0.5, fraction: -1 },
      { sparsity: 0.5, regrow: 'none' },
      { sparsity: 0.5, step: 3 },
      { sparsity: 0.5, allocation: perLayer({ dense1: 0.5 }) },
    ]) {
      expect(() => granet(bad as unknown as GranetOptions)).toThrow(OptionError);
    }
    const model = await build();
    await prune(model, { sparsity: 0.7 });
    const print = fingerprint(model);
    const pruning = granet({ sparsity: 0.5 });
    await expect(model.fit(x, y, { pruning, optimizer: sgd() })).rejects.toThrow(
      /^granet: sparsity must be at least 0.7\d*, what is pruned already, got 0.5$/,
    );
    expect(fingerprint(model)).toBe(print);
    model.dispose();
  });
});
