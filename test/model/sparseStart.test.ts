/** Models that begin sparse: sequential({ sparsity }). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  createSession,
  dense,
  dropout,
  flatten,
  loadModel,
  loadSession,
  OptionError,
  prune,
  relu,
  removeUnits,
  rigl,
  type Sequential,
  type SequentialOptions,
  sequential,
  set,
  sgd,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { beforeAllocations, refusedAt } from '../support/faults.js';
import { fingerprint, values } from './support.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const lenet = (options: Partial<SequentialOptions>) =>
  sequential({ inputShape: [784], seed: 2, ...options }, [dense(300), relu(), dense(100), relu(), dense(10)]);
const bytesOf = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const weightsOf = (model: Sequential) => model.parameters.filter(({ prunable }) => prunable);
const livesOf = (model: Sequential): number[] => weightsOf(model).map(({ live }) => live);

describe('a model that begins sparse', () => {
  test('has exactly the connections that its distribution gives', async () => {
    for (const [options, lives] of [
      [{ sparsity: 0.95 }, [9051, 3340, 919]],
      [{ sparsity: 0.95, distribution: 'erdosRenyi' }, [9051, 3340, 919]],
      [{ sparsity: 0.9 }, [18714, 6906, 1000]],
      [{ sparsity: 0.95, distribution: 'uniform' }, [11760, 1500, 50]],
      [{ sparsity: 0 }, [235200, 30000, 1000]],
    ] as const) {
      for (const storage of ['auto', 'dense', 'csr', 'sparse'] as const) {
        const model = await lenet({ ...options, storage });
        expect(livesOf(model)).toEqual(lives);
        const masks = weightsOf(model).map(
          (weight) => weight.readMask()?.reduce((a, b) => a + b, 0) ?? weight.length,
        );
        expect(masks).toEqual(lives);
        model.dispose();
      }
    }
  });

  test('keeps layers that are full dense and without masks', async () => {
    const model = await lenet({ sparsity: 0.9, storage: 'csr' });
    expect(weightsOf(model).map(({ format }) => format)).toEqual(['csr', 'csr', 'dense']);
    expect(model.parameters[4]!.readMask()).toBeNull();
    model.dispose();
  });

  test('draws first values anew for the share of connections that is left after a cut', async () => {
    const model = await sequential({ inputShape: [12], seed: 3, sparsity: 0.6, storage: 'csr' }, [
      dense(16),
      relu(),
      dense(8),
    ]);
    const [, , weight] = model.parameters;
    const reads = Array.from({ length: 16 }, (_, unit) =>
      weight!.readMask()!.reduce((sum, kept, i) => sum + (i % 16 === unit ? kept : 0), 0),
    );
    const order = [...reads.keys()].sort((a, b) => reads[b]! - reads[a]!);
    const before = weight!.live / weight!.length;
    removeUnits(
      model,
      new Map([['dense1', Uint8Array.from(reads, (_, unit) => Number(order.indexOf(unit) < 6))]]),
    );
    const density = weight!.live / weight!.length;
    expect(density - before).toBeGreaterThan(0.05);
    const whole = await sequential({ inputShape: [12], seed: 3 }, [dense(6), relu(), dense(8)]);
    for (const one of [model, whole]) one.reinitialize(1);
    const expected = whole.parameters[2]!.read();
    const mask = weight!.readMask()!;
    weight!.read().forEach((value, i) => {
      expect(value).toBeCloseTo(mask[i] === 1 ? expected[i]! / Math.sqrt(density) : 0, 6);
    });
    for (const one of [model, whole]) one.dispose();
  });

  test('has connections in whole blocks where blocks are asked for', async () => {
    for (const [storage, height] of [
      ['block2', 2],
      ['block4', 4],
    ] as const) {
      const model = await sequential({ inputShape: [50], sparsity: 0.8, storage }, [
        dense(30),
        relu(),
        dense(11),
      ]);
      for (const weight of weightsOf(model)) {
        expect(weight.format).toBe(storage);
        expect(weight.fits(storage)).toBe(true);
      }
      // 366 of 1830 weights, shared as 80 : 41, are 242 and 124.
      const blocks = weightsOf(model).map(({ count }) => count / height);
      expect(blocks).toEqual(height === 2 ? [121, 62] : [61, 31]);
      const ends = weightsOf(model).map((weight) => weight.readMask()!.slice(-weight.cols).includes(1));
      expect(ends).toEqual([true, true]); // groups that are not full have their share
      model.dispose();
    }
  });

  test('has connections that seed and position decide, storage aside, spread evenly', async () => {
    const [a, b, c] = [
      await lenet({ sparsity: 0.9, storage: 'csr' }),
      await lenet({ sparsity: 0.9, storage: 'dense' }),
      await lenet({ sparsity: 0.9, seed: 3 }),
    ];
    expect(fingerprint(b)).toBe(fingerprint(a));
    expect(b.encode()).toEqual(a.encode());
    expect(fingerprint(c)).not.toBe(fingerprint(a));
    const mask = a.parameters[0]!.readMask()!;
    const byColumn = new Float64Array(784);
    const byRow = new Float64Array(300);
    mask.forEach((kept, i) => {
      byColumn[i % 784]! += kept;
      byRow[Math.floor(i / 784)]! += kept;
    });
    const p = 18714 / 235200;
    for (const [counts, size] of [
      [byColumn, 300],
      [byRow, 784],
    ] as const) {
      const chi = counts.reduce((total, count) => total + (count - size * p) ** 2, 0) / (size * p * (1 - p));
      expect(Math.abs(chi - counts.length)).toBeLessThan(5 * Math.sqrt(2 * counts.length));
    }
    const twins = await sequential({ inputShape: [10], sparsity: 0.5 }, [dense(10), dense(10)]);
    expect(twins.parameters[0]!.readMask()).not.toEqual(twins.parameters[2]!.readMask());
    twins.dispose();
    for (const model of [a, b, c]) model.dispose();
  });

  test('has the first values that a dense model of that seed has, larger as there are fewer inputs', async () => {
    const make = (options: Partial<SequentialOptions>) =>
      sequential({ inputShape: [21], seed: 2, ...options }, [dense(30), relu(), dense(13)]);
    for (const storage of ['csr', 'block2', 'block4'] as const) {
      const [sparse, full] = [await make({ sparsity: 0.7, storage }), await make({})];
      const [some, all] = [sparse.getWeights(), full.getWeights()];
      sparse.parameters.forEach((parameter, p) => {
        const mask = parameter.prunable ? parameter.readMask() : null;
        const scale = Math.sqrt(parameter.length / parameter.live);
        some[p]!.forEach((value, i) => {
          const expected = mask?.[i] === 0 ? 0 : all[p]![i]! * scale;
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * scale);
        });
      });
      for (const model of [sparse, full]) model.dispose();
    }
  });

  test('learns, is pruned further, saved and loaded', async () => {
    const model = await sequential({ inputShape: [2, 10], sparsity: 0.5, seed: 1, storage: 'csr' }, [
      flatten(),
      dense(24),
      relu(),
      dropout(0.1),
      dense(3),
    ]);
    const x = values(20 * 60, 1);
    const y = Uint8Array.from({ length: 60 }, (_, i) => (x[i * 20]! > 0.3 ? 2 : x[i * 20 + 7]! > 0 ? 1 : 0));
    const history = await model.fit(x, y, {
      epochs: 30,
      optimizer: sgd({ learningRate: 0.2, momentum: 0.9 }),
      pruning: set({ every: 8 }),
    });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]! / 2);
    expect((await prune(model, { sparsity: 0.7 })).reached).toBeCloseTo(0.7, 2);
    const loaded = await loadModel(model.encode());
    expect(fingerprint(loaded)).toBe(fingerprint(model));
    for (const each of [model, loaded]) each.dispose();
  });

  test.each<[string, Partial<SequentialOptions>, RegExp]>([
    [
      'all weights absent',
      { sparsity: 1 },
      /^sequential: every layer must keep a connection.*got 0 of 235200 for dense1.weight at sparsity 1/,
    ],
    ['a layer without connections', { sparsity: 0.9999, distribution: 'uniform' }, /for dense3.weight/],
    ['a share above 1', { sparsity: 1.5 }, /^sequential: sparsity must be in \[0, 1\], got 1.5/],
    ['a negative share', { sparsity: -0.1 }, /^sequential: sparsity/],
    ['no number', { sparsity: '0.9' as unknown as number }, /^sequential: sparsity.*got "0.9"/],
    ['no share', { sparsity: Number.NaN }, /^sequential: sparsity/],
    [
      'another distribution',
      { sparsity: 0.5, distribution: 'erdosrenyi' as 'uniform' },
      /^sequential: distribution must be one of erdosRenyi, uniform.*did you mean "erdosRenyi"/,
    ],
    [
      'an unknown option',
      { sparcity: 0.5 } as Partial<SequentialOptions>,
      /^sequential: option.*did you mean "sparsity"/,
    ],
  ])('refuses %s', async (_, options, message) => {
    const before = engine.memory.liveBytes;
    await expect(lenet(options)).rejects.toThrow(OptionError);
    await expect(lenet(options)).rejects.toThrow(message);
    expect(engine.memory.liveBytes).toBe(before);
  });

  test('is made at once or not at all when memory runs out', async () => {
    const model = await lenet({ sparsity: 0.9 });
    const { kernels, graph } = model;
    const Made = model.constructor as typeof Sequential;
    const starts = new Map([[0, { format: 'csr', positions: Uint32Array.of(1, 5, 800) } as const]]);
    const before = engine.memory.liveBytes;
    let n = 1;
    const build = () => new Made(engine, kernels, graph, { seed: 1, storage: 'auto', starts }).dispose();
    for (; refusedAt(engine.memory, n, build); n++) expect(engine.memory.liveBytes).toBe(before);
    expect(n).toBeGreaterThan(6);
    model.dispose();
  });
});

test('a sparse model of 3000 x 2000 is never laid out in full: built, trained, pruned, saved, loaded, run', async () => {
  const [rows, cols] = [3000, 2000];
  const sizes: { bytes: number; place: string }[] = [];
  let place = '';
  const end = beforeAllocations(engine.memory, (bytes) => sizes.push({ bytes, place }));
  const folder = mkdtempSync(join(tmpdir(), 'espalier-'));
  try {
    place = 'build';
    const model = await sequential({ inputShape: [cols], sparsity: 0.99, seed: 1 }, [dense(rows)]);
    expect(model.parameters[0]!.live).toBe(60000);
    const [x, y] = [values(cols * 96, 1), Uint8Array.from({ length: 96 }, (_, i) => i)];
    place = 'fit';
    await model.fit(x, y, { batchSize: 32, pruning: rigl({ every: 1, until: 1 }) });
    place = 'set';
    await model.fit(x, y, { batchSize: 32, pruning: set({ every: 1 }) });
    place = 'prune';
    await prune(model, { sparsity: 0.995 });
    expect(model.parameters[0]!.live).toBe(30000);
    place = 'rewind';
    await prune(model, { sparsity: 0.996, survivors: 'rewind' });
    place = 'evaluate';
    await model.evaluate(x, y);
    const expected = model.predict(x);
    place = 'save';
    const path = join(folder, 'model.safetensors');
    await model.save(path);
    place = 'load';
    const loaded = await loadModel(path);
    place = 'run';
    for (const batch of [1, 32]) {
      for (const session of [await createSession(loaded, { batch }), await loadSession(path, { batch })]) {
        expect(bytesOf(session.run(x)).equals(bytesOf(expected))).toBe(true);
        session.dispose();
      }
    }
    for (const each of [model, loaded]) each.dispose();
  } finally {
    end();
    rmSync(folder, { recursive: true });
  }
  const largest = sizes.reduce((most, size) => (size.bytes > most.bytes ? size : most));
  expect(largest.bytes, `while: ${largest.place}`).toBeLessThan(rows * cols);
});
