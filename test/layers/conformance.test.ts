import { beforeAll, describe, expect, test } from 'vitest';
import { EspalierError } from '../../src/errors.js';
import {
  dense,
  dropout,
  flatten,
  gelu,
  type LayerSpec,
  leakyRelu,
  loadModel,
  meanSquaredError,
  relu,
  type Sequential,
  sequential,
  sigmoid,
  softmax,
  tanh,
} from '../../src/index.js';
import { type LayerKind, layerType, layerTypes } from '../../src/layers/index.js';
import { createEngine, type Engine } from '../../src/runtime/engine.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { gradients } from '../../src/train/gradients/index.js';
import { Trainer } from '../../src/train/trainer.js';
import { type Bounded, firstOutside, layerTwin, networkTwin, values } from '../model/support.js';

interface Example {
  readonly specs: readonly LayerSpec[];
  /** Options that must be refused. */
  readonly bad: readonly Readonly<Record<string, unknown>>[];
  readonly outputShape: (spec: LayerSpec, input: readonly number[]) => readonly number[];
}

const same = (_: LayerSpec, input: readonly number[]) => input;

/** One entry for every layer type: a new type without one does not compile. */
const examples: Readonly<Record<LayerKind, Example>> = {
  dense: {
    specs: [dense(1), dense(5), dense(9, { bias: false }), dense(33)],
    bad: [{ units: 0, bias: true }, { units: 1.5, bias: true }, { units: 3, bias: 1 }, { units: 3 }, {}],
    outputShape: (spec) => [spec.units as number],
  },
  relu: { specs: [relu()], bad: [], outputShape: same },
  leakyRelu: {
    specs: [leakyRelu(), leakyRelu({ slope: 0.3 }), leakyRelu({ slope: 1 })],
    bad: [{ slope: -0.1 }, { slope: 1.1 }, { slope: 'x' }, {}],
    outputShape: same,
  },
  sigmoid: { specs: [sigmoid()], bad: [], outputShape: same },
  tanh: { specs: [tanh()], bad: [], outputShape: same },
  gelu: { specs: [gelu()], bad: [], outputShape: same },
  softmax: { specs: [softmax()], bad: [], outputShape: same },
  flatten: { specs: [flatten()], bad: [], outputShape: (_, input) => [sizeOf(input)] },
  dropout: {
    specs: [dropout(0), dropout(0.4)],
    bad: [{ rate: 1 }, { rate: -0.1 }, { rate: Number.NaN }, {}],
    outputShape: same,
  },
};

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

/** Runs a layer's own forward pass on `samples` [n][inputs] in tiles of `lanes`; gives [n][outputs]. */
function forward(
  spec: LayerSpec,
  samples: readonly Float32Array[],
  parameters: readonly Float32Array[],
  lanes: number,
  low = -Infinity,
): Float32Array[] {
  const { memory, kernels } = engine;
  const type = layerType(spec);
  const inputs = samples[0]!.length;
  const outputs = sizeOf(type.outputShape(spec, [inputs]));
  const tiles = Math.ceil(samples.length / lanes);
  const weights = parameters.map((data) => memory.allocate(data.length * 4));
  const x = memory.allocate(inputs * tiles * lanes * 4 + 16);
  const y = memory.allocate(outputs * tiles * lanes * 4 + 16);
  for (const [i, block] of weights.entries()) block.f32().set(parameters[i]!);
  const at = (sample: number, feature: number, features: number) =>
    (Math.floor(sample / lanes) * features + feature) * lanes + (sample % lanes);
  samples.forEach((sample, s) => {
    for (const [f, value] of sample.entries()) x.f32()[at(s, f, inputs)] = value;
  });
  const addresses = weights.map((block) => block.address);
  const call = { kernels, x: x.address, lanes, tiles, inputs, outputs, parameters: addresses, low };
  type.forward({ ...call, y: y.address }, spec);
  const from = type.role === 'identity' ? x : y;
  const result = samples.map((_, s) =>
    Float32Array.from({ length: outputs }, (_, f) => from.f32()[at(s, f, outputs)]!),
  );
  for (const block of [x, y, ...weights]) block.free();
  return result;
}

const exact = (sample: Float32Array): Bounded => ({
  values: Array.from(sample),
  errors: Array.from(sample, () => 0),
});

const kinds = Object.keys(layerTypes) as LayerKind[];

test('every layer type has a gradient, and is registered under its own name', () => {
  expect(Object.keys(gradients).sort()).toEqual([...kinds].sort());
  for (const kind of kinds) expect(layerTypes[kind].kind).toBe(kind);
});

describe.each(kinds)('layer %s', (kind) => {
  const { specs, bad, outputShape } = examples[kind];
  const type = layerTypes[kind];

  test('describes itself as frozen plain data that its own check accepts unchanged', () => {
    for (const spec of specs) {
      expect(spec.kind).toBe(kind);
      expect(Object.isFrozen(spec)).toBe(true);
      expect(type.check(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    }
  });

  test('refuses options out of range', () => {
    for (const options of bad) {
      expect(() => type.check({ kind, ...options } as LayerSpec)).toThrow(EspalierError);
      expect(() => type.check({ kind, ...options } as LayerSpec)).toThrow(
        new RegExp(`^${kind}: .*(got|put)`),
      );
    }
  });

  test('refuses options that it does not know', () => {
    const spec = { ...specs[0]!, colour: 3 };
    expect(() => type.check(spec)).toThrow(new RegExp(`^${kind}: option must be .*got "colour"`));
  });

  test('gives the shapes that it says', () => {
    for (const spec of specs) {
      for (const input of kind === 'dense' ? [[1], [7]] : [[1], [7], [2, 3, 5]]) {
        const expected = outputShape(spec, input);
        expect(type.outputShape(spec, input)).toEqual(expected);
        const [weight, bias] = type.parameters(spec, input);
        if (weight) expect(weight.shape).toEqual([expected[0], input[0]]);
        if (bias) expect([bias.role, bias.shape]).toEqual(['bias', expected]);
      }
    }
  });

  test.each([1, 8, 16, 32])('equals its float64 twin in tiles of %i', (lanes) => {
    for (const spec of specs) {
      for (const inputs of [1, 3, 4, 5, 8, 37]) {
        const count = lanes === 1 ? 1 : 2 * lanes;
        const samples = Array.from({ length: count }, (_, i) => values(inputs, 10 * inputs + i, 4));
        const parameters = type.parameters(spec, [inputs]).map((p, i) => values(sizeOf(p.shape), i + 1));
        const got = forward(spec, samples, parameters, lanes);
        samples.forEach((sample, s) => {
          const twin = layerTwin(spec, exact(sample), parameters);
          expect(firstOutside(got[s]!, twin), `inputs ${inputs}, sample ${s}`).toBe(-1);
        });
      }
    }
  });

  test('says whether an output depends on other inputs than its own, or on its place', () => {
    if (type.role === 'product') return;
    for (const spec of specs) {
      const sample = values(9, 5, 4);
      const [got] = forward(spec, [sample], [], 1);
      const alone = Float32Array.from(
        sample,
        (value) => forward(spec, [Float32Array.of(value)], [], 1)[0]![0]!,
      );
      if (type.couplesUnits) expect(got).not.toEqual(alone);
      else expect(got).toEqual(alone);
    }
  });

  test('passes NaN through', () => {
    for (const lanes of [1, 8, 16, 32]) {
      const sample = Float32Array.of(1, Number.NaN, -1);
      const parameters = type.parameters(specs[0]!, [3]).map((p) => values(sizeOf(p.shape), 2));
      const [got] = forward(specs[0]!, Array(lanes).fill(sample), parameters, lanes);
      expect(got!.some(Number.isNaN)).toBe(true);
    }
  });
});

test('a bound fused into dense clamps from below and keeps NaN', () => {
  for (const lanes of [1, 8, 16, 32]) {
    const weight = Float32Array.of(1, 1, -1, -1, Number.NaN, 1);
    const spec = dense(3, { bias: false });
    const samples = Array.from({ length: lanes }, () => Float32Array.of(2, 3));
    const got = forward(spec, samples, [weight], lanes, 0);
    for (const row of got) expect([...row]).toEqual([5, 0, Number.NaN]);
  }
});

test('activations keep their sense at the ends of the float range', () => {
  const far = [Float32Array.of(-Infinity, -1e30, -200, -100, -0, 0, 100, 200, 1e30, Infinity)];
  const run = (spec: LayerSpec) => Array.from(forward(spec, far, [], 1)[0]!, (value) => value + 0); // -0 to 0
  expect(run(relu())).toEqual([0, 0, 0, 0, 0, 0, 100, 200, Math.fround(1e30), Infinity]);
  const squashed = run(sigmoid());
  expect(squashed.slice(0, 3).every((value) => value >= 0 && value < 1e-30)).toBe(true);
  expect(squashed.slice(4)).toEqual([0.5, 0.5, 1, 1, 1, 1]);
  expect(run(tanh())).toEqual([-1, -1, -1, -1, 0, 0, 1, 1, 1, 1]);
  const [top] = forward(softmax(), [Float32Array.of(-1e30, 1e30, 0)], [], 1);
  expect([...top!]).toEqual([0, 1, 0]);
});

/** Mean over the batch of the mean squared error, in float64. */
function twinLoss(
  model: Sequential,
  weights: readonly ArrayLike<number>[],
  x: Float32Array,
  y: Float32Array,
  samples: number,
): number {
  const [inputs, outputs] = [x.length / samples, y.length / samples];
  let loss = 0;
  for (let s = 0; s < samples; s++) {
    const out = networkTwin(model.graph, weights, x.subarray(s * inputs, (s + 1) * inputs)).values;
    out.forEach((value, i) => {
      loss += (value - y[s * outputs + i]!) ** 2 / outputs / samples;
    });
  }
  return loss;
}

const models: Readonly<Record<LayerKind, readonly (readonly LayerSpec[])[]>> = {
  dense: [[dense(4)], [dense(9), dense(5, { bias: false }), dense(3)]],
  relu: [
    [dense(9), relu(), dense(3)],
    [relu(), dense(3)],
  ],
  leakyRelu: [[dense(9), leakyRelu({ slope: 0.2 }), dense(3)]],
  sigmoid: [[dense(9), sigmoid(), dense(3), sigmoid()]],
  tanh: [[dense(9), tanh(), dense(3)]],
  gelu: [[dense(9), gelu(), dense(3)]],
  softmax: [
    [dense(9), softmax(), dense(3)],
    [dense(4), softmax()],
  ],
  flatten: [[flatten(), dense(9), relu(), flatten(), dense(3)]],
  dropout: [[dropout(0.3), dense(9), dropout(0.4), dense(3)]],
};

describe.each(kinds)('a model with %s', (kind) => {
  const samples = 11; // one tile and a tail
  const build = (layers: readonly LayerSpec[]) =>
    sequential({ inputShape: kind === 'flatten' ? [2, 3] : [6], seed: 5 }, layers);

  test('has the gradient that central differences in float64 give', async () => {
    for (const layers of models[kind]) {
      const model = await build(layers);
      const start = model.getWeights().map((array, i) => values(array.length, i + 20, 0.7));
      model.setWeights(start);
      const outputs = sizeOf(model.graph.outputShape);
      const x = values(samples * 6, 1, 1.5);
      const y = values(samples * outputs, 2);
      const order = Uint32Array.from({ length: samples }, (_, i) => i);
      const trainer = Trainer.create(model, samples);
      const engineLoss = () => {
        trainer.stage(x, order);
        trainer.stageTargets(y, order);
        return trainer.loss(meanSquaredError, trainer.forward(samples, true), samples).loss / samples;
      };
      const random = kind === 'dropout'; // the twin cannot know which values go
      const loss = engineLoss();
      if (!random) expect(loss).toBeCloseTo(twinLoss(model, start, x, y, samples), 5);
      const got = trainer
        .backward(samples)
        .slice(0, start.length)
        .map((block, i) => block.f32(start[i]!.length).slice());
      const step = random ? 2 ** -5 : 1e-5; // the loss is quadratic in each weight there: any step is exact
      start.forEach((array, p) => {
        for (let i = 0; i < array.length; i++) {
          const at = (change: number) => {
            const moved = start.map((a) => Float64Array.from(a));
            moved[p]![i]! += change;
            if (!random) return twinLoss(model, moved, x, y, samples);
            model.setWeights(moved.map((a) => Float32Array.from(a)));
            return engineLoss();
          };
          const slope = (at(step) - at(-step)) / (2 * step);
          const off = Math.abs(got[p]![i]! - slope);
          expect(off, `parameter ${p}, ${i}`).toBeLessThan(2e-5 + (random ? 2e-3 : 2e-5) * Math.abs(slope));
        }
      });
      trainer.free();
      model.dispose();
    }
  });

  test('is the same after saving and loading', async () => {
    for (const layers of models[kind]) {
      const model = await build(layers);
      const loaded = await loadModel(model.encode());
      expect(loaded.graph.nodes.map((node) => node.spec)).toEqual(model.graph.nodes.map((node) => node.spec));
      const x = values(7 * 6, 3);
      expect(loaded.predict(x)).toEqual(model.predict(x));
      model.dispose();
      loaded.dispose();
    }
  });
});
