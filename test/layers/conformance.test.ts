import { beforeAll, describe, expect, test } from 'vitest';
import { EspalierError } from '../../src/errors.js';
import {
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  gelu,
  globalAvgPool2d,
  type LayerSpec,
  leakyRelu,
  loadModel,
  maxPool2d,
  meanSquaredError,
  relu,
  residual,
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
import { type Bounded, batchTwin, firstOutside, layerTwin, values } from '../model/support.js';

interface Example {
  readonly specs: readonly LayerSpec[];
  /** Shapes that it takes; vectors and images when left out. */
  readonly inputs?: readonly (readonly number[])[];
  /** Options that must be refused. */
  readonly bad: readonly Readonly<Record<string, unknown>>[];
  readonly outputShape: (spec: LayerSpec, input: readonly number[]) => readonly number[];
}

const same = (_: LayerSpec, input: readonly number[]) => input;

const images = [
  [1, 4, 4],
  [3, 5, 7],
  [2, 9, 3],
];

function pooling(make: typeof maxPool2d): Example {
  return {
    specs: [make(2), make([1, 3], { stride: [2, 1] }), make(3, { stride: 2 })],
    inputs: images,
    bad: [{}, { height: 0, width: 1, strideHeight: 1, strideWidth: 1 }],
    outputShape: (spec, [channels, height, width]) => {
      const along = (size: number, window: unknown, stride: unknown) =>
        Math.floor((size - (window as number)) / (stride as number)) + 1;
      const { height: h, width: w, strideHeight, strideWidth } = spec;
      return [channels!, along(height!, h, strideHeight), along(width!, w, strideWidth)];
    },
  };
}

/** A part of a residual block. */
const branch = (kind: string) => residual([relu()], [relu()]).find((spec) => spec.kind === kind)!;

/** Shapes that the tests of a kind run through. */
const shapesOf = (kind: LayerKind): readonly (readonly number[])[] =>
  examples[kind].inputs ?? [1, 3, 4, 5, 8, 37].map((size) => [size]);

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
  conv2d: {
    specs: [
      conv2d(1, 1),
      conv2d(6, 3),
      conv2d(7, [2, 3], { stride: [2, 1], padding: 1, bias: false }),
      conv2d(4, 3, { padding: 'same', dilation: 2, groups: 2 }),
      conv2d(4, 2, { groups: 4 }),
    ],
    inputs: [
      [4, 5, 6],
      [4, 3, 3],
      [4, 7, 9],
    ],
    bad: [
      {},
      { ...conv2d(4, 3), filters: 0 },
      { ...conv2d(4, 3), groups: 3 },
      { ...conv2d(4, 3), paddingWidth: -1 },
    ],
    outputShape: (spec, [, height, width]) => {
      const n = (name: string) => spec[name] as number;
      const along = (size: number, at: string) =>
        spec.paddingHeight === 'same'
          ? Math.ceil(size / n(`stride${at}`))
          : Math.floor(
              (size + 2 * n(`padding${at}`) - (n(`kernel${at}`) - 1) * n(`dilation${at}`) - 1) /
                n(`stride${at}`),
            ) + 1;
      return [n('filters'), along(height!, 'Height'), along(width!, 'Width')];
    },
  },
  maxPool2d: pooling(maxPool2d),
  avgPool2d: pooling(avgPool2d),
  globalAvgPool2d: {
    specs: [globalAvgPool2d()],
    inputs: images,
    bad: [],
    outputShape: (_, [channels]) => [channels!],
  },
  batchNorm: {
    specs: [batchNorm(), batchNorm({ momentum: 1, epsilon: 1e-3 })],
    bad: [{ momentum: 0, epsilon: 1 }, { momentum: 1.1, epsilon: 1 }, { momentum: 0.1, epsilon: 0 }, {}],
    outputShape: same,
  },
  fork: { specs: [branch('fork')], bad: [], outputShape: same },
  swap: { specs: [branch('swap')], bad: [], outputShape: same },
  add: { specs: [branch('add')], bad: [], outputShape: same },
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
  shape: readonly number[] = [samples[0]!.length],
): Float32Array[] {
  const { memory, kernels } = engine;
  const type = layerType(spec);
  const inputs = samples[0]!.length;
  const outputs = sizeOf(type.outputShape(spec, shape));
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
  const call = { kernels, x: x.address, lanes, tiles, inputs, outputs, shape, parameters: addresses, low };
  type.forward?.({ ...call, y: y.address }, spec);
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

/** Layers whose forward pass takes more than a call: packed weights, folded parameters, a second operand. */
const joined: readonly LayerKind[] = ['conv2d', 'batchNorm', 'fork', 'swap', 'add'];
const alone = kinds.filter((kind) => !joined.includes(kind));

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
      for (const input of examples[kind].inputs ?? (kind === 'dense' ? [[1], [7]] : [[1], [7], [2, 3, 5]])) {
        const expected = outputShape(spec, input);
        expect(type.outputShape(spec, input)).toEqual(expected);
        for (const { role, shape } of type.parameters(spec, input)) {
          expect(shape[0]).toBe(expected[0]); // a row for every unit
          if (role === 'weight') expect(shape[1]).toBe(input[0]! / ((spec.groups as number) ?? 1));
          else expect(shape).toEqual([expected[0]]);
        }
      }
    }
  });
});

describe.each(alone)('layer %s by itself', (kind) => {
  const { specs } = examples[kind];
  const type = layerTypes[kind];

  test.each([1, 8, 16, 32])('equals its float64 twin in tiles of %i', (lanes) => {
    for (const spec of specs) {
      for (const shape of shapesOf(kind)) {
        const inputs = sizeOf(shape);
        const count = lanes === 1 ? 1 : 2 * lanes;
        const samples = Array.from({ length: count }, (_, i) => values(inputs, 10 * inputs + i, 4));
        const parameters = type.parameters(spec, shape).map((p, i) => values(sizeOf(p.shape), i + 1));
        const got = forward(spec, samples, parameters, lanes, -Infinity, shape);
        samples.forEach((sample, s) => {
          const twin = layerTwin(spec, exact(sample), parameters, shape);
          expect(firstOutside(got[s]!, twin), `inputs ${shape}, sample ${s}`).toBe(-1);
        });
      }
    }
  });

  test('says whether an output depends on other inputs than its own, or on its place', () => {
    if (type.role === 'product' || type.role === 'resample') return;
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
      const shape = examples[kind].inputs?.[0] ?? [3];
      const sample = values(sizeOf(shape), 1);
      sample[1] = Number.NaN;
      const parameters = type.parameters(specs[0]!, shape).map((p) => values(sizeOf(p.shape), 2));
      const [got] = forward(specs[0]!, Array(lanes).fill(sample), parameters, lanes, -Infinity, shape);
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
  const batch = Array.from({ length: samples }, (_, s) => x.subarray(s * inputs, (s + 1) * inputs));
  batchTwin(model.graph, weights, batch).forEach((out, s) => {
    out.values.forEach((value, i) => {
      loss += (value - y[s * outputs + i]!) ** 2 / outputs / samples;
    });
  });
  return loss;
}

const models: Readonly<Record<LayerKind, readonly (readonly (LayerSpec | readonly LayerSpec[])[])[]>> = {
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
  conv2d: [
    [
      conv2d(3, [2, 3], { padding: 1 }),
      tanh(),
      conv2d(5, 2, { stride: 2, bias: false }),
      flatten(),
      dense(2),
    ],
    [
      conv2d(4, 3, { padding: 'same', groups: 2 }),
      relu(),
      conv2d(4, 2, { groups: 4 }),
      conv2d(2, 1),
      flatten(),
    ],
    [conv2d(2, 2, { dilation: 2 }), sigmoid(), conv2d(3, [1, 2], { padding: [2, 1], stride: [2, 1] })],
  ],
  maxPool2d: [[conv2d(3, 1), maxPool2d(2), conv2d(2, 1), maxPool2d(2, { stride: 1 }), flatten(), dense(2)]],
  avgPool2d: [[conv2d(3, 1), avgPool2d([2, 3], { stride: 1 }), tanh(), avgPool2d(2), flatten(), dense(2)]],
  globalAvgPool2d: [[conv2d(3, 2), relu(), globalAvgPool2d(), dense(2)]],
  batchNorm: [
    [conv2d(3, 2), batchNorm(), relu(), conv2d(2, 2), batchNorm(), flatten(), batchNorm(), dense(2)],
    [batchNorm(), flatten(), dense(4, { bias: false }), batchNorm(), tanh(), dense(2)],
  ],
  fork: [[conv2d(3, 1), residual([relu(), conv2d(3, 3, { padding: 1 })]), flatten(), dense(2)]],
  swap: [[residual([conv2d(3, 2), relu()], [conv2d(3, 2, { bias: false })]), relu(), flatten(), dense(2)]],
  add: [
    [
      conv2d(2, 1),
      ...residual([conv2d(2, 1), tanh(), ...residual([conv2d(2, 1)], [tanh()])], [sigmoid()]),
      relu(),
      ...residual([batchNorm(), conv2d(2, 3, { padding: 1 }), batchNorm()]),
      globalAvgPool2d(),
    ],
  ],
};

/** Kinds whose models take images. */
const overImages: readonly LayerKind[] = [
  'conv2d',
  'maxPool2d',
  'avgPool2d',
  'globalAvgPool2d',
  'batchNorm',
  'fork',
  'swap',
  'add',
];

describe.each(kinds)('a model with %s', (kind) => {
  const samples = 11; // one tile and a tail
  const inputShape = overImages.includes(kind) ? [2, 4, 5] : kind === 'flatten' ? [2, 3] : [6];
  const inputs = sizeOf(inputShape);
  const build = (layers: readonly (LayerSpec | readonly LayerSpec[])[]) =>
    sequential({ inputShape, seed: 5 }, layers);

  test('has the gradient that central differences in float64 give', async () => {
    for (const layers of models[kind]) {
      const model = await build(layers);
      const roles = model.graph.nodes.flatMap(({ parameters }) => parameters.map(({ role }) => role));
      const start = model
        .getWeights()
        .map((array, i) =>
          values(array.length, i + 20, 0.7).map((v) => (roles[i] === 'variance' ? 1 + v : v)),
        );
      model.setWeights(start);
      const outputs = sizeOf(model.graph.outputShape);
      const x = values(samples * inputs, 1, 1.5);
      const y = values(samples * outputs, 2);
      const order = Uint32Array.from({ length: samples }, (_, i) => i);
      const trainer = Trainer.create(model, samples);
      const engineLoss = () => {
        trainer.batch.stage(x, order);
        trainer.batch.stageTargets(y, order);
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
        if (roles[p] === 'mean' || roles[p] === 'variance') return; // no gradient moves them
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
      const x = values(7 * inputs, 3);
      expect(loaded.predict(x)).toEqual(model.predict(x));
      model.dispose();
      loaded.dispose();
    }
  });
});
