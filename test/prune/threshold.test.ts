import { describe, expect, test } from 'vitest';
import {
  dense,
  iterative,
  OptionError,
  prune,
  relu,
  type Sequential,
  sequential,
  standardDeviations,
} from '../../src/index.js';

async function literal(first: number[], second: number[]): Promise<Sequential> {
  const model = await sequential({ inputShape: [3], seed: 8 }, [dense(2), relu(), dense(2)]);
  model.setWeights([
    Float32Array.from(first),
    new Float32Array(2),
    Float32Array.from(second),
    new Float32Array(2),
  ]);
  return model;
}

const masksOf = (model: Sequential) =>
  model.layers.flatMap(({ weight }) => (weight ? [weight.mask?.join('') ?? ''] : []));

describe('threshold', () => {
  test('what scores less goes, what equals it stays', async () => {
    const model = await literal([0.5, -0.5, 0.49, 1, -2, 0], [3, 0.4, 0.5, -0.6]);
    const report = await prune(model, { threshold: 0.5 });
    expect(masksOf(model)).toEqual(['110110', '1011']);
    expect(report.asked).toBe(report.reached);
    expect(report.reached).toBeCloseTo(0.3, 12);
    expect(report.log.entries.map(({ pruned, threshold }) => [pruned, threshold])).toEqual([
      [2, 0.5],
      [1, 0.5],
    ]);
    model.dispose();
  });

  test('counts standard deviations of the live weights of each layer', async () => {
    // Mean 0, deviation 2; mean 0, deviation 1.
    const model = await literal([2, -2, 2, -2, 2, -2], [1, -1, 1, -1]);
    const q = standardDeviations({ dense1: 1.01, dense2: 0.99 });
    await prune(model, { threshold: q, guard: false });
    expect(masksOf(model)).toEqual(['000000', '1111']);
    model.dispose();
  });

  test('layers without a q keep everything', async () => {
    const model = await literal([2, -2, 1, -1, 2, -2], [1, -1, 0, 0]);
    await prune(model, { threshold: standardDeviations({ dense1: 1 }) });
    expect(masksOf(model)).toEqual(['110011', '1111']);
    model.dispose();
  });

  test('the guard leaves a layer its best weight, and says so', async () => {
    const model = await literal([0.1, 0.2, 0.4, 0.3, 0, 0], [3, 4, 5, 6]);
    const report = await prune(model, { threshold: 1 });
    expect(masksOf(model)).toEqual(['001000', '1111']);
    expect(report.rounds[0]!.guarded).toEqual(['dense1.weight']);
    model.dispose();
  });

  test('acts anew in every round on what is left', async () => {
    const model = await literal([4, -4, 1, -1, 0.5, 0.25], [8, -8, 2, -2]);
    const report = await prune(model, {
      threshold: standardDeviations(0.6),
      schedule: iterative({ rounds: 2 }),
    });
    expect(report.rounds).toHaveLength(2);
    const [first, second] = report.rounds.map(({ reached }) => reached);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThanOrEqual(first!);
    model.dispose();
  });

  test('refuses unknown layers and a q below 0, and leaves the model alone', async () => {
    const model = await literal([1, 2, 3, 4, 5, 6], [1, 2, 3, 4]);
    const threshold = standardDeviations({ dense9: 1 });
    await expect(prune(model, { threshold })).rejects.toThrow(
      /^standardDeviations: layers must be among dense1, dense2, got "dense9"/,
    );
    expect(masksOf(model)).toEqual(['', '']);
    expect(() => standardDeviations(-1)).toThrow(OptionError);
    expect(() => standardDeviations({ dense1: Number.NaN })).toThrow(OptionError);
    model.dispose();
  });
});
