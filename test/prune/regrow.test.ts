import { describe, expect, test } from 'vitest';
import {
  adam,
  dense,
  dynamic,
  type RegrowthScores,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const x = values(8 * 20, 3);
const y = Uint8Array.from({ length: 20 }, (_, i) => i % 4);
const build = (storage: 'dense' | 'sparse') =>
  sequential({ inputShape: [8], seed: 4, sparsity: 0.6, storage }, [dense(10), relu(), dense(4)]);
const fitWith = (model: Sequential, regrow: RegrowthScores) => {
  const pruning = dynamic({ every: 3, fraction: 0.5, until: 1, anneal: 'constant', regrow });
  return model.fit(x, y, { batchSize: 5, optimizer: adam(), pruning });
};

describe('a regrowth rule of one own', () => {
  test.each(['dense', 'sparse'] as const)(
    'the highest scores come, and begin at zero, in %s storage',
    async (storage) => {
      const model = await build(storage);
      const before = model.layers.flatMap(({ weight }) => (weight ? [weight.mask!] : []));
      const seen: { positions: number[]; gradients: number[] }[] = [];
      await fitWith(model, ({ positions, gradients }) => {
        seen.push({ positions: [...positions], gradients: [...gradients] });
        return Float32Array.from(positions, (at) => at); // the last places first
      });
      const after = model.layers.flatMap(({ weight }) => (weight ? [weight.mask!] : []));
      before.forEach((mask, layer) => {
        const live = mask.reduce((sum, kept) => sum + kept, 0);
        const grown = Math.floor(live / 2);
        expect(after[layer]!.reduce((sum, kept) => sum + kept, 0)).toBe(live);
        const { positions } = seen[layer]!;
        const { length } = mask;
        expect(positions).toHaveLength(length - (live - grown)); // absent ones, and those just dropped
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
        for (const at of positions.slice(-grown)) expect(after[layer]![at]).toBe(1);
        for (const at of positions.slice(0, -grown)) expect(after[layer]![at]).toBe(0);
      });
      expect(seen[0]!.gradients.some((size) => size > 0)).toBe(true);
      expect(seen[0]!.gradients.every((size) => size >= 0)).toBe(true);
      model.dispose();
    },
  );

  test('scores of another length, or NaN, are refused before connections move', async () => {
    for (const [regrow, message] of [
      [
        () => new Float32Array(3),
        /^dynamic: regrow must return a Float32Array of \d+, got Float32Array\(3\)/,
      ],
      [
        ({ positions }) => new Float32Array(positions.length).fill(Number.NaN),
        /^dynamic: scores of regrow .* NaN at 0/,
      ],
    ] as const satisfies readonly (readonly [RegrowthScores, RegExp])[]) {
      const model = await build('sparse');
      const masks = model.layers.map(({ weight }) => weight?.mask?.join(''));
      await expect(fitWith(model, regrow)).rejects.toThrow(message);
      expect(model.layers.map(({ weight }) => weight?.mask?.join(''))).toEqual(masks);
      expect(fingerprint(model)).toMatch(/^[0-9a-f]{64}$/);
      model.dispose();
    }
  });
});
