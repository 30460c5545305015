import { beforeAll, describe, expect, test } from 'vitest';
import {
  createSession,
  DisposedError,
  dense,
  dropout,
  flatten,
  type LayerSpec,
  loadKernels,
  loadSession,
  prune,
  relu,
  type Sequential,
  type SessionOptions,
  ShapeError,
  sequential,
  sigmoid,
  softmax,
  tanh,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { probe } from '../../src/runtime/probe.js';
import { cut } from '../../src/session/planner.js';
import { productFormats } from '../../src/session/products/index.js';
import * as inference from '../../src/session.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { EPS, firstOutside, networkTwin, values } from '../model/support.js';
import { specialNetworks } from '../support/networks.js';

const choices = ['auto', ...(Object.keys(productFormats) as (keyof typeof productFormats)[])] as const;
const batches = [1, 2, 7, 8, 9, 31, 32, 33, 64, 257];
const counts = [1, 2, 8, 31, 33, 257];

const networks: Readonly<Record<string, readonly LayerSpec[]>> = {
  'a narrow perceptron': [dense(13), relu(), dense(9), relu(), dense(3)],
  'one layer': [dense(5, { bias: false })],
  ...specialNetworks,
};

async function build(layers: readonly LayerSpec[], sparsity: number, seed = 4): Promise<Sequential> {
  const model = await sequential({ inputShape: [11], seed }, layers);
  model.setWeights(model.getWeights().map((array, i) => values(array.length, i + seed, 0.8)));
  if (sparsity > 0) await prune(model, { sparsity });
  return model;
}

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

describe.each(Object.keys(networks))('a session of %s', (name) => {
  const layers = networks[name]!;

  test.each(choices)(
    'with kernels %s equals the model and its float64 twin at every batch',
    async (kernels) => {
      for (const sparsity of name === 'no weights' ? [0] : [0, 0.6, 0.95, 1]) {
        const model = await build(layers, sparsity);
        const weights = model.getWeights();
        const width = sizeOf(model.graph.outputShape);
        const x = values(257 * 11, 3, 2);
        const twins = Array.from({ length: 257 }, (_, s) =>
          networkTwin(model.graph, weights, x.subarray(11 * s, 11 * s + 11)),
        );
        const predicted = model.predict(x);
        twins.forEach((twin, s) => {
          expect(firstOutside(predicted.subarray(width * s, width * (s + 1)), twin)).toBe(-1);
        });
        for (const batch of batches) {
          const session = await createSession(model, { batch, kernels });
          for (const count of counts) {
            const got = session.run(x.subarray(0, 11 * count));
            expect(got.length).toBe(width * count);
            for (let s = 0; s < count; s++) {
              const at = firstOutside(got.subarray(width * s, width * (s + 1)), twins[s]!);
              if (at >= 0) throw new Error(`batch ${batch}, ${count} samples: sample ${s}, output ${at}`);
            }
          }
          session.dispose();
        }
        model.dispose();
      }
    },
  );

  test('gives the same bits for a sample whatever stands beside it', async () => {
    const model = await build(layers, name === 'no weights' ? 0 : 0.7);
    const width = sizeOf(model.graph.outputShape);
    const x = values(65 * 11, 5);
    for (const batch of [1, 8, 16, 32]) {
      const session = await createSession(model, { batch });
      const all = session.run(x);
      for (const s of [0, 1, 7, 8, 31, 32, 64]) {
        expect(session.run(x.subarray(11 * s, 11 * s + 11))).toEqual(
          all.subarray(width * s, width * (s + 1)),
        );
      }
      session.dispose();
    }
    model.dispose();
  });
});

test('large layers equal their float64 twin within k eps', async () => {
  const model = await sequential({ inputShape: [784], seed: 1 }, [
    dense(300),
    relu(),
    dense(100),
    relu(),
    dense(10),
  ]);
  await prune(model, { sparsity: 0.9 });
  const weights = model.getWeights();
  const x = values(5 * 784, 1).map(Math.abs);
  for (const kernels of choices) {
    for (const batch of [1, 8, 32]) {
      const session = await createSession(model, { batch, kernels });
      const got = session.run(x);
      for (let s = 0; s < 5; s++) {
        const twin = networkTwin(model.graph, weights, x.subarray(784 * s, 784 * (s + 1)));
        expect(firstOutside(got.subarray(10 * s, 10 * s + 10), twin)).toBe(-1);
        twin.values.forEach((value, i) => {
          expect(Math.abs(got[10 * s + i]! - value)).toBeLessThan(100 * EPS * (1 + Math.abs(value)));
        });
      }
      session.dispose();
    }
  }
  model.dispose();
});

describe('Session.run', () => {
  test('takes no samples at all', async () => {
    const model = await build(networks['a narrow perceptron']!, 0.5);
    for (const batch of [1, 32]) {
      const session = await createSession(model, { batch });
      expect(session.run(new Float32Array(0))).toEqual(new Float32Array(0));
      session.dispose();
    }
    model.dispose();
  });

  test('fills and returns the array given, else a new one that the caller owns', async () => {
    const model = await build(networks['a narrow perceptron']!, 0);
    for (const batch of [1, 32]) {
      const session = await createSession(model, { batch });
      const x = values(11 * 40, 1);
      const copy = x.slice();
      const out = new Float32Array(3 * 40);
      expect(session.run(x, out)).toBe(out);
      const fresh = session.run(x);
      expect(fresh).toEqual(out);
      expect(fresh.buffer).not.toBe(engine.memory.buffer);
      expect(fresh.buffer.byteLength).toBe(fresh.byteLength);
      session.run(values(11 * 40, 2));
      expect(fresh).toEqual(out);
      expect(x).toEqual(copy);
      const window = new Float32Array(3 * 40 + 2).fill(7);
      session.run(x, window.subarray(1, -1));
      expect([window[0], window.at(-1)]).toEqual([7, 7]);
      expect(window.subarray(1, -1)).toEqual(out);
      session.dispose();
    }
    model.dispose();
  });

  test('gives the same results when out lies over the samples, wherever it begins', async () => {
    const model = await build(networks['a narrow perceptron']!, 0);
    const x = values(11 * 40, 1);
    const samples = 40;
    for (const batch of [1, 4, 32]) {
      const session = await createSession(model, { batch });
      const expected = session.run(x);
      for (const [from, to] of [
        [0, 0],
        [0, 13],
        [13, 0],
        [0, 11 * samples],
      ] as const) {
        const room = new Float32Array(14 * samples + 13);
        room.set(x, from);
        const out = room.subarray(to, to + expected.length);
        expect(session.run(room.subarray(from, from + x.length), out)).toBe(out);
        expect(out).toEqual(expected);
      }
      session.dispose();
    }
    model.dispose();
  });

  test('refuses wrong lengths and types, and leaves out untouched', async () => {
    const model = await build(networks['a narrow perceptron']!, 0);
    const session = await createSession(model);
    const x = values(22, 1);
    const bad: [unknown, unknown, RegExp][] = [
      [
        values(12, 1),
        undefined,
        /^Session.run: x must be .* a multiple of 11 values, got Float32Array\(12\)/,
      ],
      [[1, 2], undefined, /^Session.run: x must be a Float32Array/],
      [new Float64Array(11), undefined, /^Session.run: x .*got Float64Array\(11\)/],
      [undefined, undefined, /^Session.run: x .*got undefined/],
      [x, new Float32Array(5).fill(3), /^Session.run: out must be .* 2 x 3 values, got Float32Array\(5\)/],
      [x, new Float32Array(7).fill(3), /^Session.run: out .*got Float32Array\(7\)/],
      [x, new Float64Array(6).fill(3), /^Session.run: out .*got Float64Array\(6\)/],
      [x, null, /^Session.run: out .*got null/],
    ];
    for (const [samples, out, message] of bad) {
      const run = () => session.run(samples as Float32Array, out as Float32Array);
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(message);
      if (out instanceof Float32Array) expect(out.every((value) => value === 3)).toBe(true);
    }
    expect(session.run(x).length).toBe(6);
    session.dispose();
    model.dispose();
  });

  test('after dispose throws DisposedError; disposing twice is harmless', async () => {
    const model = await build(networks['a narrow perceptron']!, 0);
    const session = await createSession(model);
    session.dispose();
    session.dispose();
    expect(() => session.run(new Float32Array(11))).toThrow(DisposedError);
    expect(() => session.run(new Float32Array(11))).toThrow(/^Session.run: .*dispose/);
    model.dispose();
  });

  test('goes on after the memory has grown, and after its model has changed or gone', async () => {
    const model = await build(networks['a narrow perceptron']!, 0.8);
    const x = values(11 * 33, 1);
    const sessions = await Promise.all([1, 8, 32].map((batch) => createSession(model, { batch })));
    const before = sessions.map((session) => session.run(x));
    const total = engine.memory.totalBytes;
    engine.memory.allocate(total).free();
    expect(engine.memory.totalBytes).toBeGreaterThan(total);
    expect(sessions.map((session) => session.run(x))).toEqual(before);
    model.setWeights(model.getWeights().map((array) => array.fill(0)));
    expect(sessions.map((session) => session.run(x))).toEqual(before);
    model.dispose();
    expect(sessions.map((session) => session.run(x))).toEqual(before);
    for (const session of sessions) session.dispose();
  });
});

describe('NaN and infinities', () => {
  /** [n] rows of two outputs: x0 + x1 and x2, after a ReLU when asked. */
  const build = async (weights: number[], clamp: boolean) => {
    const model = await sequential({ inputShape: [3] }, [
      dense(2, { bias: false }),
      ...(clamp ? [relu()] : []),
    ]);
    model.setWeights([Float32Array.from(weights)]);
    return model;
  };
  const sum = [1, 1, 0, 0, 0, 1];

  const cases: [string, number[], number[], [number, number]][] = [
    ['NaN in a sample', sum, [Number.NaN, 1, 2], [Number.NaN, 2]],
    ['infinity in a sample', sum, [Infinity, 1, 2], [Infinity, 2]],
    ['opposite infinities', sum, [Infinity, -Infinity, 2], [Number.NaN, 2]],
    ['NaN in a weight', [Number.NaN, 1, 0, 0, 0, 1], [3, 1, 2], [Number.NaN, 2]],
    ['infinity in a weight', [Infinity, 1, 0, 0, 0, 1], [3, 1, 2], [Infinity, 2]],
    ['infinity times zero', [Infinity, 1, 0, 0, 0, 1], [0, 1, 2], [Number.NaN, 2]],
  ];

  test.each(cases)('%s: pass through as IEEE 754 says', async (_, weights, sample, expected) => {
    for (const clamp of [false, true]) {
      const model = await build(weights, clamp);
      for (const kernels of choices) {
        for (const batch of [1, 8, 16, 32]) {
          const session = await createSession(model, { batch, kernels });
          const clean = [1, 1, 1];
          const out = session.run(Float32Array.from([...clean, ...sample, ...clean]));
          // A dense weight of zero times NaN or infinity is NaN; a sparse one skips zeros.
          const second = Number.isFinite(sample[0]! + sample[1]!) ? [expected[1]] : [expected[1], Number.NaN];
          expect(out[2]).toBe(expected[0]);
          expect(second.some((value) => Object.is(value, out[3]))).toBe(true);
          if (weights.every(Number.isFinite)) expect([...out.subarray(0, 2)]).toEqual([2, 1]);
          session.dispose();
        }
      }
      model.dispose();
    }
  });

  test('dense kernels skip nothing: zero times NaN is NaN', async () => {
    const model = await build(sum, false);
    for (const batch of [1, 8, 32]) {
      const session = await createSession(model, { batch, kernels: 'dense' });
      expect([...session.run(Float32Array.of(Number.NaN, 1, 2))]).toEqual([Number.NaN, Number.NaN]);
      session.dispose();
    }
    model.dispose();
  });

  test('a NaN in one sample leaves its neighbours alone', async () => {
    const model = await sequential({ inputShape: [3], seed: 2 }, [dense(4), relu(), dense(3), softmax()]);
    const x = values(33 * 3, 1);
    for (const kernels of choices) {
      for (const batch of [1, 8, 16, 32]) {
        const session = await createSession(model, { batch, kernels });
        const clean = session.run(x);
        const dirty = x.slice();
        dirty[3 * 17] = Number.NaN;
        const out = session.run(dirty);
        expect(out.subarray(0, 51)).toEqual(clean.subarray(0, 51));
        expect(out.subarray(54)).toEqual(clean.subarray(54));
        expect(out.subarray(51, 54).every(Number.isNaN)).toBe(true);
        expect(session.run(x)).toEqual(clean); // and leaves nothing behind
        session.dispose();
      }
    }
    model.dispose();
  });
});

describe('the plan', () => {
  test('explains every layer, as data and as a table', async () => {
    const model = await sequential({ inputShape: [1, 8, 8], seed: 1 }, [
      flatten(),
      dense(40),
      relu(),
      dropout(0.2),
      dense(10),
      softmax(),
    ]);
    await prune(model, { sparsity: 0.95 });
    const session = await createSession(model, { batch: 32 });
    const nnz = model.layers.map(({ weight }) => weight?.data.filter(Boolean).length ?? 0);
    expect(session.layers.map((layer) => [layer.name, layer.shape, layer.nnz])).toEqual([
      ['flatten1', [64], 0],
      ['dense1', [40, 64], nnz[1]],
      ['relu1', [40], 0],
      ['dropout1', [40], 0],
      ['dense2', [10, 40], nnz[4]],
      ['softmax1', [10], 0],
    ]);
    const [, first] = session.layers;
    expect(first).toMatchObject({ format: 'csr', kernel: 'spmm_csr32_f32' });
    expect(first!.multiplyAdds).toBeLessThanOrEqual(nnz[1]!); // units that no weight reads are gone
    expect(first!.theoreticalSpeedup).toBeCloseTo(2560 / first!.multiplyAdds, 9);
    expect(first!.sparsity).toBeCloseTo(1 - nnz[1]! / 2560, 12);
    expect(first!.bytes).toBeGreaterThanOrEqual(first!.multiplyAdds * 4);
    expect(session.layers[2]!.why).toMatch(/fused/);
    for (const layer of session.layers) {
      expect(layer.micros).toBeUndefined();
      expect(layer.why.length).toBeGreaterThan(3);
    }
    const lines = session.explain().split('\n');
    expect(lines.length).toBe(2 + 6);
    for (const [i, layer] of session.layers.entries()) {
      expect(lines[i + 2]).toContain(layer.name);
      expect(lines[i + 2]).toContain(layer.why);
      expect(lines[i + 2]).not.toMatch(/\s$/);
    }
    const column = lines[1]!.indexOf('why');
    for (const line of lines.slice(2)) expect(line.slice(column - 2, column)).toBe('  ');
    expect(session.explain()).not.toContain(' us ');
    session.dispose();
    model.dispose();
  });

  test('dense kernels store and multiply everything, zeros included', async () => {
    const model = await build([dense(20), relu(), dense(3)], 0.9);
    for (const batch of [1, 32]) {
      const session = await createSession(model, { batch, kernels: 'dense' });
      const products = session.layers.filter(({ format }) => format !== '-');
      expect(products.map(({ format, multiplyAdds }) => [format, multiplyAdds])).toEqual([
        ['dense', 220],
        ['dense', batch === 1 ? 80 : 60], // one sample: 3 rows and one that fills up
      ]);
      expect(products[0]!.bytes).toBeGreaterThanOrEqual(880);
      expect(products.every(({ why }) => !why.includes('dropped'))).toBe(true);
      session.dispose();
    }
    model.dispose();
  });

  test('chooses sparse kernels where most weights are zero, dense ones where few are', async () => {
    for (const batch of [1, 8, 16, 32, 256]) {
      for (const [sparsity, format] of [
        [0, 'dense'],
        [0.1, 'dense'],
        [0.95, 'csr'],
      ] as const) {
        const model = await sequential({ inputShape: [100], seed: 1 }, [dense(100)]);
        await prune(model, { sparsity });
        const session = await createSession(model, { batch });
        expect(session.layers[0]!.format).toBe(format === 'dense' && batch === 1 ? 'columns' : format);
        expect(session.layers[0]!.why).toMatch(/zeros/);
        session.dispose();
        model.dispose();
      }
    }
  });

  test('finds blocks and N:M patterns in the weights', async () => {
    const model = await sequential({ inputShape: [64] }, [dense(64, { bias: false })]);
    const formatOf = async (keep: (r: number, c: number) => boolean, batch: number) => {
      const full = values(64 * 64, 1);
      model.setWeights([full.map((value, i) => (keep(Math.floor(i / 64), i % 64) ? value || 1 : 0))]);
      const session = await createSession(model, { batch });
      session.dispose();
      return session.layers[0]!;
    };
    const blocks = (height: number) => (r: number, c: number) =>
      (Math.floor(r / height) * 7 + c * 3) % 10 === 0;
    expect((await formatOf(blocks(4), 1)).format).toBe('block4');
    expect((await formatOf(blocks(8), 1)).format).toBe('block8');
    expect((await formatOf(blocks(4), 8)).format).toBe('block4');
    expect((await formatOf(blocks(2), 32)).format).toBe('block2');
    expect((await formatOf(blocks(4), 32)).why).toMatch(/^100.0 % of the blocks filled: about .*x dense/);
    const pattern = await formatOf((r, c) => (c + r) % 4 === 0, 32);
    expect(pattern).toMatchObject({ format: 'nm', kernel: 'spmm_nm_f32' });
    expect(pattern.why).toContain('every 4 inputs hold at most 1 weights');
    expect((await formatOf((r, c) => (c + r) % 4 === 0, 1)).kernel).toBe('spmv_1of4_f32');
    model.dispose();
  });

  test('gives the same bits in every format, at every width of a tile, wherever a sample stands', async () => {
    const layers = [dense(24), relu(), dense(40, { bias: false }), tanh(), dense(13), softmax()];
    const model = await sequential({ inputShape: [32], seed: 3 }, layers);
    const random = model.getWeights().map((array, i) => values(array.length, i + 9, 0.9));
    // Blocks of 4x1 that leave no row and no column empty: nothing to fold, so that only the order of sums counts.
    const cols = [32, 0, 24, 40];
    model.setWeights(
      random.map((array, i) => {
        const width = cols[i === 0 ? 0 : i === 2 ? 2 : i === 3 ? 3 : 1]!;
        if (width === 0) return array;
        return array.map((value, j) => ((Math.floor(j / width / 4) + (j % width)) % 3 === 0 ? value : 0));
      }),
    );
    const x = values(70 * 32, 5, 1).map((value) => (value > 0.2 ? value : 0));
    const reference = await createSession(model, { batch: 1, kernels: 'dense' });
    const expected = reference.run(x);
    reference.dispose();
    for (const kernels of choices) {
      for (const batch of [...batches, 3, 4, 5, 12, 16, 20]) {
        for (const measure of batch === 32 ? [false, true] : [false]) {
          const session = await createSession(model, { batch, kernels, measure });
          expect(session.run(x), `${kernels}, batch ${batch}`).toEqual(expected);
          session.dispose();
        }
      }
    }
    model.dispose();
  });

  test('uses the relaxed build only where it is asked for and there is relaxed SIMD', async () => {
    const model = await build(networks['a narrow perceptron']!, 0.6);
    if (probe().relaxedSimd) {
      const early = createSession(model, { relaxed: true });
      await expect(early).rejects.toThrow(/relaxed needs its kernels: await loadKernels/);
    }
    await loadKernels({ relaxed: 'build/kernels/kernels-relaxed.wasm' });
    const x = values(11 * 40, 1);
    const plain = await createSession(model);
    expect(plain.build).toBe('simd');
    for (const batch of [1, 8, 32]) {
      const relaxed = await createSession(model, { batch, relaxed: true });
      expect(relaxed.build).toBe(probe().relaxedSimd ? 'relaxed' : 'simd');
      const [a, b] = [relaxed.run(x), plain.run(x)];
      expect(a.every((value, i) => Math.abs(value - b[i]!) <= 1e-5 * (1 + Math.abs(b[i]!)))).toBe(true);
      relaxed.dispose();
    }
    await expect(createSession(model, { relaxed: 1 as unknown as boolean })).rejects.toThrow(
      /relaxed must be/,
    );
    plain.dispose();
    model.dispose();
  });

  test('cuts batches of any size, however large, into tiles', async () => {
    const model = await build(networks['a narrow perceptron']!, 0.9);
    const x = values(11 * 45, 1);
    const reference = await createSession(model, { batch: 45 });
    const expected = reference.run(x);
    for (const batch of [2 ** 31 - 1, 100_001]) {
      const session = await createSession(model, { batch });
      expect(session.explain()).toMatch(new RegExp(`^session: batch ${batch}, \\d+ tiles of 32[,\\n]`));
      expect(session.run(x)).toEqual(expected);
      session.dispose();
    }
    const tiles = [32, 8, 1].map((lanes) => ({ lanes, cost: lanes + 4 }));
    for (const samples of [1, 7, 31, 32, 33, 45, 64, 65, 1000, 100_003]) {
      const runs = cut(samples, tiles);
      const places = runs.reduce((sum, { lanes, count }) => sum + lanes * count, 0);
      expect(places).toBeGreaterThanOrEqual(samples);
      expect(places - samples).toBeLessThan(Math.min(...runs.map(({ lanes }) => lanes)));
    }
    // The cheapest tile for a sample comes first only where many are left: two of five are better than eight and five here.
    const uneven = [
      { lanes: 8, cost: 10 },
      { lanes: 5, cost: 6.5 },
    ];
    expect(cut(10, uneven)).toEqual([{ lanes: 5, count: 2 }]);
    expect(cut(1000, uneven)).toEqual([{ lanes: 8, count: 125 }]);
    expect(cut(1002, uneven)).toEqual([
      { lanes: 8, count: 124 },
      { lanes: 5, count: 2 },
    ]);
    reference.dispose();
    model.dispose();
  });

  test('drops and folds units and inputs, says so, and gives equal outputs', async () => {
    const model = await sequential({ inputShape: [20], seed: 1 }, [
      dense(12),
      sigmoid(),
      dense(9),
      relu(),
      dense(4),
    ]);
    const weights = model.getWeights();
    const zero = (array: Float32Array, width: number, hit: (r: number, c: number) => boolean) =>
      array.map((value, i) => (hit(Math.floor(i / width), i % width) ? 0 : value));
    weights[0] = zero(weights[0]!, 20, (r, c) => c < 12 || r === 3); // 12 unread inputs, a constant unit
    weights[2] = zero(weights[2]!, 12, (_, c) => c === 5); // a unit that nobody reads
    weights[4] = zero(weights[4]!, 9, (_, c) => c === 0);
    weights[1] = weights[1]!.map((_, i) => i / 10);
    model.setWeights(weights);
    const x = values(20 * 37, 1);
    const full = await createSession(model, { kernels: 'dense' });
    const expected = full.run(x);
    for (const batch of [1, 4, 8, 32, 37]) {
      const session = await createSession(model, { batch });
      expect(session.layers[0]!.why).toContain('12 unread inputs, 1 dead unit and 1 constant unit dropped');
      expect(session.layers[0]!.shape).toEqual([12, 20]);
      expect(session.layers[2]!.why).toContain('1 dead unit dropped');
      const y = session.run(x);
      expect(y.every((value, i) => Math.abs(value - expected[i]!) < 1e-6)).toBe(true);
      session.dispose();
    }
    expect(full.layers[0]!.why).not.toContain('dropped');
    full.dispose();
    model.dispose();
  });

  test('measures every format, and tells speed-up and share of the ceiling', async () => {
    const model = await build([dense(20), relu(), dense(3)], 0.9);
    const session = await createSession(model, { batch: 8, measure: true });
    const first = session.layers[0]!;
    expect(first.micros).toBeGreaterThan(0);
    expect(first.measuredSpeedup).toBeGreaterThan(0);
    expect(first.ceilingShare).toBeGreaterThan(0);
    const header = session.explain().split('\n')[1]!;
    for (const column of ['theory', 'measured', 'of ceiling', 'why']) expect(header).toContain(column);
    session.dispose();
    model.dispose();
  });

  test('skips zeros that setWeights brought, without any mask', async () => {
    const model = await sequential({ inputShape: [20], seed: 1 }, [dense(20)]);
    const [weight, bias] = model.getWeights();
    model.setWeights([weight!.fill(0, 5), bias!]);
    const session = await createSession(model, { batch: 32 });
    expect(session.layers[0]!.nnz).toBe(5);
    expect(['dense', 'columns']).not.toContain(session.layers[0]!.format);
    session.dispose();
    model.dispose();
  });

  test('has times only when measured, and they are positive', async () => {
    const model = await build([dense(20), relu(), dense(3), softmax()], 0.9);
    for (const batch of [1, 32]) {
      const session = await createSession(model, { batch, measure: true });
      expect(session.layers.map(({ micros }) => micros !== undefined && micros > 0)).toEqual([
        true,
        false,
        true,
        true,
      ]);
      expect(session.explain().split('\n')[1]).toMatch(/ us /);
      const plain = await createSession(model, { batch });
      const x = values(11 * 9, 1);
      expect(session.run(x)).toEqual(plain.run(x));
      for (const each of [session, plain]) each.dispose();
    }
    model.dispose();
  });

  test('depends on model and options alone: two sessions have the same plan and the same bits', async () => {
    const model = await build(networks['every activation']!, 0.8);
    const x = values(11 * 50, 1);
    const [a, b] = [await createSession(model), await createSession(model)];
    expect(a.explain()).toBe(b.explain());
    expect(a.run(x)).toEqual(b.run(x));
    for (const each of [a, b]) each.dispose();
    model.dispose();
  });
});

describe('memory', () => {
  test('is all given back by dispose, 200 times over', async () => {
    const model = await build(networks['every activation']!, 0.8);
    const x = values(11 * 5, 1);
    const before = engine.memory.liveBytes;
    const options: SessionOptions[] = [
      { batch: 1 },
      { batch: 32 },
      { batch: 8, kernels: 'csr' },
      { kernels: 'dense' },
    ];
    let total = 0;
    for (let i = 0; i < 200; i++) {
      const session = await createSession(model, options[i % options.length]!);
      session.run(x);
      session.dispose();
      expect(engine.memory.liveBytes).toBe(before);
      if (i === 10) total = engine.memory.totalBytes;
    }
    expect(engine.memory.totalBytes).toBe(total);
    model.dispose();
  });
});

test('a session that is made while the memory grows at every allocation is the same', async () => {
  const { memory } = engine;
  const allocate = memory.allocate.bind(memory);
  for (const sparsity of [0, 0.3, 0.8, 1]) {
    const model = await build(networks['every activation']!, sparsity);
    const x = values(11 * 45, 1);
    for (const batch of [1, 4, 8, 33, 45]) {
      const still = await createSession(model, { batch });
      memory.allocate = (bytes, zeroed) => {
        memory.wasm.grow(1);
        return allocate(bytes, zeroed);
      };
      const moving = await createSession(model, { batch });
      memory.allocate = allocate;
      expect(moving.explain()).toBe(still.explain());
      expect(moving.run(x)).toEqual(still.run(x));
      for (const each of [still, moving]) each.dispose();
    }
    model.dispose();
  }
});

describe('loadSession', () => {
  test('compiles a file to what createSession makes of its model', async () => {
    const model = await build(networks['every activation']!, 0.8);
    const x = values(11 * 40, 1);
    const bytes = model.encode();
    for (const batch of [1, 32]) {
      const [made, loaded] = [await createSession(model, { batch }), await loadSession(bytes, { batch })];
      expect(loaded.explain()).toBe(made.explain());
      expect(loaded.run(x)).toEqual(made.run(x));
      for (const each of [made, loaded]) each.dispose();
    }
    model.dispose();
  });

  test('tells the shapes of what it takes and gives', async () => {
    const model = await sequential({ inputShape: [2, 3, 4], seed: 1 }, [flatten(), dense(5)]);
    const session = await loadSession(model.encode());
    expect(session.inputShape).toEqual([2, 3, 4]);
    expect(session.outputShape).toEqual([5]);
    session.dispose();
    model.dispose();
  });

  test('loadExitSession, loadKernels and errors are all that espalier/session exports', () => {
    const others = Object.keys(inference).filter((name) => !name.endsWith('Error'));
    expect(others.sort()).toEqual(['loadExitSession', 'loadKernels', 'loadSession']);
  });
});
