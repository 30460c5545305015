import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import {
  adam,
  createSession,
  dense,
  dropout,
  FormatError,
  flatten,
  leakyRelu,
  loadModel,
  loadSession,
  OptionError,
  prune,
  relu,
  type Sequential,
  sequential,
  sgd,
  softmax,
} from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint, values } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'espalier-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lenet = (seed: number) =>
  sequential({ inputShape: [784], seed }, [dense(300), relu(), dense(100), relu(), dense(10)]);
const small = (seed = 1) => sequential({ inputShape: [6], seed }, [dense(8), relu(), dense(3)]);
const x = values(6 * 10, 1);
const y = Uint8Array.from({ length: 10 }, (_, i) => i % 3);

const bitsOf = (model: Sequential) =>
  model
    .toNetwork()
    .parameters.flat()
    .map(({ values, mask }) => [new Uint32Array(values.buffer.slice(0)).join(), mask?.join() ?? null]);

describe('weights', () => {
  test('come as copies in layer order, weight then bias, and go back the same way', async () => {
    const model = await sequential({ inputShape: [6] }, [
      dense(8),
      relu(),
      dense(3, { bias: false }),
      dense(2),
    ]);
    const weights = model.getWeights();
    expect(weights.map(({ length }) => length)).toEqual([48, 8, 24, 6, 2]);
    const given = weights.map((array, i) => values(array.length, i));
    model.setWeights(given);
    expect(model.getWeights()).toEqual(given);
    given[0]!.fill(0);
    model.getWeights()[0]!.fill(0);
    expect(model.getWeights()[0]).not.toEqual(given[0]);
    model.dispose();
  });

  test('are [out, in]: one output reads one row', async () => {
    const model = await sequential({ inputShape: [3] }, [dense(2)]);
    model.setWeights([Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(10, 20)]);
    expect([...model.predict(Float32Array.of(1, 0, 0, 0, 1, 1))]).toEqual([11, 24, 15, 31]);
    model.dispose();
  });

  test('of equal seeds are equal, of others are not', async () => {
    const models = await Promise.all([small(1), small(1), small(2)]);
    const [a, b, c] = models.map(fingerprint);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    for (const model of models) model.dispose();
  });

  test('keep their masks with keepMasks, and lose them without', async () => {
    const model = await small();
    await prune(model, { sparsity: 0.5 });
    const doubled = model.getWeights().map((array) => array.map((value) => value * 2));
    model.setWeights(doubled, { keepMasks: true });
    expect(model.getWeights()).toEqual(doubled);
    expect(model.summary().sparsity).toBe(0.5);
    model.setWeights(doubled);
    expect(model.summary().sparsity).toBe(0);
    model.dispose();
  });

  test('may hold NaN and infinities, which predictions and files hand on', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(2)]);
    model.setWeights([Float32Array.of(Number.NaN, 1, -0, Infinity), Float32Array.of(0, -0)]);
    expect([...model.predict(Float32Array.of(1, 1))]).toEqual([Number.NaN, Infinity]);
    const loaded = await loadModel(model.encode());
    expect(bitsOf(loaded)).toEqual(bitsOf(model));
    for (const each of [model, loaded]) each.dispose();
  });
});

describe('views', () => {
  test('layers show specs, shapes, copies of weights and masks', async () => {
    const model = await sequential({ inputShape: [2, 3], seed: 1 }, [
      flatten(),
      dense(4),
      leakyRelu(),
      dense(2, { bias: false }),
    ]);
    await prune(model, { sparsity: 0.5 });
    const { layers } = model;
    expect(layers.map(({ name }) => name)).toEqual(['flatten1', 'dense1', 'leakyRelu1', 'dense2']);
    expect(layers[2]).toEqual({
      name: 'leakyRelu1',
      spec: { kind: 'leakyRelu', slope: 0.01 },
      inputShape: [4],
      outputShape: [4],
    });
    expect('bias' in layers[3]!).toBe(false);
    const { weight, bias } = layers[1]!;
    expect(bias).toEqual(new Float32Array(4));
    expect(weight!.shape).toEqual([4, 6]);
    expect(weight!.data).toEqual(model.getWeights()[0]);
    expect(weight!.sparsity).toBeCloseTo(weight!.mask!.filter((kept) => kept === 0).length / 24, 12);
    weight!.data.fill(7);
    weight!.mask!.fill(0);
    expect(model.layers[1]!.weight!.data).toEqual(model.getWeights()[0]);
    model.dispose();
  });

  test('summary counts parameters as data and as a table', async () => {
    const model = await lenet(1);
    await prune(model, { sparsity: 0.95 });
    const summary = model.summary();
    const { live } = summary;
    expect(Object.keys(summary)).not.toContain('toString');
    expect(summary).toMatchObject({ parameters: 266610, sparsity: expect.closeTo(0.95, 10) });
    expect(live).toBe(13310 + 410);
    expect(
      summary.layers.map(({ name, outputShape, parameters }) => [name, outputShape, parameters]),
    ).toEqual([
      ['dense1', [300], 235500],
      ['relu1', [300], 0],
      ['dense2', [100], 30100],
      ['relu2', [100], 0],
      ['dense3', [10], 1010],
    ]);
    expect(summary.layers.reduce((sum, layer) => sum + layer.live, 0)).toBe(live);
    const lines = String(summary).split('\n');
    expect(lines.length).toBe(7);
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
    expect(lines[0]).toMatch(/^layer +output +storage +parameters +live +sparsity +bytes$/);
    expect(lines[1]).toMatch(/^dense1 +\[300\] +csr +235500 +\d+ +9\d\.\d\d % +\d+$/);
    expect(lines[6]).toMatch(/^total +266610 +13720 +95\.00 % +\d+$/);
    expect(JSON.parse(JSON.stringify(summary)).parameters).toBe(266610);
    model.dispose();
  });
});

describe('training and predicting', () => {
  test('trainOnBatch returns the mean loss before its update, synchronously', async () => {
    const model = await small();
    const optimizer = adam({ learningRate: 0.05 });
    const { loss } = await model.evaluate(x, y);
    expect(model.trainOnBatch(x, y, { optimizer })).toBeCloseTo(loss, 6);
    for (let i = 0; i < 300; i++) model.trainOnBatch(x, y, { optimizer });
    expect((await model.evaluate(x, y)).accuracy).toBe(1);
    model.dispose();
  });

  test('trainOnBatch keeps up with changing batch sizes, and uses one adam by default', async () => {
    const [model, other] = [await small(), await small()];
    const optimizer = adam();
    for (const n of [10, 3, 10, 1, 9]) {
      model.trainOnBatch(x.subarray(0, 6 * n), y.subarray(0, n));
      other.trainOnBatch(x.subarray(0, 6 * n), y.subarray(0, n), { optimizer });
    }
    expect(fingerprint(model)).toBe(fingerprint(other));
    for (const each of [model, other]) each.dispose();
  });

  test('trainOnBatch and fit take the same step', async () => {
    const [model, other] = [await small(), await small()];
    const make = () => sgd({ learningRate: 0.1, momentum: 0.9 });
    model.trainOnBatch(x, y, { optimizer: make() });
    await other.fit(x, y, { optimizer: make(), batchSize: 10, shuffle: false });
    expect(fingerprint(model)).toBe(fingerprint(other));
    for (const each of [model, other]) each.dispose();
  });

  test('predict gives raw outputs for any number of samples, without dropout', async () => {
    const model = await sequential({ inputShape: [6], seed: 1 }, [dropout(0.9), dense(3), dropout(0.9)]);
    expect(model.predict(new Float32Array(0))).toEqual(new Float32Array(0));
    const many = values(6 * 200, 2);
    const all = model.predict(many);
    expect(all).toEqual(model.predict(many));
    for (const s of [0, 63, 64, 199]) {
      expect(model.predict(many.subarray(6 * s, 6 * s + 6))).toEqual(all.subarray(3 * s, 3 * s + 3));
    }
    expect(model.predict(Float32Array.of(1, Number.NaN, 0, 0, 0, 0)).every(Number.isNaN)).toBe(true);
    model.dispose();
  });

  test('evaluate counts the largest output as the answer, and changes nothing', async () => {
    const model = await small();
    const before = fingerprint(model);
    const { accuracy, loss } = await model.evaluate(x, y);
    const out = model.predict(x);
    const right = [...y].filter((label, s) => {
      const row = [...out.subarray(3 * s, 3 * s + 3)];
      return row.indexOf(Math.max(...row)) === label;
    });
    expect(accuracy).toBe(right.length / 10);
    expect(loss).toBeGreaterThan(0);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('dropout trains with another mask in each step and keeps the expected size', async () => {
    const model = await sequential({ inputShape: [1] }, [dropout(0.25), dense(1, { bias: false })]);
    model.setWeights([Float32Array.of(1)]);
    const ones = new Float32Array(4000).fill(1);
    const optimizer = sgd({ learningRate: 0 });
    const losses = [1, 2].map(() => model.trainOnBatch(ones, new Float32Array(4000), { optimizer }));
    // Each value is 0 or 4/3: the mean square is 3/4 * 16/9.
    for (const loss of losses) expect(Math.abs(loss - 4 / 3)).toBeLessThan(0.06);
    expect(losses[0]).not.toBe(losses[1]);
    expect([...model.predict(Float32Array.of(1, 2))]).toEqual([1, 2]);
    model.dispose();
  });

  test('gives all memory back, whatever was done', async () => {
    const { memory } = await sharedEngine();
    const run = async () => {
      const model = await small();
      await model.fit(x, y, { epochs: 2, batchSize: 3, validation: { images: x, labels: y } });
      await model.fit(x, y, { optimizer: sgd({ momentum: 0.9 }) });
      model.trainOnBatch(x, y);
      model.trainOnBatch(x.subarray(0, 6), y.subarray(0, 1));
      await prune(model, { sparsity: 0.5, fit: { data: { images: x, labels: y } } });
      await model.evaluate(x, y);
      const loaded = await loadModel(model.encode());
      loaded.dispose();
      model.dispose();
    };
    await run();
    const before = memory.liveBytes;
    for (let i = 0; i < 5; i++) await run();
    expect(memory.liveBytes).toBe(before);
  });
});

describe('files', () => {
  test('restore architecture, weights and masks bit for bit, at every sparsity', async () => {
    for (const sparsity of [undefined, 0, 0.3, 0.9, 0.99, 1]) {
      const model = await sequential({ inputShape: [2, 10], seed: 77 }, [
        flatten(),
        dense(31),
        leakyRelu({ slope: 0.2 }),
        dropout(0.1),
        dense(9, { bias: false }),
        softmax(),
      ]);
      if (sparsity !== undefined) await prune(model, { sparsity });
      const bytes = model.encode();
      const loaded = await loadModel(bytes);
      expect(bitsOf(loaded)).toEqual(bitsOf(model));
      expect(loaded.seed).toBe(77);
      expect(loaded.graph.inputShape).toEqual([2, 10]);
      expect(loaded.layers.map(({ spec }) => spec)).toEqual(model.layers.map(({ spec }) => spec));
      expect(Buffer.compare(loaded.encode(), bytes)).toBe(0);
      for (const each of [model, loaded]) each.dispose();
    }
  });

  test('are read from bytes, a path, a file URL and an address', async () => {
    const model = await small();
    const path = join(folder, 'small.espalier');
    await model.save(path);
    const server = createServer((_, response) => response.end(readFileSync(path)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const sources = [readFileSync(path), path, pathToFileURL(path), `http://127.0.0.1:${port}/small`];
    for (const source of sources) {
      const loaded = await loadModel(source);
      expect(bitsOf(loaded)).toEqual(bitsOf(model));
      loaded.dispose();
    }
    await new Promise((resolve) => server.close(resolve));
    model.dispose();
  });

  test('of a loaded model train on as the model itself would', async () => {
    const model = await small();
    await prune(model, { sparsity: 0.5 });
    const loaded = await loadModel(model.encode());
    for (const each of [model, loaded]) await each.fit(x, y, { epochs: 2, batchSize: 4 });
    expect(fingerprint(loaded)).toBe(fingerprint(model));
    for (const each of [model, loaded]) each.dispose();
  });

  test('shrink with their sparsity: 7 % of the dense one at 95 %', async () => {
    const model = await lenet(3);
    const full = model.encode().length;
    await prune(model, { sparsity: 0.95 });
    const pruned = model.encode().length;
    expect(pruned / full).toBeLessThanOrEqual(0.07);
    model.dispose();
  });

  test('cut anywhere, or altered in any byte, are refused with FormatError and leave no memory behind', async () => {
    const model = await sequential({ inputShape: [3], seed: 1 }, [dense(4), relu(), dense(2)]);
    await prune(model, { sparsity: 0.5 });
    const bytes = model.encode();
    model.dispose();
    const { memory } = await sharedEngine();
    const live = memory.liveBytes;
    const path = join(folder, 'broken.espalier');
    for (let length = 0; length < bytes.length; length += 1 + (length % 7)) {
      await expect(loadModel(bytes.slice(0, length))).rejects.toThrow(FormatError);
    }
    for (let at = 0; at < bytes.length; at += 3) {
      const altered = bytes.slice();
      altered[at]! ^= 1 << (at % 8);
      await expect(loadModel(altered)).rejects.toThrow(FormatError);
      await expect(loadSession(altered)).rejects.toThrow(FormatError);
    }
    writeFileSync(path, bytes.slice(0, -1));
    await expect(loadModel(path)).rejects.toThrow(FormatError);
    expect(memory.liveBytes).toBe(live);
  });

  test('of a budget that is too small are refused', async () => {
    const model = await lenet(1);
    await prune(model, { sparsity: 1 });
    const bytes = model.encode();
    expect(bytes.length).toBeLessThan(20_000);
    await expect(loadModel(bytes, { budget: { maxElements: 1000 } })).rejects.toThrow(FormatError);
    await expect(loadSession(bytes, { budget: { maxExpansionBytes: 1000 } })).rejects.toThrow(FormatError);
    await expect(loadModel(bytes, { budget: { maxElement: 1 } as never })).rejects.toThrow(/did you mean/);
    model.dispose();
  });

  test('compile to sessions that agree with the model', async () => {
    const model = await small();
    await prune(model, { sparsity: 0.8 });
    const [made, loaded] = [await createSession(model), await loadSession(model.encode())];
    expect(loaded.run(x)).toEqual(made.run(x));
    for (const each of [made, loaded, model]) each.dispose();
  });
});

test('a model that takes over another network goes back to nothing of its own', async () => {
  const layers = () => [dense(4), relu(), dense(2)];
  const [model, other] = [
    await sequential({ inputShape: [3], seed: 1 }, layers()),
    await sequential({ inputShape: [3], seed: 2 }, layers()),
  ];
  await model.fit(values(12, 1), Uint8Array.of(0, 1, 0, 1), { epochs: 1 });
  expect(model.rewindPoint).not.toBeNull();
  model.adopt(other.toNetwork());
  expect(fingerprint(model)).toBe(fingerprint(other));
  expect(model.rewindPoint).toBeNull();
  await expect(prune(model, { sparsity: 0.5, survivors: 'rewind' })).rejects.toThrow(OptionError);
  await prune(model, { sparsity: 0.5, survivors: 'rewind', rewindTo: other });
  const { mask } = model.layers[0]!.weight!;
  const given = other.getWeights()[0]!;
  expect(model.getWeights()[0]).toEqual(given.map((value, i) => (mask![i] === 1 ? value : 0)));
  for (const one of [model, other]) one.dispose();
});
