import { beforeAll, describe, expect, test } from 'vitest';
import { AbortedError, NumericError, OptionError, ShapeError } from '../../src/index.js';
import { type ReconstructJob, reconstruct } from '../../src/prune/reconstruct.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { beforeAllocations } from '../support/faults.js';
import { SeededRandom } from '../support/seededRandom.js';
import { gramOf, solve } from './secondOrder.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const f32 = (...list: number[]) => Float32Array.from(list);

/** A job with literal moments, without a bias and without a ridge. */
const job = (given: Partial<ReconstructJob>): ReconstructJob => ({
  engine,
  name: 'dense1.weight',
  gram: Float64Array.of(1, 0, 0, 1),
  rows: 1,
  weights: f32(2, 3),
  bias: null,
  mask: Uint8Array.of(1, 0),
  damp: 0,
  ...given,
});

describe('reconstruct', () => {
  test('lets a weight take over what an equal input had', async () => {
    // Inputs (x, x + e) with E[x^2] = 1, E[e^2] = 1: dropping the second gives w1 + w2 E[x (x + e)].
    const gram = Float64Array.of(1, 1, 1, 2);
    expect(await reconstruct(job({ gram }))).toEqual({ weights: f32(5, 0), bias: null });
    expect((await reconstruct(job({ gram, mask: Uint8Array.of(0, 1) }))).weights).toEqual(f32(0, 4));
  });

  test('lets the bias take over the mean of a dropped input', async () => {
    // One input of mean 3, E[x^2] = 10; the constant is the second.
    const gram = Float64Array.of(10, 3, 3, 1);
    const given = { gram, weights: f32(2), bias: f32(0.5), mask: Uint8Array.of(0) };
    expect(await reconstruct(job(given))).toEqual({ weights: f32(0), bias: f32(6.5) });
  });

  test('changes nothing where nothing was pruned, whatever the ridge', async () => {
    const weights = f32(1.1, 2.2, 3.3, 4.4);
    const given = { rows: 2, weights, mask: Uint8Array.of(1, 1, 1, 1), damp: 10 };
    expect((await reconstruct(job(given))).weights).toEqual(weights);
  });

  test('leaves rows without weights, and weights without input, alone', async () => {
    const gone = { weights: f32(1, 2), mask: Uint8Array.of(0, 0) };
    expect(await reconstruct(job(gone))).toEqual({ weights: f32(0, 0), bias: null });
    const silent = { gram: Float64Array.of(0, 0, 0, 1), weights: f32(7, 2), mask: Uint8Array.of(1, 0) };
    expect(await reconstruct(job(silent))).toEqual({ weights: f32(7, 0), bias: null });
    const dead = { gram: new Float64Array(4) };
    expect(await reconstruct(job(dead))).toEqual({ weights: f32(2, 0), bias: null });
  });

  test.each([
    [1, 1, false],
    [2, 3, true],
    [5, 8, true],
    [9, 13, false],
    [6, 31, true],
  ])('agrees with float64 elimination: %i rows of %i inputs, bias %s', async (rows, cols, biased) => {
    const random = new SeededRandom(cols);
    const { gram, size } = gramOf(random, cols, biased);
    for (const [sparsity, damp] of [
      [0.3, 0.01],
      [0.8, 0.1],
      [0.5, 1e-6],
    ] as const) {
      const weights = random.floats(rows * cols);
      const bias = biased ? random.floats(rows) : null;
      const mask = random.mask(rows * cols, sparsity);
      // A row like the one before shares its factor.
      if (rows > 2) mask.copyWithin(cols, 0, cols);
      const given = { gram, rows, weights, bias, mask, damp };
      const before = structuredClone({ gram, weights, bias, mask });
      const found = await reconstruct(job(given));
      expect({ gram, weights, bias, mask }).toEqual(before);
      const live = Array.from({ length: cols }, (_, j) => j).filter((j) => gram[j * size + j]! > 0);
      const ridge = (damp * live.reduce((sum, j) => sum + gram[j * size + j]!, 0)) / live.length;
      for (let row = 0; row < rows; row++) {
        const w = (j: number) => (j < cols ? weights[row * cols + j]! : bias![row]!);
        const kept = live.filter((j) => mask[row * cols + j] === 1);
        const list = biased ? [...kept, cols] : kept;
        const gone = live.filter((j) => mask[row * cols + j] === 0);
        const a = list.map((i) => list.map((j) => gram[i * size + j]! + (i === j ? ridge : 0)));
        const right = list.map((i) => gone.reduce((sum, j) => sum + gram[i * size + j]! * w(j), 0));
        solve(a, right).forEach((change, i) => {
          const j = list[i]!;
          const got = j < cols ? found.weights[row * cols + j]! : found.bias![row]!;
          expect(got).toBeCloseTo(w(j) + change, 4);
        });
        gone.forEach((j) => {
          expect(found.weights[row * cols + j]).toBe(0);
        });
      }
    }
  });

  test('makes the outputs of a pruned layer right where the inputs that are left determine them', async () => {
    // The last input is the sum of the first two: its weight can go without a trace.
    const samples = Array.from({ length: 20 }, (_, s) => [Math.sin(s), Math.cos(2 * s), 0]);
    for (const x of samples) x[2] = x[0]! + x[1]!;
    const gram = Float64Array.from({ length: 9 }, (_, at) =>
      samples.reduce((sum, x) => sum + x[Math.floor(at / 3)]! * x[at % 3]!, 0),
    );
    const given = { gram, weights: f32(1, 2, 3), mask: Uint8Array.of(1, 1, 0) };
    const { weights } = await reconstruct(job(given));
    expect(weights[0]).toBeCloseTo(4, 5);
    expect(weights[1]).toBeCloseTo(5, 5);
  });

  test('refuses dependent inputs without a ridge, and solves them with one', async () => {
    const gram = Float64Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1);
    const given = { gram, weights: f32(1, 2, 3), mask: Uint8Array.of(1, 1, 0) };
    await expect(reconstruct(job(given))).rejects.toThrow(NumericError);
    const { weights } = await reconstruct(job({ ...given, damp: 1e-6 }));
    expect(weights[0]).toBeCloseTo(2.5, 4);
    expect(weights[1]).toBeCloseTo(3.5, 4);
  });

  test('refuses values that no float32 holds', async () => {
    const gram = Float64Array.of(1e-30, 1e10, 1e10, 1e60);
    await expect(reconstruct(job({ gram, weights: f32(1, 3e38) }))).rejects.toThrow(NumericError);
  });

  test('refuses what does not fit', async () => {
    await expect(reconstruct(job({ mask: Uint8Array.of(1) }))).rejects.toThrow(ShapeError);
    await expect(reconstruct(job({ bias: f32(1) }))).rejects.toThrow('must have the constant input');
    await expect(reconstruct(job({ gram: new Float64Array(3) }))).rejects.toThrow(ShapeError);
    await expect(reconstruct(job({ gram: new Float64Array(16) }))).rejects.toThrow(ShapeError);
    await expect(reconstruct(job({ damp: -1 }))).rejects.toThrow(OptionError);
    await expect(reconstruct(job({ damp: Number.NaN }))).rejects.toThrow(OptionError);
  });

  test('tells its progress, stops when aborted, and keeps no memory in either case', async () => {
    const { memory } = engine;
    const random = new SeededRandom(4);
    const { gram } = gramOf(random, 6, false);
    const given = { gram, rows: 5, weights: random.floats(30), mask: random.mask(30, 0.5), damp: 0.1 };
    const expected = await reconstruct(job(given));
    const live = memory.liveBytes;
    const seen: number[] = [];
    await reconstruct(job({ ...given, onProgress: (done, total) => seen.push(done / total) }));
    expect(seen).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await expect(reconstruct(job({ ...given, onProgress, signal: stop.signal }))).rejects.toThrow(
      AbortedError,
    );
    for (let n = 1; ; n++) {
      let left = n;
      const end = beforeAllocations(memory, () => {
        if (--left === 0) throw new RangeError('refused');
      });
      const outcome = await reconstruct(job(given)).catch(() => 'refused');
      end();
      expect(memory.liveBytes).toBe(live);
      if (outcome !== 'refused') break;
    }
    const end = beforeAllocations(memory, () => memory.wasm.grow(1));
    expect(await reconstruct(job(given)).finally(end)).toEqual(expected);
  });
});
