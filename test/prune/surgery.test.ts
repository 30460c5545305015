/** Units and whole layers leave a model. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  batchNorm,
  conv2d,
  DataError,
  dense,
  dropout,
  flatten,
  loadModel,
  maxPool2d,
  OptionError,
  prune,
  relu,
  removeLayers,
  removeUnits,
  residual,
  type Sequential,
  ShapeError,
  type StorageChoice,
  sequential,
  softmax,
  tanh,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { denseOf } from '../../src/tensor/values.js';
import { values } from '../model/support.js';
import { refusedAt } from '../support/faults.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const optimizer = adam({ learningRate: 0.05 });
const [x, y] = [values(24, 1), Uint8Array.from({ length: 6 }, (_, i) => i % 3)];

/** 4 inputs, 5 and 6 hidden units, 3 outputs; trained and pruned. */
async function net(storage: StorageChoice = 'auto'): Promise<Sequential> {
  const layers = [dense(5), relu(), dropout(0.1), dense(6), tanh(), dense(3)];
  const model = await sequential({ inputShape: [4], seed: 4, storage }, layers);
  for (let i = 0; i < 3; i++) model.trainOnBatch(x, y, { optimizer });
  await prune(model, { sparsity: 0.4 });
  return model;
}

const keep = (...bytes: number[]) => Uint8Array.from(bytes);

/** Everything that can be seen of a model. */
const look = (model: Sequential) => ({
  moments: model.states.of(optimizer).readDense(),
  summary: model.summary().toString(),
  values: model.parameters.map((parameter) => parameter.values()),
  rewind: model.rewindPoint,
  graph: model.graph,
});

/** Some rows and columns of row-major values. */
function part(
  array: Float32Array,
  cols: number,
  rows: readonly number[],
  columns: readonly number[],
): number[] {
  return rows.flatMap((row) => columns.map((col) => array[row * cols + col]!));
}

describe('removeUnits', () => {
  test.each(['dense', 'csr', 'auto'] as const)(
    'cuts rows, biases, columns, masks, moments and rewind point together in %s storage',
    async (storage) => {
      const model = await net(storage);
      const choices = [
        [4, [0, 2, 3], [0, 1, 2, 3]],
        [1, [0, 2, 3], [0]],
        [5, [1, 5], [0, 2, 3]],
        [1, [1, 5], [0]],
        [6, [0, 1, 2], [1, 5]],
        [1, [0, 1, 2], [0]],
      ] as const;
      const cut = (arrays: readonly Float32Array[]) =>
        arrays.map((array, i) => part(array, ...(choices[i] as (typeof choices)[0])));
      const masksOf = () =>
        model.parameters.map((p) => Float32Array.from(p.readMask() ?? new Uint8Array(p.length).fill(1)));
      const before = look(model);
      const [masks, weights] = [cut(masksOf()), cut(model.getWeights())];
      removeUnits(
        model,
        new Map([
          ['dense2', keep(0, 1, 0, 0, 0, 1)],
          ['dense1', keep(1, 0, 1, 1, 0)],
        ]),
      );
      expect(model.getWeights().map((array) => [...array])).toEqual(weights);
      expect(masksOf().map((mask) => [...mask])).toEqual(masks);
      const after = look(model);
      for (const slot of [0, 1]) {
        const of = (all: typeof before.moments) => all.map((slots) => slots[slot]!);
        expect(of(after.moments).map((array) => [...array])).toEqual(cut(of(before.moments)));
      }
      expect(after.rewind!.map((data) => [...denseOf(data)])).toEqual(cut(before.rewind!.map(denseOf)));
      expect(model.layers.map(({ name, outputShape }) => [name, outputShape])).toEqual([
        ['dense1', [3]],
        ['relu1', [3]],
        ['dropout1', [3]],
        ['dense2', [2]],
        ['tanh1', [2]],
        ['dense3', [3]],
      ]);
      expect(model.layers[3]!.spec).toEqual({ kind: 'dense', units: 2, bias: true });
      const loaded = await loadModel(model.encode());
      expect(loaded.predict(x)).toEqual(model.predict(x));
      loaded.dispose();
      await model.fit(x, y, { optimizer, epochs: 2, batchSize: 4 });
      masksOf().forEach((mask, i) => {
        model.getWeights()[i]!.forEach((value, at) => {
          if (mask[at] === 0) expect(value).toBe(0);
        });
      });
      model.dispose();
    },
  );

  test('leaves a model that is the same as one built small', async () => {
    const model = await net();
    removeUnits(model, new Map([['dense1', keep(1, 1, 0, 0, 1)]]));
    const small = await sequential({ inputShape: [4], seed: 4 }, [
      dense(3),
      relu(),
      dropout(0.1),
      dense(6),
      tanh(),
      dense(3),
    ]);
    await prune(model, { sparsity: 0.6, survivors: 'reinit' });
    small.setWeights(model.getWeights());
    expect(small.predict(x)).toEqual(model.predict(x));
    expect(model.graph.nodes.map(({ spec }) => spec)).toEqual(small.graph.nodes.map(({ spec }) => spec));
    for (const each of [model, small]) each.dispose();
  });

  test('keeps blocks where whole ones stay, and takes single weights where they come apart', async () => {
    for (const [bytes, format] of [
      [keep(1, 1, 1, 1, 0, 0, 0, 0, 1, 1), 'block4'],
      [keep(1, 1, 1, 1, 0, 1, 1, 0, 1, 1), 'csr'],
    ] as const) {
      const model = await sequential({ inputShape: [4], seed: 4, sparsity: 0.6, storage: 'block4' }, [
        dense(10),
        relu(),
        dense(3),
      ]);
      const [weight] = model.getWeights();
      removeUnits(model, new Map([['dense1', bytes]]));
      const rows = [...bytes.keys()].filter((i) => bytes[i] === 1);
      expect([...model.getWeights()[0]!]).toEqual(part(weight!, 4, rows, [0, 1, 2, 3]));
      expect(model.layers[0]!.weight!.storage).toBe(format);
      model.trainOnBatch(x, y, { optimizer });
      model.dispose();
    }
  });

  test('folds constants into the biases behind', async () => {
    const model = await sequential({ inputShape: [1] }, [dense(3), relu(), dense(2)]);
    const weights = [
      [1, 1, 1],
      [0, 0, 0],
      [1, 2, 3, 4, 5, 6],
      [0.5, 1],
    ];
    model.setWeights(weights.map((array) => Float32Array.from(array)));
    const fold = new Map([['dense1', Float32Array.of(10, 7, 0.25)]]);
    removeUnits(model, new Map([['dense1', keep(0, 1, 0)]]), { fold });
    expect(model.getWeights().map((array) => [...array])).toEqual([
      [1],
      [0],
      [2, 5],
      [0.5 + 10 + 0.75, 1 + 40 + 1.5],
    ]);
    model.dispose();
  });

  test('removes nothing where all units are kept', async () => {
    const model = await net();
    const before = look(model);
    removeUnits(model, new Map([['dense1', keep(1, 1, 1, 1, 1)]]));
    removeUnits(model, new Map());
    expect(look(model)).toEqual(before);
    expect(model.graph).toBe(before.graph);
    model.dispose();
  });

  test('refuses what it cannot do, and changes nothing', async () => {
    const layers = [
      dense(2, { bias: false }),
      softmax(),
      dense(3),
      relu(),
      dense(2, { bias: false }),
      dense(2),
    ];
    const model = await sequential({ inputShape: [2], seed: 1 }, layers);
    const before = look(model);
    const attempts: readonly [unknown, unknown, new (message: string) => Error, RegExp][] = [
      [
        new Map([['dense4', keep(1, 0)]]),
        {},
        OptionError,
        /units of the output layer are the outputs and stay, got "dense4"/,
      ],
      [new Map([['dense1', keep(1, 0)]]), {}, OptionError, /units before softmax1 depend on each other/],
      [new Map([['dense9', keep(1, 0)]]), {}, OptionError, /layer must be one of dense1, dense2/],
      [new Map([['relu1', keep(1, 0, 1)]]), {}, OptionError, /layer must be one of/],
      [
        new Map([['dense2', keep(0, 0, 0)]]),
        {},
        OptionError,
        /dense2 must keep at least one unit, got 3 to remove/,
      ],
      [new Map([['dense2', keep(0, 1)]]), {}, ShapeError, /dense2 must have a Uint8Array of 3/],
      [new Map([['dense2', [0, 1, 1]]]), {}, ShapeError, /Uint8Array of 3/],
      [new Map([['dense2', keep(0, 2, 1)]]), {}, DataError, /only 0 and 1, got 2/],
      [{ dense2: keep(0, 1, 1) }, {}, OptionError, /keep must be a Map/],
      [new Map([['dense2', keep(0, 1, 1)]]), { folds: 1 }, OptionError, /did you mean "fold"/],
      [new Map([['dense2', keep(0, 1, 1)]]), { fold: 1 }, OptionError, /fold must be a Map/],
      [
        new Map([['dense2', keep(0, 1, 1)]]),
        { fold: new Map([['dense3', Float32Array.of(1, 1)]]) },
        OptionError,
        /fold must be of layers in keep/,
      ],
      [
        new Map([['dense2', keep(0, 1, 1)]]),
        { fold: new Map([['dense2', Float32Array.of(1, 1)]]) },
        ShapeError,
        /Float32Array of 3/,
      ],
      [
        new Map([['dense2', keep(0, 1, 1)]]),
        { fold: new Map([['dense2', Float32Array.of(Infinity, 1, 1)]]) },
        DataError,
        /finite, got Infinity at 0/,
      ],
      [
        new Map([['dense2', keep(0, 1, 1)]]),
        { fold: new Map([['dense2', Float32Array.of(1, 1, 1)]]) },
        OptionError,
        /must go into a bias, got dense3 without one/,
      ],
    ];
    for (const [units, options, kind, message] of attempts) {
      const attempt = () => removeUnits(model, units as Map<string, Uint8Array>, options as object);
      expect(attempt).toThrow(kind);
      expect(attempt).toThrow(message);
    }
    expect(() => removeUnits(null as unknown as Sequential, new Map())).toThrow(/must come from sequential/);
    expect(look(model)).toEqual(before);
    model.dispose();
  });

  test('refuses units of a sum by two names, and constants behind zeros around an image', async () => {
    const layers = [conv2d(2, 1), residual([conv2d(2, 3, { padding: 1 })]), flatten(), dense(2)];
    const model = await sequential({ inputShape: [1, 4, 4], seed: 2 }, layers);
    const before = look(model);
    const [bytes, fold] = [keep(1, 0), new Map([['conv2d2', Float32Array.of(0, 1)]])];
    const twice = new Map(['conv2d1', 'conv2d2'].map((name) => [name, bytes]));
    expect(() => removeUnits(model, twice)).toThrow(
      'removeUnits: units that conv2d1, conv2d2 share must be given once, got "conv2d2" as well',
    );
    expect(() => removeUnits(model, new Map([['conv2d1', bytes]]), { fold })).toThrow(
      'removeUnits: fold of conv2d2 must go into a layer without padding, got conv2d2 with zeros around',
    );
    expect(look(model)).toEqual(before);
    removeUnits(model, new Map([['conv2d2', bytes]]));
    expect(model.getWeights().map(({ length }) => length)).toEqual([1, 1, 9, 1, 32, 2]);
    model.dispose();
  });

  test('changes nothing when memory runs out, layer by layer', async () => {
    for (const storage of ['dense', 'csr'] as const) {
      for (let n = 1, refused = true; refused; n++) {
        const start = engine.memory.liveBytes;
        const model = await net(storage);
        const before = look(model);
        const units = new Map([
          ['dense1', keep(1, 0, 1, 1, 0)],
          ['dense2', keep(0, 1, 0, 0, 1, 1)],
        ]);
        refused = refusedAt(engine.memory, n, () => removeUnits(model, units));
        if (refused) expect(look(model), `allocation ${n}`).toEqual(before);
        else expect(n).toBeGreaterThan(10);
        model.dispose();
        expect(engine.memory.liveBytes).toBe(start);
      }
    }
  });
});

describe('removeLayers', () => {
  async function deep(): Promise<Sequential> {
    const layers = [
      dense(4),
      relu(),
      dense(4),
      tanh(),
      dropout(0.2),
      dense(4, { bias: false }),
      relu(),
      dense(3),
    ];
    const model = await sequential({ inputShape: [4], seed: 6 }, layers);
    for (let i = 0; i < 3; i++) model.trainOnBatch(x, y, { optimizer });
    await prune(model, { sparsity: 0.3 });
    return model;
  }

  test('takes layers out with their activations, parameters and moments', async () => {
    const start = engine.memory.liveBytes;
    const model = await deep();
    const before = look(model);
    const weights = model.getWeights();
    const names = removeLayers(model, ['dense2', 'dense1']);
    expect(Object.fromEntries(names)).toEqual({ dense3: 'dense1', relu2: 'relu1', dense4: 'dense2' });
    expect(model.layers.map(({ name }) => name)).toEqual(['dense1', 'relu1', 'dense2']);
    expect(model.getWeights()).toEqual([4, 5, 6].map((i) => weights[i]));
    const after = look(model);
    expect(after.moments).toEqual([4, 5, 6].map((i) => before.moments[i]));
    expect(after.rewind).toEqual([4, 5, 6].map((i) => before.rewind![i]));
    expect(model.parameters.map(({ name }) => name)).toEqual([
      'dense1.weight',
      'dense2.weight',
      'dense2.bias',
    ]);
    const loaded = await loadModel(model.encode());
    expect(loaded.predict(x)).toEqual(model.predict(x));
    loaded.dispose();
    model.trainOnBatch(x, y, { optimizer });
    await prune(model, { sparsity: 0.7, survivors: 'rewind' });
    await model.fit(x, y, { optimizer, epochs: 2 });
    expect(model.summary().sparsity).toBeCloseTo(0.7, 1);
    model.dispose();
    expect(engine.memory.liveBytes).toBe(start);
  });

  test('takes the bodies of residual blocks out, and leaves shortcuts', async () => {
    const layers = [
      ...[
        conv2d(3, 3, { padding: 1 }),
        relu(),
        residual([conv2d(3, 3, { padding: 1 }), batchNorm()]),
        relu(),
      ],
      residual([conv2d(4, 1)], [conv2d(4, 1, { bias: false })]),
      ...[conv2d(4, 3, { padding: 'same' }), batchNorm(), relu(), maxPool2d(2), flatten(), dense(2)],
    ];
    const model = await sequential({ inputShape: [1, 4, 4], seed: 2 }, layers);
    const left = await sequential({ inputShape: [1, 4, 4], seed: 2 }, [
      ...[conv2d(3, 3, { padding: 1 }), relu(), relu(), conv2d(4, 1, { bias: false })],
      ...[maxPool2d(2), flatten(), dense(2)],
    ]);
    const weights = model.getWeights();
    const names = removeLayers(model, ['fork1', 'conv2d5', 'fork2']);
    expect(names.get('conv2d4')).toBe('conv2d2');
    const own = [0, 1, 10, 17, 18].map((i) => weights[i]!);
    expect(model.getWeights()).toEqual(own);
    left.setWeights(own);
    const images = values(32, 3);
    expect(model.predict(images)).toEqual(left.predict(images));
    expect(model.layers.map(({ name }) => name)).toEqual(left.layers.map(({ name }) => name));
    for (const each of [model, left]) each.dispose();
  });

  test('are chosen by prune() by the mean of their weights', async () => {
    const model = await sequential({ inputShape: [2, 4, 4], seed: 2 }, [
      residual([conv2d(2, 1)]),
      residual([conv2d(2, 1), conv2d(2, 1)]),
      ...[conv2d(2, 1), flatten(), dense(2)],
    ]);
    const weights = model.getWeights();
    [0, 2, 4, 6].forEach((at, i) => {
      weights[at]!.fill([3, 1, 4, 2][i]!);
    });
    model.setWeights(weights);
    const { log } = await prune(model, { sparsity: 2 / 3, structure: 'layer' }); // 3, (1 + 4) / 2 and 2
    expect(log.cuts(1)[0]!.scores).toEqual(Float32Array.of(2.5, 2));
    expect(model.layers.map(({ name }) => name)).toEqual(['fork1', 'conv2d1', 'add1', 'flatten1', 'dense1']);
    await expect(prune(model, { sparsity: 0.5, structure: 'layer', layers: ['conv2d1'] })).rejects.toThrow(
      /layers can go from fork1 .*got "conv2d1"/,
    );
    model.dispose();
  });

  test('refuses others, and changes nothing', async () => {
    const model = await deep();
    const before = look(model);
    for (const [names, message] of [
      [['dense4'], /the output layer stays, got "dense4"/],
      [['dense2', 'relu1'], /layer must be one of dense1, dense2, dense3, dense4/],
      ['dense2', /names must be a list of layers, got "dense2"/],
    ] as const) {
      expect(() => removeLayers(model, names as unknown as string[])).toThrow(OptionError);
      expect(() => removeLayers(model, names as unknown as string[])).toThrow(message);
    }
    expect([...removeLayers(model, [])].every(([from, to]) => from === to)).toBe(true);
    expect(look(model)).toEqual(before);
    model.dispose();
    const wide = await net();
    expect(() => removeLayers(wide, ['dense2'])).toThrow(
      'removeLayers: a layer must have as many units as inputs, got "dense2" with 5 inputs and 6 units',
    );
    wide.dispose();
    const one = await sequential({ inputShape: [3] }, [dense(3), relu()]);
    expect(() => removeLayers(one, ['dense1'])).toThrow(/the output layer stays/);
    one.dispose();
  });
});
