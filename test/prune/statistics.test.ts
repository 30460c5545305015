import { describe, expect, test } from 'vitest';
import {
  AbortedError,
  adam,
  dense,
  dropout,
  gelu,
  NumericError,
  OptionError,
  relu,
  type Sequential,
  type StorageChoice,
  sequential,
  softmax,
  tanh,
} from '../../src/index.js';
import { gather, type StatisticName, statistics } from '../../src/prune/statistics/index.js';
import { losses } from '../../src/train/losses/index.js';
import { fingerprint, networkTwin, values } from '../model/support.js';
import { beforeAllocations } from '../support/faults.js';
import { maxAbs } from '../support/tolerance.js';
import { gradientTwin } from '../train/twin.js';
import { gathered, prunedModel } from './support.js';

const NAMES = Object.keys(statistics) as StatisticName[];
const WIDTHS = [7, 9, 6, 4];
const SAMPLES = 37;
const images = values(7 * SAMPLES, 5);
const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => (i * 7) % 4);
const data = { images, labels };

/** Samples first, first + 1, ... of the data. */
const part = (first: number, count: number) => ({
  x: images.slice(first * 7, (first + count) * 7),
  y: labels.slice(first, first + count),
});

/** Float64 gradients of the mean loss over samples, weights in layer order with their biases; 0 where pruned. */
function twinGradients(model: Sequential, first: number, count: number): Float64Array[] {
  const { x, y } = part(first, count);
  const { gradients } = gradientTwin(model.graph, model.getWeights(), x, y);
  const masks = model.parameters.map((parameter) => parameter.readMask());
  return gradients.map((g, p) => g.map((value, i) => (masks[p]?.[i] === 0 ? 0 : value)));
}

const weightsAt = (model: Sequential) => model.parameters.flatMap(({ prunable }, i) => (prunable ? [i] : []));

function expectNear(got: ArrayLike<number>, twin: ArrayLike<number>, relative: number, what: string): void {
  expect(got.length, what).toBe(twin.length);
  const room = relative * maxAbs(twin) + 1e-12;
  for (let i = 0; i < twin.length; i++) {
    if (!(Math.abs(got[i]! - twin[i]!) <= room)) throw new Error(`${what}[${i}]: ${got[i]} for ${twin[i]}`);
  }
}

const STORAGES: [StorageChoice, number][] = [
  ['dense', 1],
  ['csr', 1],
  ['block2', 2],
  ['block4', 4],
];

/** Inputs of every dense layer and what follows its activation, by the float64 twin. */
function twinActivations(model: Sequential, sample: ArrayLike<number>) {
  const inputs: number[][] = [];
  const outputs: number[][] = [];
  model.graph.nodes.forEach((node, at) => {
    if (node.spec.kind !== 'dense') return;
    const upTo = (end: number) => {
      const nodes = model.graph.nodes.slice(0, end);
      return networkTwin({ ...model.graph, nodes }, model.getWeights(), sample).values;
    };
    inputs.push(upTo(at));
    outputs.push(upTo(model.graph.nodes[at + 1]?.spec.kind === 'relu' ? at + 2 : at + 1));
  });
  return { inputs, outputs };
}

describe.each(STORAGES)('statistics of weights in %s storage', (storage, height) => {
  const build = () => prunedModel(WIDTHS, [relu(), dropout(0.5)], { storage, height });

  test('of gradients are those of float64, batch by batch, and 0 where pruned', async () => {
    const model = await build();
    expect(model.parameters[0]!.format).toBe(storage);
    const found = await gathered(['gradient', 'taylor', 'unitTaylor'], model, { data, batchSize: 16 });
    const whole = twinGradients(model, 0, SAMPLES);
    const batches = [
      [0, 16],
      [16, 16],
      [32, 5],
    ].map(([first, count]) => twinGradients(model, first!, count!));
    const weights = model.getWeights();
    weightsAt(model).forEach((p, k) => {
      const { rows, cols } = model.parameters[p]!;
      const biased = model.graph.nodes.filter(({ spec }) => spec.kind === 'dense')[k]!.spec.bias;
      const mean = (of: (g: Float64Array[]) => number) => batches.reduce((sum, g) => sum + of(g) / 3, 0);
      const squares = weights[p]!.map((w, i) => mean((g) => (g[p]![i]! * w) ** 2));
      const units = Float64Array.from({ length: rows }, (_, r) =>
        mean((g) => {
          let sum = biased ? g[p + 1]![r]! * weights[p + 1]![r]! : 0;
          for (let c = r * cols; c < (r + 1) * cols; c++) sum += g[p]![c]! * weights[p]![c]!;
          return sum * sum;
        }),
      );
      expectNear(found[k]!.gradient!, whole[p]!, 2e-6, `gradient ${k}`);
      expectNear(found[k]!.taylor!, squares, 4e-6, `taylor ${k}`);
      expectNear(found[k]!.unitTaylor!, units, 1e-5, `unitTaylor ${k}`);
    });
    model.dispose();
  });

  test('of activations are those of float64, a last batch that is short included', async () => {
    const model = await build();
    const found = await gathered(['inputNorms', 'gram', 'activity'], model, { data, batchSize: 16 });
    const all = Array.from({ length: SAMPLES }, (_, s) => twinActivations(model, part(s, 1).x));
    found.forEach(({ inputNorms, gram, activity }, k) => {
      const biased = k % 2 === 0;
      const xs = all.map(({ inputs }) => (biased ? [...inputs[k]!, 1] : inputs[k]!));
      const ys = all.map(({ outputs }) => outputs[k]!);
      const cols = all[0]!.inputs[k]!.length;
      const size = xs[0]!.length;
      const norms = Array.from({ length: cols }, (_, j) =>
        Math.sqrt(xs.reduce((sum, x) => sum + x[j]! ** 2, 0)),
      );
      expectNear(inputNorms!, norms, 1e-6, `inputNorms ${k}`);
      const moments = Array.from({ length: size * size }, (_, at) =>
        xs.reduce((sum, x) => sum + (x[Math.floor(at / size)]! * x[at % size]!) / SAMPLES, 0),
      );
      expectNear(gram!, moments, 1e-6, `gram ${k}`);
      const means = ys[0]!.map((_, r) => ys.reduce((sum, y) => sum + y[r]! / SAMPLES, 0));
      const shares = ys[0]!.map((_, r) => ys.reduce((sum, y) => sum + (y[r] === 0 ? 0 : 1) / SAMPLES, 0));
      expectNear(activity!.mean, means, 1e-6, `mean ${k}`);
      expectNear(activity!.nonzero, shares, 1e-12, `nonzero ${k}`);
    });
    model.dispose();
  });

  test('of the Hessian times the gradient are those of float64, logits cooled', async () => {
    const model = await prunedModel(WIDTHS, [tanh()], { storage, height });
    // As many samples of every class: then the balanced set is all of them.
    const even = { images: images.slice(0, 36 * 7), labels: labels.slice(0, 36) };
    const found = await gathered(['gradientProduct'], model, { data: even, batchSize: 16 });
    // Dividing the last layer by 200 divides the logits; gradients and products scale along.
    const weights = model.getWeights().map((w) => Float64Array.from(w));
    const last = weights.length - 2;
    const masks = model.parameters.map((parameter) => parameter.readMask());
    const at = (offset: readonly Float64Array[], h: number) => {
      const moved = weights.map((w, p) =>
        w.map((value, i) => (value + h * (offset[p]?.[i] ?? 0)) / (p >= last ? 200 : 1)),
      );
      const { gradients } = gradientTwin(model.graph, moved, even.images, even.labels);
      return gradients.map((g, p) =>
        model.parameters[p]!.prunable
          ? g.map((value, i) => (masks[p]?.[i] === 0 ? 0 : value / (p >= last ? 200 : 1)))
          : new Float64Array(g.length),
      );
    };
    const g = at([], 0);
    const h = 1e-2 / Math.max(...g.map(maxAbs));
    const [up, down] = [at(g, h / 100), at(g, -h / 100)];
    weightsAt(model).forEach((p, k) => {
      const twin = g[p]!.map((_, i) => ((up[p]![i]! - down[p]![i]!) * 100) / (2 * h));
      expectNear(found[k]!.gradientProduct!, twin, 2e-3, `gradientProduct ${k}`);
    });
    model.dispose();
  });

  test('of flow are shares of what passes through, and of distances those of float64', async () => {
    const model = await build();
    const found = await gathered(['flow', 'rowDistances'], model);
    const matrices = weightsAt(model).map((p) => ({ ...model.parameters[p]!, w: model.getWeights()[p]! }));
    const shapes = weightsAt(model).map((p) => model.parameters[p]!);
    const forward = [new Array<number>(7).fill(1)];
    shapes.forEach(({ rows, cols }, k) => {
      const x = forward[k]!;
      const { w } = matrices[k]!;
      forward.push(
        Array.from({ length: rows }, (_, r) =>
          x.reduce((sum, v, c) => sum + Math.abs(w[r * cols + c]!) * v, 0),
        ),
      );
    });
    const total = forward.at(-1)!.reduce((a, b) => a + b, 0);
    let y = forward.at(-1)!.map(() => 1);
    for (let k = shapes.length - 1; k >= 0; k--) {
      const { cols } = shapes[k]!;
      const { w } = matrices[k]!;
      const twin = w.map((_, i) => (y[Math.floor(i / cols)]! * forward[k]![i % cols]!) / total);
      expectNear(found[k]!.flow!, twin, 1e-6, `flow ${k}`);
      const sum = w.reduce((all, value, i) => all + Math.abs(value) * found[k]!.flow![i]!, 0);
      expect(sum).toBeCloseTo(1, 12);
      const next = Array.from({ length: cols }, (_, c) =>
        y.reduce((all, v, r) => all + Math.abs(w[r * cols + c]!) * v, 0),
      );
      const apart = y.map((_, a) =>
        y.reduce((all, __, b) => {
          let squares = 0;
          for (let c = 0; c < cols; c++) squares += (w[a * cols + c]! - w[b * cols + c]!) ** 2;
          return all + Math.sqrt(squares);
        }, 0),
      );
      expectNear(found[k]!.rowDistances!, apart, 1e-12, `rowDistances ${k}`);
      y = next;
    }
    model.dispose();
  });
});

describe('gathering statistics', () => {
  test('changes nothing of the model, and keeps no memory', async () => {
    const model = await prunedModel(WIDTHS, [relu(), dropout(0.5)], { storage: 'csr' });
    const optimizer = adam();
    await model.fit(images, labels, { epochs: 1, optimizer });
    const state = () => ({
      weights: fingerprint(model),
      moments: model.states.of(optimizer).read(),
      step: model.states.of(optimizer).step,
      clock: { ...model.clock },
      formats: model.parameters.map(({ format }) => format),
      rewind: model.rewindPoint,
      outputs: model.predict(images),
    });
    const before = state();
    const { memory } = model.engine;
    const live = memory.liveBytes;
    await gathered(NAMES, model, { data });
    expect(memory.liveBytes).toBe(live);
    expect(state()).toEqual(before);
    model.dispose();
  });

  test('gives the same bits at every call, with every other statistic at once or alone', async () => {
    const model = await prunedModel(WIDTHS, [gelu()], { sparsity: 0 });
    const together = await gathered(NAMES, model, { data });
    for (const name of NAMES) {
      const alone = await gathered([name], model, { data });
      expect(alone.map((one) => one[name])).toEqual(together.map((one) => one[name]));
    }
    model.dispose();
  });

  test('is done for one weight alone where one is asked for', async () => {
    const model = await prunedModel(WIDTHS, [relu()]);
    const all = await gather(NAMES, { model, data, loss: losses.softmaxCrossEntropy, seed: 3 });
    for (const only of weightsAt(model)) {
      const one = await gather(NAMES, { model, data, loss: losses.softmaxCrossEntropy, seed: 3, only });
      expect([...one.keys()]).toEqual([only]);
      expect(one.get(only)).toEqual(all.get(only));
    }
    model.dispose();
  });

  test('tells its progress to the end', async () => {
    const model = await prunedModel(WIDTHS, [relu()]);
    const seen: [number, number][] = [];
    await gathered(NAMES, model, {
      data,
      batchSize: 10,
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(seen.map(([done]) => done)).toEqual(seen.map((_, i) => i + 1));
    expect(seen.at(-1)).toEqual([seen.length, seen.length]);
    model.dispose();
  });

  test('stops when aborted, wherever it is, and leaves nothing behind', async () => {
    const model = await prunedModel(WIDTHS, [relu()], { storage: 'csr' });
    const { memory } = model.engine;
    const [live, before] = [memory.liveBytes, fingerprint(model)];
    for (const name of NAMES) {
      const stop = new AbortController();
      const work = gathered([name], model, {
        data,
        batchSize: 10,
        signal: stop.signal,
        onProgress: (done) => done === 2 && stop.abort(),
      });
      await expect(work, name).rejects.toThrow(AbortedError);
      expect(memory.liveBytes).toBe(live);
      await expect(gathered([name], model, { data, signal: stop.signal })).rejects.toThrow(AbortedError);
    }
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('gives all memory back when some is refused, and finds its arrays when the memory moves', async () => {
    const model = await prunedModel(WIDTHS, [relu()], { storage: 'csr' });
    const { memory } = model.engine;
    const [live, before] = [memory.liveBytes, fingerprint(model)];
    const expected = await gathered(NAMES, model, { data });
    let refusals = 0;
    for (let n = 1; n < 400; n += 3) {
      let left = n;
      const end = beforeAllocations(memory, () => {
        if (--left === 0) throw new RangeError('refused');
      });
      const outcome = await gathered(NAMES, model, { data }).catch(() => 'refused');
      end();
      expect(memory.liveBytes).toBe(live);
      if (outcome !== 'refused') break;
      refusals++;
    }
    expect(refusals).toBeGreaterThan(10);
    const end = beforeAllocations(memory, () => memory.wasm.grow(1));
    const moved = await gathered(NAMES, model, { data }).finally(end);
    expect(moved).toEqual(expected);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('refuses unknown names, missing data, weights that are none, and losses that are not finite', async () => {
    const model = await prunedModel(WIDTHS, [relu()]);
    await expect(gathered(['gradients' as StatisticName], model)).rejects.toThrow(OptionError);
    for (const name of NAMES) {
      const work = gathered([name], model);
      if (statistics[name].kind === 'weights') await work;
      else await expect(work, name).rejects.toThrow('statistics: data must be given');
    }
    await expect(gathered(['gradient'], model, { data, only: 1 })).rejects.toThrow(OptionError);
    await expect(gathered(['gradient'], model, { data, batchSize: 0 })).rejects.toThrow(OptionError);
    model.parameters[0]!.setMask(null);
    model.parameters[0]!.write(new Float32Array(model.parameters[0]!.length).fill(3e38));
    for (const name of ['gradient', 'taylor', 'unitTaylor'] as const) {
      await expect(gathered([name], model, { data }), name).rejects.toThrow(NumericError);
    }
    model.dispose();
    await expect(gathered(['flow'], model)).rejects.toThrow('after dispose()');
  });

  test('takes values for targets, and no temperature then', async () => {
    const model = await prunedModel([7, 5, 2], [tanh()], { sparsity: 0 });
    const targets = { images, labels: values(2 * SAMPLES, 9) };
    const found = await gathered(NAMES, model, { data: targets, loss: losses.meanSquaredError });
    const { gradients } = gradientTwin(model.graph, model.getWeights(), images, targets.labels);
    expectNear(found[0]!.gradient!, gradients[0]!, 2e-6, 'gradient');
    expect(found[1]!.gradientProduct!.some((value) => value !== 0)).toBe(true);
    model.dispose();
  });
});

describe('flow', () => {
  test('keeps its ranking where R itself is far beyond any float', async () => {
    const model = await sequential(
      { inputShape: [3] },
      Array.from({ length: 60 }, () => dense(3, { bias: false })),
    );
    for (const scale of [1e-18, 1, 1e18]) {
      model.setWeights(model.parameters.map(({ length }, i) => values(length, i, 1).map((w) => w * scale)));
      const found = await gathered(['flow'], model);
      found.forEach(({ flow }, k) => {
        const w = model.getWeights()[k]!;
        expect(flow!.reduce((sum, value, i) => sum + value * Math.abs(w[i]!), 0)).toBeCloseTo(1, 9);
      });
    }
    model.dispose();
  });

  test('is 0 everywhere when nothing flows', async () => {
    const model = await sequential({ inputShape: [3] }, [dense(2), relu(), dense(2), softmax()]);
    model.setWeights([
      new Float32Array(6).fill(1),
      Float32Array.of(1, 1),
      new Float32Array(4),
      Float32Array.of(1, 1),
    ]);
    const found = await gathered(['flow'], model);
    expect([...found[0]!.flow!, ...found[1]!.flow!]).toEqual(new Array(10).fill(0));
    model.dispose();
  });
});
