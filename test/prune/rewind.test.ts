import { describe, expect, test } from 'vitest';
import {
  DataError,
  dense,
  iterative,
  loadModel,
  lotteryTicket,
  OptionError,
  prune,
  relu,
  ShapeError,
  sequential,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const x = values(7 * 30, 5);
const y = Uint8Array.from({ length: 30 }, (_, i) => (i * 7) % 3);
const data = { images: x, labels: y };
const build = (seed = 1) => sequential({ inputShape: [7], seed }, [dense(6), relu(), dense(3)]);

/** A trained model as a file, and its first weights. */
async function trained() {
  const model = await build();
  const first = model.getWeights();
  await model.fit(x, y, { epochs: 2, batchSize: 10 });
  const bytes = model.encode();
  model.dispose();
  return { bytes, first };
}

const masked = (weights: readonly Float32Array[], model: Awaited<ReturnType<typeof build>>) =>
  model.parameters.map((parameter, i) => {
    const mask = parameter.readMask();
    return weights[i]!.map((value, at) => (mask?.[at] === 0 ? 0 : value));
  });

describe('rewinding a model from a file', () => {
  test('is refused, as a file holds the last weights alone, and changes nothing', async () => {
    const loaded = await loadModel((await trained()).bytes);
    const before = fingerprint(loaded);
    const message = /^prune: survivors 'rewind' must come with rewindTo for a model from a file.*got none$/;
    for (const options of [
      lotteryTicket({ sparsity: 0.5 }),
      { sparsity: 0.5, survivors: 'rewind' } as const,
    ]) {
      await expect(prune(loaded, options)).rejects.toThrow(OptionError);
      await expect(prune(loaded, options)).rejects.toThrow(message);
    }
    expect(fingerprint(loaded)).toBe(before);
    loaded.dispose();
  });

  test('goes to the weights that rewindTo gives, in every round, as for a model that was never saved', async () => {
    const { bytes, first } = await trained();
    const start = await build();
    for (const rewindTo of [first, start]) {
      const loaded = await loadModel(bytes);
      const schedule = iterative({ rounds: 2 });
      await prune(loaded, { ...lotteryTicket({ sparsity: 0.5 }), rewindTo, schedule, fit: { data } });
      await prune(loaded, { sparsity: 0.6, survivors: 'rewind' });
      expect(loaded.getWeights()).toEqual(masked(first, loaded));
      loaded.dispose();
    }
    start.dispose();
  });

  test('follows units that leave', async () => {
    const { bytes, first } = await trained();
    const loaded = await loadModel(bytes);
    const survivors = 'rewind' as const;
    const { log } = await prune(loaded, { sparsity: 0.5, structure: 'neuron', survivors, rewindTo: first });
    expect(log.rounds[0]!.length).toBeGreaterThan(0);
    const kept = loaded.getWeights()[0]!;
    const rows = Array.from({ length: 6 }, (_, row) => first[0]!.slice(row * 7, row * 7 + 7));
    for (let row = 0; row < kept.length / 7; row++)
      expect(rows).toContainEqual(kept.slice(row * 7, row * 7 + 7));
    loaded.dispose();
  });

  test('is refused for targets of another kind or shape, and without rewinding', async () => {
    const { bytes, first } = await trained();
    const loaded = await loadModel(bytes);
    const before = fingerprint(loaded);
    const attempt = (rewindTo: unknown, survivors = 'rewind') =>
      prune(loaded, { sparsity: 0.5, survivors, rewindTo } as never);
    for (const wrong of [null, 3, 'file', [[1, 2]]]) {
      await expect(attempt(wrong)).rejects.toThrow(OptionError);
      await expect(attempt(wrong)).rejects.toThrow(/^prune: rewindTo must be .*got/);
    }
    await expect(attempt(first.slice(1))).rejects.toThrow(ShapeError);
    await expect(attempt(first.map((array) => array.slice(1)))).rejects.toThrow(
      /dense1.weight must have 42 values/,
    );
    await expect(attempt(first.map((array) => array.map(() => Number.NaN)))).rejects.toThrow(DataError);
    await expect(attempt(first, 'trained')).rejects.toThrow(/rewindTo must come with survivors 'rewind'/);
    expect(fingerprint(loaded)).toBe(before);
    loaded.dispose();
  });
});
