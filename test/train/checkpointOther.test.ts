import { describe, expect, test } from 'vitest';
import {
  adam,
  augmentImages,
  type Callback,
  CheckpointError,
  type CheckpointValue,
  dense,
  EspalierError,
  earlyStopping,
  OptionError,
  progressBar,
  relu,
  type Sequential,
  sequential,
  sgd,
  softmaxCrossEntropy,
  srSte,
  type TrainingPruning,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';
import { build, FIT, Killed, killed, make, memoryStore, type Script, x, y } from './checkpointSupport.js';

const nested = (depth: number): object => (depth === 0 ? {} : { inner: nested(depth - 1) });

describe('a checkpoint of another run', () => {
  type Change = Partial<Omit<Script, 'model'>> & { readonly model?: () => Promise<Sequential> };
  const other = values(6 * 20, 9);
  const changes: readonly (readonly [string, Change, RegExp])[] = [
    [
      'another network',
      { model: () => sequential({ inputShape: [6], seed: 4 }, [dense(5), relu(), dense(4), dense(3)]) },
      /layers/,
    ],
    [
      'another layer',
      { model: () => sequential({ inputShape: [6], seed: 4 }, [dense(7), relu(), dense(3)]) },
      /layers\[0\]\.units: 5 there, 7 here/,
    ],
    ['another seed', { model: () => build(5) }, /seed: 4 there, 5 here/],
    [
      'other weights',
      {
        model: async () => {
          const model = await build();
          model.setWeights(model.getWeights().map((values) => values.map((value) => value / 2)));
          return model;
        },
      },
      /weights at the begin/,
    ],
    [
      'another storage',
      {
        model: () => sequential({ inputShape: [6], seed: 4, storage: 'dense' }, [dense(5), relu(), dense(3)]),
      },
      /storage: "auto" there, "dense" here/,
    ],
    [
      'a model trained before',
      {
        model: async () => {
          const model = await build();
          await model.fit(x, y);
          return model;
        },
      },
      /steps trained before: 0 there, 1 here/,
    ],
    [
      'other samples',
      { x: other },
      /data.images: "Float32Array\(120\) crc32c:\w{8}" there, "Float32Array\(120\) crc32c:\w{8}" here/,
    ],
    ['fewer samples', { x: x.subarray(6), y: y.subarray(1) }, /samples: 20 there, 19 here/],
    ['other labels', { y: y.map((label) => 2 - label) }, /data\.labels: /],
    [
      'more epochs',
      { options: { ...FIT, epochs: 5, optimizer: adam({ learningRate: 0.01 }) } },
      /epochs: 4 there, 5 here/,
    ],
    [
      'another batch size',
      { options: { ...FIT, batchSize: 5, optimizer: adam({ learningRate: 0.01 }) } },
      /batch size: 4 there, 5 here/,
    ],
    [
      'another optimizer',
      { options: { ...FIT, optimizer: sgd({ learningRate: 0.01 }) } },
      /: optimizer\.kind: "adam" there, "sgd" here\./,
    ],
    [
      'another moment',
      { options: { ...FIT, optimizer: adam({ learningRate: 0.01, beta1: 0.8 }) } },
      /: optimizer\.beta1: 0\.9 there, 0\.8 here\./,
    ],
    [
      'another learning rate',
      { options: { ...FIT, optimizer: adam({ learningRate: 0.02 }) } },
      /: optimizer\.learningRate: 0\.01 there, 0\.02 here\./,
    ],
    [
      'another order',
      { options: { ...FIT, shuffle: false, optimizer: adam({ learningRate: 0.01 }) } },
      /shuffle: true there, false here/,
    ],
    [
      'a rewind point',
      { options: { ...FIT, rewindAt: 3, optimizer: adam({ learningRate: 0.01 }) } },
      /rewindAt: null there, 3 here/,
    ],
    [
      'validation',
      { options: { ...FIT, validation: { images: x, labels: y }, optimizer: adam({ learningRate: 0.01 }) } },
      /validation: null there, .*crc32c/,
    ],
    [
      'another loss',
      {
        options: {
          ...FIT,
          loss: { ...softmaxCrossEntropy, kind: 'mine' },
          optimizer: adam({ learningRate: 0.01 }),
        },
      },
      /loss.kind: "softmaxCrossEntropy" there, "mine" here/,
    ],
    [
      'pruning',
      { options: { ...FIT, pruning: srSte({ n: 2, m: 4 }), optimizer: adam({ learningRate: 0.01 }) } },
      /pruning: null there, .*"srSte"/,
    ],
    [
      'augmentation',
      {
        options: {
          ...FIT,
          augment: augmentImages({ shift: 1, shape: [1, 2, 3] }),
          optimizer: adam({ learningRate: 0.01 }),
        },
      },
      /augment: null there, .*"augmentImages"/,
    ],
    [
      'a callback with a state',
      {
        options: {
          ...FIT,
          callbacks: [earlyStopping({ monitor: 'loss' })],
          optimizer: adam({ learningRate: 0.01 }),
        },
      },
      /callbacks\[0\]: nothing there, .*"earlyStopping"/,
    ],
  ];

  test.each(changes)('is refused for %s, and nothing changes', async (_, change, message) => {
    const store = memoryStore(await killed());
    const before = store.bytes!.slice();
    const { model: own, ...rest } = change;
    const script = { ...(await make()), ...rest };
    const model = own ? await own() : script.model;
    const print = fingerprint(model);
    const { steps, epochs } = model.clock;
    const failure = await model
      .fit(script.x, script.y, { ...script.options, checkpoint: store })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CheckpointError);
    expect((failure as Error).message).toMatch(
      /^fit: the checkpoint in its store must be of this very run, got another one: /,
    );
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).toMatch(/Delete it to begin anew, or keep this run elsewhere$/);
    expect(fingerprint(model)).toBe(print);
    expect([model.clock.steps, model.clock.epochs]).toEqual([steps, epochs]);
    expect(store.bytes).toEqual(before);
    model.dispose();
  });

  test('but one may watch it in other ways, and keep it more often', async () => {
    const store = memoryStore(await killed());
    const script = await make();
    const lines: string[] = [];
    const callbacks = [progressBar({ stream: { write: (text: string) => void lines.push(text) } })];
    await script.model.fit(x, y, { ...script.options, callbacks, checkpoint: { store, everySteps: 2 } });
    expect(lines.length).toBeGreaterThan(0);
    script.model.dispose();
  });
});

describe('bad options', () => {
  const store = memoryStore();
  test.each([
    ['a number', 7, 'options must be an object, got 7'],
    ['nothing', null, 'options must be an object, got null'],
    ['no name', '', 'checkpoint must be a file name, got ""'],
    [
      'an unknown option',
      { path: 'run', every: 2 },
      'option must be one of path, store, everyEpochs, everySteps, got "every"',
    ],
    ['neither path nor store', { everySteps: 2 }, 'either a path or a store, got neither'],
    ['both', { path: 'run', store }, 'either a path or a store, got both'],
    ['a path that is none', { path: 5 }, 'checkpoint must be a file name, got 5'],
    ['half a store', { store: { read: store.read } }, 'must have both functions, read and write, got {read}'],
    ['half a store by itself', { read: store.read }, 'must have both functions, read and write, got {read}'],
    ['no steps', { store, everySteps: 0 }, 'everySteps must be a whole number >= 1, got 0'],
    ['half an epoch', { store, everyEpochs: 0.5 }, 'everyEpochs must be a whole number >= 1, got 0.5'],
  ])('%s is refused before anything happens', async (_, checkpoint, message) => {
    const { model, options } = await make();
    const fit = model.fit(x, y, { ...options, checkpoint: checkpoint as never });
    await expect(fit).rejects.toThrow(OptionError);
    await expect(model.fit(x, y, { ...options, checkpoint: checkpoint as never })).rejects.toThrow(message);
    expect(model.clock.steps).toBe(0);
    model.dispose();
  });

  test('pruning that cannot be kept is refused up front', async () => {
    const { model, options } = await make();
    let ended = 0;
    const mine: TrainingPruning = {
      kind: 'mine',
      start: () => ({ observe: () => undefined, rewire: () => false, end: () => void ended++ }),
    };
    const fit = model.fit(x, y, { ...options, pruning: mine, checkpoint: memoryStore() });
    await expect(fit).rejects.toThrow('pruning whose process has state() and restore(), got mine without');
    expect(ended).toBe(1);
    expect(model.clock.steps).toBe(0);
    model.dispose();
  });

  test.each([
    ['a function', () => ({ f: () => 1 }), '"mine": f must be plain data, got a function'],
    ['nothing', () => ({ best: undefined }), '"mine": best must be plain data, got undefined'],
    ['no state', () => undefined, '"mine" must be plain data, got undefined'],
    ['a map', () => new Map([['a', 1]]), '"mine" must be plain data, got an instance of Map'],
    [
      'a date',
      () => ({ at: [{ begin: new Date(0) }] }),
      '"mine": at[0].begin must be plain data, got an instance of Date',
    ],
    ['a class', () => ({ best: new Killed() }), '"mine": best must be plain data, got an instance of Killed'],
    ['a hole', () => ({ list: new Array(2) }), '"mine": list[0] must be plain data, got undefined'],
    [
      'doubles',
      () => ({ sums: Float64Array.of(1) }),
      '"mine": sums must be an array of 8 or 32 bits, got Float64Array(1)',
    ],
    ['depth', () => nested(40), '"mine" must be at most 32 deep, got more'],
  ])('a callback whose state holds %s is told so', async (_, state, message) => {
    const { model, options } = await make();
    const callbacks: Callback[] = [{ kind: 'mine', onEpochEnd() {}, state: state as never }];
    const failure = await model
      .fit(x, y, { ...options, callbacks, checkpoint: memoryStore() })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EspalierError);
    expect((failure as Error).message).toBe(`checkpoint: state of callback ${message}`);
    model.dispose();
  });

  test.each([
    ['$tensor', { a: { $tensor: 1 } }],
    ['__proto__', JSON.parse('{ "a": { "__proto__": 1 } }') as CheckpointValue],
  ])('and so is one with the key %s', async (key, state) => {
    const { model, options } = await make();
    const callbacks: Callback[] = [progressBar(), { onEpochEnd() {}, state: () => state }];
    await expect(model.fit(x, y, { ...options, callbacks, checkpoint: memoryStore() })).rejects.toThrow(
      `checkpoint: keys of state of callback 1: a must not be __proto__ or begin with $, got "${key}"`,
    );
    model.dispose();
  });

  test('what a callback takes back is what it gave, in plain objects', async () => {
    const state = {
      best: Number.NaN,
      empty: {},
      list: [null, -0, { word: 'a' }],
      sums: Float32Array.of(1, 2),
    };
    const store = memoryStore();
    const taken: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const { model, options } = await make();
      const callbacks: Callback[] = [
        {
          kind: 'mine',
          options: {},
          onEpochEnd() {},
          state: () => state,
          restore: (one) => void taken.push(one),
        },
      ];
      await model.fit(x, y, { ...options, callbacks, checkpoint: store });
      model.dispose();
    }
    expect(taken).toStrictEqual([state]);
    expect(Object.getPrototypeOf(taken[0])).toBe(Object.prototype);
  });
});
