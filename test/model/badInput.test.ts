import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  adam,
  binaryCrossEntropy,
  conv2d,
  createModel,
  createSession,
  DataError,
  DisposedError,
  dense,
  dropout,
  EspalierError,
  FileError,
  FormatError,
  flatten,
  iterative,
  leakyRelu,
  loadModel,
  loadSession,
  MemoryError,
  maxPool2d,
  OptionError,
  prune,
  relu,
  removeLayers,
  removeUnits,
  residual,
  type Sequential,
  ShapeError,
  sequential,
  sgd,
  shrink,
} from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint, values } from './support.js';

const x = values(4 * 6, 1);
const y = Uint8Array.of(0, 1, 2, 0, 1, 2);
const data = { images: x, labels: y };
const withAt = <T extends Float32Array | Uint8Array | Int32Array>(array: T, at: number, value: number): T => {
  const copy = array.slice() as T;
  copy[at] = value;
  return copy;
};

let model: Sequential;
beforeEach(async () => {
  model = await sequential({ inputShape: [4], seed: 1 }, [dense(5), relu(), dense(3)]);
  await prune(model, { sparsity: 0.25 });
});
afterEach(() => model.dispose());

type ErrorClass = new (message: string) => EspalierError;
type Case = [name: string, call: (model: Sequential) => unknown, kind: ErrorClass, message: RegExp];

/** Typed, says rule and value, and changes nothing: neither weights nor masks nor memory. */
async function expectRefused(...[, call, kind, message]: Case): Promise<void> {
  const { memory } = await sharedEngine();
  const before = fingerprint(model);
  const [steps, epochs] = [model.clock.steps, model.clock.epochs];
  const bytes = memory.liveBytes;
  const error = await (async () => call(model))().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(kind);
  expect((error as EspalierError).message).toMatch(message);
  expect((error as EspalierError).message).toMatch(/^[^:]+: .+/);
  expect((error as EspalierError).code).toMatch(/^[A-Z_]+$/);
  expect(fingerprint(model)).toBe(before);
  expect([model.clock.steps, model.clock.epochs]).toEqual([steps, epochs]);
  expect(memory.liveBytes).toBe(bytes);
}

const samples: readonly (readonly [unknown, unknown, ErrorClass, RegExp])[] = [
  [x.subarray(1), y, ShapeError, /samples must hold a multiple of 4 values, got 23/],
  [new Float32Array(0), y, ShapeError, /samples must be at least one, got none/],
  [[1, 2, 3, 4], y, OptionError, /samples must be a Float32Array, got \[1, 2, 3, 4\]/],
  [undefined, y, OptionError, /samples must be a Float32Array, got undefined/],
  [x, y.subarray(1), ShapeError, /labels must be 6, one for each sample, got 5/],
  [x, values(17, 2), ShapeError, /targets must hold 6 x 3 values, got 17/],
  [x, withAt(y, 2, 3), DataError, /labels must be 0 to 2, got 3 at 2/],
  [x, withAt(Int32Array.from(y), 4, -1), DataError, /labels must be 0 to 2, got -1 at 4/],
  [x, [...y], OptionError, /labels must be a Uint8Array, Int32Array or Float32Array, got \[/],
  [x, undefined, OptionError, /labels must be .*got undefined/],
  [withAt(x, 7, Number.NaN), y, DataError, /samples must be finite, got NaN at 7/],
  [withAt(x, 23, -Infinity), y, DataError, /samples must be finite, got -Infinity at 23/],
  [x, withAt(values(18, 2), 5, Number.NaN), DataError, /targets must be finite, got NaN at 5/],
];

const consumers: readonly [string, (model: Sequential, x: Float32Array, y: Uint8Array) => unknown][] = [
  ['fit', (m, images, labels) => m.fit(images, labels)],
  ['trainOnBatch', (m, images, labels) => m.trainOnBatch(images, labels)],
  ['evaluate', (m, images, labels) => m.evaluate(images, labels)],
  ['fit: validation', (m, images, labels) => m.fit(x, y, { validation: { images, labels } })],
  [
    'prune with fit.data',
    (m, images, labels) => prune(m, { sparsity: 0.5, fit: { data: { images, labels } } }),
  ],
  [
    'prune with fit.validation',
    (m, images, labels) => prune(m, { sparsity: 0.5, fit: { data, validation: { images, labels } } }),
  ],
];

describe.each(consumers)('data given to %s', (where, consume) => {
  test.each(samples.map((sample, i) => [i, ...sample] as const))(
    'are refused: case %i',
    async (_, ...given) => {
      const [images, labels, kind, message] = given;
      await expectRefused(
        where,
        (m) => consume(m, images as Float32Array, labels as Uint8Array),
        kind,
        message,
      );
    },
  );
});

const options: readonly Case[] = [
  [
    'an unknown option',
    (m) => m.fit(x, y, { epoch: 3 } as never),
    OptionError,
    /^fit: option must be one of .*got "epoch" \(did you mean "epochs"\?\)/,
  ],
  [
    'no options object',
    (m) => m.fit(x, y, 3 as never),
    OptionError,
    /^fit: options must be an object, got 3/,
  ],
  ['epochs of 0', (m) => m.fit(x, y, { epochs: 0 }), OptionError, /^fit: epochs must be .*got 0/],
  ['a batchSize of 2.5', (m) => m.fit(x, y, { batchSize: 2.5 }), OptionError, /^fit: batchSize .*got 2.5/],
  [
    'an optimizer that was not called',
    (m) => m.fit(x, y, { optimizer: adam as never }),
    OptionError,
    /^fit: optimizer must be made by .*got a function/,
  ],
  [
    'an unknown loss',
    (m) => m.fit(x, y, { loss: 'mse' as never }),
    OptionError,
    /^fit: loss must be .*got "mse"/,
  ],
  [
    'a loss for other targets',
    (m) => m.fit(x, y, { loss: binaryCrossEntropy }),
    OptionError,
    /^fit: binaryCrossEntropy must be given a Float32Array of targets, got labels/,
  ],
  ['shuffle of 1', (m) => m.fit(x, y, { shuffle: 1 as never }), OptionError, /^fit: shuffle must be .*got 1/],
  [
    'callbacks that are no list',
    (m) => m.fit(x, y, { callbacks: {} as never }),
    OptionError,
    /^fit: callbacks must be a list/,
  ],
  [
    'a callback that was not called',
    (m) => m.fit(x, y, { callbacks: [null as never] }),
    OptionError,
    /^fit: callbacks .*got/,
  ],
  ['rewindAt of -1', (m) => m.fit(x, y, { rewindAt: -1 }), OptionError, /^fit: rewindAt must be .*got -1/],
  [
    'an unknown option of trainOnBatch',
    (m) => m.trainOnBatch(x, y, { optimiser: sgd() } as never),
    OptionError,
    /^trainOnBatch: option .*did you mean "optimizer"/,
  ],
  [
    'an optimizer for trainOnBatch that is none',
    (m) => m.trainOnBatch(x, y, { optimizer: {} as never }),
    OptionError,
    /^trainOnBatch: optimizer must be .*got/,
  ],
  ['an unknown option of evaluate', (m) => m.evaluate(x, y, { los: 1 } as never), OptionError, /mean "loss"/],
  [
    'too few weights',
    (m) => m.setWeights(m.getWeights().slice(1)),
    ShapeError,
    /^setWeights: weights must be 4 arrays, got/,
  ],
  [
    'a weight of another length at the end',
    (m) =>
      m.setWeights([
        ...m
          .getWeights()
          .slice(0, 3)
          .map((w) => w.fill(9)),
        new Float32Array(2),
      ]),
    ShapeError,
    /^setWeights: dense2.bias must be a Float32Array of 3, got Float32Array\(2\)/,
  ],
  [
    'weights that are plain lists',
    (m) => m.setWeights(m.getWeights().map((w) => [...w]) as never),
    ShapeError,
    /^setWeights: dense1.weight must be a Float32Array of 20, got/,
  ],
  [
    'a nonzero where the mask prunes',
    (m) =>
      m.setWeights(
        m.getWeights().map((w) => w.fill(1)),
        { keepMasks: true },
      ),
    DataError,
    /^setWeights: dense[12].weight: pruned weights must be zero, got 1 at/,
  ],
  [
    'an unknown option of setWeights',
    (m) => m.setWeights(m.getWeights(), { keepMask: true } as never),
    OptionError,
    /^setWeights: option .*did you mean "keepMasks"/,
  ],
  [
    'keepMasks that is no boolean',
    (m) => m.setWeights(m.getWeights(), { keepMasks: 'no' as never }),
    OptionError,
    /^setWeights: keepMasks must be true or false, got "no"/,
  ],
  ['predict of wrong lengths', (m) => m.predict(new Float32Array(3)), ShapeError, /^predict: .*got 3/],
  ['predict of a list', (m) => m.predict([1, 2, 3, 4] as never), OptionError, /^predict: .*got \[1/],
  [
    'sparsity below 0',
    (m) => prune(m, { sparsity: -0.1 }),
    OptionError,
    /^prune: sparsity .*\[0, 1\], got -0.1/,
  ],
  ['sparsity above 1', (m) => prune(m, { sparsity: 95 }), OptionError, /^prune: sparsity .*\[0, 1\], got 95/],
  ['sparsity NaN', (m) => prune(m, { sparsity: Number.NaN }), OptionError, /^prune: sparsity .*got NaN/],
  ['no sparsity', (m) => prune(m, {} as never), OptionError, /^prune: sparsity .*got neither/],
  [
    'sparsity below what is pruned',
    (m) => prune(m, { sparsity: 0.1 }),
    OptionError,
    /^prune: sparsity must be at least 0.25.*, got 0.1/,
  ],
  [
    'an unknown criterion',
    (m) => prune(m, { sparsity: 0.5, criterion: 'magnitud' as never }),
    OptionError,
    /^prune: criterion must be one of .*got "magnitud" \(did you mean "magnitude"\?\)/,
  ],
  [
    'an unknown allocation',
    (m) => prune(m, { sparsity: 0.5, allocation: 'layerwise' as never }),
    OptionError,
    /^prune: allocation must be one of .*got "layerwise"/,
  ],
  [
    'a schedule that is none',
    (m) => prune(m, { sparsity: 0.5, schedule: 'iterative' as never }),
    OptionError,
    /^prune: schedule must be made by .*got "iterative"/,
  ],
  [
    'unknown survivors',
    (m) => prune(m, { sparsity: 0.5, survivors: 'rewound' as never }),
    OptionError,
    /^prune: survivors must be one of .*got "rewound" \(did you mean "rewind"/,
  ],
  [
    'an unknown option of prune',
    (m) => prune(m, { sparsity: 0.5, sparcity: 1 } as never),
    OptionError,
    /^prune: option .*got "sparcity" \(did you mean "sparsity"/,
  ],
  [
    'an unknown option of the retraining',
    (m) => prune(m, { sparsity: 0.5, fit: { data, epoch: 1 } as never }),
    OptionError,
    /option must be .*got "epoch" \(did you mean "epochs"/,
  ],
  [
    'a retraining without data',
    (m) => prune(m, { sparsity: 0.5, fit: { epochs: 1 } as never }),
    EspalierError as never,
    /data/,
  ],
  [
    'a model of another kind',
    () => prune({} as never, { sparsity: 0.5 }),
    OptionError,
    /^prune: model must come/,
  ],
  ['rounds of 0', () => iterative({ rounds: 0 }), OptionError, /^iterative: rounds must be .*got 0/],
  [
    'an unknown share',
    () => iterative({ per: 'all' as never }),
    OptionError,
    /^iterative: per must be one of .*got "all"/,
  ],
  [
    'scores of another length',
    (m) => prune(m, { sparsity: 0.5, criterion: () => new Float32Array(3) }),
    ShapeError,
    /^prune: scores of dense1.weight must be a Float32Array of 20, got Float32Array\(3\)/,
  ],
  [
    'NaN scores in the last tensor',
    (m) =>
      prune(m, {
        sparsity: 0.5,
        criterion: ({ name, weight }) => (name === 'dense2.weight' ? weight.fill(Number.NaN) : weight),
      }),
    DataError,
    /^prune: scores of dense2.weight must be numbers, got NaN at 0/,
  ],
  [
    'masks of another length',
    (m) => prune(m, { sparsity: 0.5, allocation: () => [new Uint8Array(3)] }),
    ShapeError,
    /^prune: an allocation must return one mask/,
  ],
  [
    'masks of other values than 0 and 1',
    (m) =>
      prune(m, {
        sparsity: 0.5,
        allocation: (list) => list.map(({ length }) => new Uint8Array(length).fill(2)),
      }),
    EspalierError as never,
    /mask/,
  ],
  [
    'an allocation that revives',
    (m) =>
      prune(m, {
        sparsity: 0.5,
        allocation: (list) => list.map(({ length }) => new Uint8Array(length).fill(1)),
      }),
    OptionError,
    /^prune: .*pruned weights do not come back/,
  ],
  [
    'a session of no batch',
    (m) => createSession(m, { batch: 0 }),
    OptionError,
    /^createSession: batch .*got 0/,
  ],
  [
    'a session of unknown kernels',
    (m) => createSession(m, { kernels: 'cssr' as never }),
    OptionError,
    /^createSession: kernels must be one of .*got "cssr" \(did you mean "csr"/,
  ],
  [
    'an unknown option of createSession',
    (m) => createSession(m, { batchSize: 1 } as never),
    OptionError,
    /^createSession: option .*got "batchSize"/,
  ],
  [
    'a session of nothing',
    () => createSession(null as never),
    OptionError,
    /^createSession: model .*got null/,
  ],
  ['a model without layers', () => sequential({ inputShape: [4] }, []), OptionError, /^layers: .*got \[\]/],
  [
    'a layer that is none',
    () => sequential({ inputShape: [4] }, [{ kind: 'dens', units: 3 }]),
    OptionError,
    /^layers: kind must be one of .*got "dens" \(did you mean "dense"\?\)/,
  ],
  [
    'a layer function that was not called',
    () => sequential({ inputShape: [4] }, [relu as never]),
    OptionError,
    /^layers: .*got/,
  ],
  [
    'a dense layer on images',
    () => sequential({ inputShape: [1, 4, 4] }, [dense(3)]),
    ShapeError,
    /^dense1: input must be \[inputs\], got \[1, 4, 4\]; put flatten\(\) before it/,
  ],
  [
    'a kernel larger than the padded image',
    () => sequential({ inputShape: [1, 4, 4] }, [conv2d(2, 3), conv2d(2, 5, { padding: 1 }), flatten()]),
    ShapeError,
    /^conv2d2: the kernel must fit into the padded input of 4 x 4, got 5 x 5/,
  ],
  [
    'a pool larger than the image',
    () => sequential({ inputShape: [1, 4, 4] }, [maxPool2d([5, 2])]),
    ShapeError,
    /^maxPool2d1: the kernel must fit into the padded input of 4 x 4, got 5 x 2/,
  ],
  [
    'groups that do not divide the channels',
    () => sequential({ inputShape: [3, 4, 4] }, [conv2d(4, 1), conv2d(9, 1, { groups: 3 })]),
    ShapeError,
    /^conv2d2: groups must divide the channels, got 3 groups of 4 channels/,
  ],
  [
    'groups that do not divide the filters',
    () => conv2d(4, 1, { groups: 3 }),
    OptionError,
    /^conv2d: groups must divide the filters, got 3 groups of 4 filters/,
  ],
  [
    'a convolution of a list',
    () => sequential({ inputShape: [16] }, [conv2d(4, 3)]),
    ShapeError,
    /^conv2d1: input must be \[channels, height, width\], got \[16\]/,
  ],
  [
    'a stride of 0',
    () => conv2d(4, 3, { stride: [1, 0] }),
    OptionError,
    /^conv2d: stride must .*got \[1, 0\]/,
  ],
  [
    'a padding by another word',
    () => conv2d(4, 3, { padding: 'valid' as never }),
    OptionError,
    /padding .*got "valid"/,
  ],
  [
    'branches of different shapes',
    () => sequential({ inputShape: [1, 4, 4] }, [conv2d(2, 3, { padding: 1 }), residual([conv2d(3, 1)])]),
    ShapeError,
    /^add1: body and shortcut of a residual block must give the same shape, got \[3, 4, 4\] and \[2, 4, 4\]/,
  ],
  [
    'an add without a fork',
    () => sequential({ inputShape: [4] }, [relu(), { kind: 'add' }]),
    OptionError,
    /^add1: add must stand behind a fork of its own, got none/,
  ],
  [
    'a fork without an add',
    () => sequential({ inputShape: [4] }, [{ kind: 'fork' }, relu()]),
    OptionError,
    /^fork1: a fork must have an add behind it, got none/,
  ],
  [
    'a residual block of nothing',
    () => residual([]),
    OptionError,
    /^residual: body must hold at least one layer/,
  ],
  [
    'a ready network by another name',
    () => createModel('lenet6' as never),
    OptionError,
    /^createModel: name must be one of lenet300, lenet5, .*got "lenet6" \(did you mean "lenet5"\?\)/,
  ],
  [
    'no inputShape',
    () => sequential({} as never, [dense(3)]),
    OptionError,
    /inputShape must be .*got undefined/,
  ],
  ['a seed of -1', () => sequential({ inputShape: [4], seed: -1 }, [dense(3)]), OptionError, /seed .*got -1/],
  [
    'an unknown option of sequential',
    () => sequential({ inputShape: [4], sead: 1 } as never, [dense(3)]),
    OptionError,
    /^sequential: option .*did you mean "seed"/,
  ],
  ['units of 0', () => dense(0), OptionError, /^dense: units must be a whole number >= 1, got 0/],
  [
    'an unknown option of dense',
    () => dense(3, { bais: false } as never),
    OptionError,
    /did you mean "bias"/,
  ],
  [
    'a slope of 2',
    () => leakyRelu({ slope: 2 }),
    OptionError,
    /^leakyRelu: slope must be in \[0, 1\], got 2/,
  ],
  ['a dropout of everything', () => dropout(1), OptionError, /^dropout: rate must be below 1, got 1/],
  [
    'a model larger than the memory',
    () => sequential({ inputShape: [784] }, [flatten(), dense(300), dense(100_000_000)]),
    MemoryError,
    /^Memory: .*got a request/,
  ],
  ['a file that is none', () => loadModel(Uint8Array.of(1, 2, 3)), FormatError, /got/],
  ['a file that is not there', () => loadModel('/no/such/file.espalier'), FileError, /^loadModel: .*got/],
  ['a session of a file that is not there', () => loadSession('/no/such'), FileError, /^loadSession: .*got/],
  [
    'no file at all',
    () => loadModel(undefined as never),
    OptionError,
    /^loadModel: model must be bytes, a path, a URL, a Blob or a Response, got undefined/,
  ],
  [
    'an unknown option of loadModel',
    () => loadModel(Uint8Array.of(1), { budgt: {} } as never),
    OptionError,
    /^loadModel: option .*did you mean "budget"/,
  ],
  [
    'an unknown option of loadSession',
    () => loadSession(Uint8Array.of(1), { bath: 1 } as never),
    OptionError,
    /^loadSession: option .*did you mean "batch"/,
  ],
];

test.each(options)('%s: a typed error with rule and value, and nothing changed', async (...given) => {
  await expectRefused(...given);
});

const uses: readonly [string, (model: Sequential) => unknown][] = [
  ['fit', (m) => m.fit(x, y)],
  ['trainOnBatch', (m) => m.trainOnBatch(x, y)],
  ['evaluate', (m) => m.evaluate(x, y)],
  ['predict', (m) => m.predict(x)],
  ['prune', (m) => prune(m, { sparsity: 0.5 })],
  ['getWeights', (m) => m.getWeights()],
  ['setWeights', (m) => m.setWeights([])],
  ['layers', (m) => m.layers],
  ['summary', (m) => m.summary()],
  ['encode', (m) => m.encode()],
  ['save', (m) => m.save('/tmp/never')],
  ['createSession', (m) => createSession(m)],
];

test.each(uses)('%s after dispose throws DisposedError', async (_, use) => {
  const gone = await sequential({ inputShape: [4] }, [dense(3)]);
  gone.dispose();
  gone.dispose();
  await expect((async () => use(gone))()).rejects.toThrow(DisposedError);
  await expect((async () => use(gone))()).rejects.toThrow(/^\w+: a model must not be used after dispose\(\)/);
});

test('everything that trains is refused while the model trains, and a model is not disposed under way', async () => {
  let [arrive, resume] = [() => {}, () => {}];
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const waiting = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const onEpochEnd = () => {
    arrive();
    return waiting;
  };
  const running = model.fit(x, y, { callbacks: [{ onEpochEnd }] });
  await arrived;
  const before = fingerprint(model);
  const message = /a model must not be (trained or changed|disposed) while it trains/;
  await expect(model.fit(x, y)).rejects.toThrow(message);
  await expect(prune(model, { sparsity: 0.5 })).rejects.toThrow(message);
  expect(() => model.trainOnBatch(x, y)).toThrow(message);
  expect(() => model.setWeights(model.getWeights())).toThrow(message);
  expect(() => model.setStorage('csr')).toThrow(message);
  expect(() => removeLayers(model, [])).toThrow(message);
  expect(() => removeUnits(model, new Map())).toThrow(message);
  expect(() => shrink(model)).toThrow(message);
  expect(() => model.dispose()).toThrow(message);
  expect(fingerprint(model)).toBe(before);
  model.predict(x); // reading is free
  resume();
  await running;
  await model.fit(x, y);
});

test('weights and storage are not changed during prune, and what only reads is welcome', async () => {
  const refused: string[] = [];
  const attempt = (call: () => void) => {
    try {
      call();
    } catch (error) {
      refused.push((error as Error).message);
    }
  };
  const onRound = () => {
    attempt(() => model.setWeights(model.getWeights()));
    attempt(() => model.setStorage('dense'));
    model.summary();
    model.predict(x);
  };
  await prune(model, { sparsity: 0.5, onRound });
  const rule = 'a model must not be trained or changed while it trains, got a call during prune';
  expect(refused).toEqual([`setWeights: ${rule}`, `setStorage: ${rule}`]);
  expect(model.layers[0]!.weight!.mask).not.toBeNull();
});

describe('what later reviews found', () => {
  const model = () => sequential({ inputShape: [4], seed: 1 }, [dense(3)]);
  const samples = Float32Array.of(1, 2, 3, 4);

  test('a learning rate that is no number is refused before any weight changes', async () => {
    const m = await model();
    const before = m.getWeights();
    const optimizer = sgd({ learningRate: () => Number.NaN });
    expect(() => m.trainOnBatch(samples, Uint8Array.of(1), { optimizer })).toThrow(
      /^sgd: learningRate must be .*got NaN/,
    );
    expect(m.getWeights()).toEqual(before);
    m.dispose();
  });

  test('schedules of no rounds or no numbers are refused before anything is pruned', async () => {
    const m = await model();
    for (const schedule of [
      { rounds: 0, sparsityAt: () => 0.5 },
      { rounds: 1, sparsityAt: () => Number.NaN },
    ]) {
      await expect(prune(m, { sparsity: 0.5, schedule })).rejects.toThrow(/^prune: schedule: .*got (0|NaN)/);
    }
    await expect(prune(m, { sparsity: 0.5, onRound: 3 as never })).rejects.toThrow(
      /^prune: onRound must be a function, got 3/,
    );
    expect(m.summary().sparsity).toBe(0);
    m.dispose();
  });

  test('memory that does not suffice for buffers leaves nothing allocated', async () => {
    const m = await sequential({ inputShape: [4], seed: 1 }, [dense(50_000), dense(1)]);
    const { memory } = m.engine;
    const before = memory.liveBytes;
    const grow = vi.spyOn(memory.wasm, 'grow').mockImplementation(() => {
      throw new RangeError('no more');
    });
    try {
      const many = new Float32Array(4 * 64);
      await expect(m.fit(many, new Uint8Array(64), { batchSize: 64 })).rejects.toThrow(MemoryError);
      expect(memory.liveBytes).toBe(before);
    } finally {
      grow.mockRestore();
    }
    m.dispose();
  });
});
