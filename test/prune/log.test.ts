import { describe, expect, test } from 'vitest';
import { block, dense, iterative, OptionError, prune, relu, sequential } from '../../src/index.js';
import { keyOf, scoreOf } from '../../src/prune/select.js';

describe('keys', () => {
  test('sort like the scores they are made of, and turn back into them', () => {
    const scores = [-Infinity, -3, -1e-40, 0, 1e-45, 1e-3, 1, 1.5, 3e38, Infinity].map(Math.fround);
    const keys = scores.map(keyOf);
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
    expect(keys.map(scoreOf)).toEqual(scores);
    expect(keyOf(-0)).toBe(keyOf(0));
  });
});

describe('the log of a pruning', () => {
  test('tells when and why each weight went', async () => {
    const model = await sequential({ inputShape: [3], seed: 8 }, [dense(2), relu(), dense(2)]);
    const weights = [
      [0.1, -7, 3, 0, -0.5, 2],
      [9, 9],
      [0.2, -0.3, 5, 0.05],
      [8, 8],
    ];
    model.setWeights(weights.map((list) => Float32Array.from(list)));
    const { log } = await prune(model, {
      sparsity: 0.4,
      schedule: iterative({ rounds: 2, per: 'original' }),
    });
    expect(log.why('dense1.weight', 3)).toEqual({ round: 1, score: 0, threshold: Math.fround(0.1) });
    expect(log.why('dense2.weight', 3)).toEqual({
      round: 1,
      score: Math.fround(0.05),
      threshold: Math.fround(0.2),
    });
    expect(log.why('dense2.weight', 0)).toEqual({
      round: 2,
      score: Math.fround(0.2),
      threshold: Math.fround(0.3),
    });
    expect(log.why('dense1.weight', 1)).toEqual({ round: null, score: null, threshold: null });
    expect(log.entries).toHaveLength(4);
    expect(log.toString().split('\n')[0]).toBe('round  tensor         pruned  threshold');
    const { histogram } = log.cuts(1)[0]!;
    expect(histogram.edges).toHaveLength(histogram.kept.length + 1);
    const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);
    expect([sum(histogram.kept), sum(histogram.pruned)]).toEqual([5, 1]);
    expect(() => log.why('dense3.weight', 0)).toThrow(OptionError);
    expect(() => log.why('dense1.weight', -1)).toThrow(OptionError);
    expect(() => log.cuts(3)).toThrow(/^log: round must be 1 to 2, got 3/);
    model.dispose();
  });

  test('has linear bars for scores of both signs, and a place for infinite ones', async () => {
    const model = await sequential({ inputShape: [4], seed: 8 }, [dense(2)]);
    const scores = Float32Array.of(-3, -1, 0, 1, 3, 2, Infinity, -Infinity);
    const { log } = await prune(model, { sparsity: 0.5, criterion: () => scores });
    const { edges, kept, pruned } = log.cuts(1)[0]!.histogram;
    expect([edges[0], edges[24], edges[48]]).toEqual([-3, 0, 3]);
    const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);
    expect([sum(kept), sum(pruned), kept[47], pruned[0]]).toEqual([4, 4, 2, 2]);
    model.dispose();
  });

  test('counts blocks as groups, and works for sparse storage', async () => {
    for (const storage of ['dense', 'sparse'] as const) {
      const model = await sequential({ inputShape: [4], seed: 8, storage }, [dense(4)]);
      await prune(model, { sparsity: 0.25 });
      const { log } = await prune(model, { sparsity: 0.5, structure: block(2, 1) });
      const [entry] = log.entries;
      const [cut] = log.cuts(1);
      expect(entry!.pruned).toBe(cut!.positions.length);
      for (const at of cut!.positions) expect(log.why('dense1.weight', at).round).toBe(1);
      const second = await prune(model, { sparsity: 0.9, guard: false });
      const gone = second.log.cuts(1)[0]!.positions;
      const { mask } = model.layers[0]!.weight!;
      for (const at of gone) expect(mask![at]).toBe(0);
      model.dispose();
    }
  });
});
