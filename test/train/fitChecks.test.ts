import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  binaryCrossEntropy,
  createSession,
  DataError,
  dense,
  type EspalierError,
  flatten,
  iterative,
  type LossName,
  loadModel,
  OptionError,
  prune,
  relu,
  type Sequential,
  sensitivity,
  sequential,
  sigmoid,
  softCrossEntropy,
  softmax,
  softmaxCrossEntropy,
} from '../../src/index.js';
import { denseOf } from '../../src/tensor/values.js';
import { fingerprint, values } from '../model/support.js';

const x = values(6 * 4, 3);
const y = Uint8Array.of(0, 1, 2, 0, 1, 2);
const soft = values(18, 4).map(Math.abs);
const data = { images: x, labels: y };

type ErrorClass = new (message: string) => EspalierError;

/** A typed error of that message, after which the model is as it was and still of use. */
async function expectRefused(
  model: Sequential,
  call: () => unknown,
  kind: ErrorClass,
  message: RegExp | string,
): Promise<void> {
  const before = fingerprint(model);
  const { steps, epochs } = model.clock;
  const error = await (async () => call())().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(kind);
  if (typeof message === 'string') expect((error as Error).message).toBe(message);
  else expect((error as Error).message).toMatch(message);
  expect(fingerprint(model)).toBe(before);
  expect([model.clock.steps, model.clock.epochs]).toEqual([steps, epochs]);
  model.predict(x);
}

describe('a loss that takes logits, for a model that ends in softmax()', () => {
  let model: Sequential;
  beforeEach(async () => {
    model = await sequential({ inputShape: [4], seed: 1 }, [dense(5), relu(), dense(3), softmax()]);
  });
  afterEach(() => model.dispose());

  const rule = (where: string, loss: string) =>
    `${where}: ${loss} takes logits: leave softmax() out (for probabilities, give the weights to a model that ends in it), ` +
    'got a model that ends in softmax()';

  const losses = [
    ['softmaxCrossEntropy', y, undefined],
    ['softmaxCrossEntropy', y, 'softmaxCrossEntropy'],
    ['softmaxCrossEntropy', y, softmaxCrossEntropy],
    ['softCrossEntropy', soft, 'softCrossEntropy'],
    ['softCrossEntropy', soft, softCrossEntropy],
  ] as const;

  test.each(losses)('is refused: %s, case %#', async (name, targets, loss) => {
    const options = loss ? { loss } : {};
    const attempts: readonly (readonly [string, () => unknown])[] = [
      ['fit', () => model.fit(x, targets, options)],
      ['trainOnBatch', () => model.trainOnBatch(x, targets, options)],
      [
        'fit',
        () => prune(model, { sparsity: 0.5, fit: { data: { images: x, labels: targets }, ...options } }),
      ],
    ];
    for (const [where, call] of attempts) await expectRefused(model, call, OptionError, rule(where, name));
  });

  test('is that of the logits when evaluated', async () => {
    const [weights, twin] = [
      model.getWeights(),
      await sequential({ inputShape: [4] }, [dense(5), relu(), dense(3)]),
    ];
    twin.setWeights(weights);
    expect(await model.evaluate(x, y)).toEqual(await twin.evaluate(x, y));
    const loss = 'softCrossEntropy';
    expect(await model.evaluate(x, soft, { loss })).toEqual(await twin.evaluate(x, soft, { loss }));
    const shares = { sparsities: [0.5] };
    expect((await sensitivity(model, { images: x, labels: y }, shares)).layers).toEqual(
      (await sensitivity(twin, { images: x, labels: y }, shares)).layers,
    );
    twin.dispose();
  });

  test('is refused where a criterion reads it, and only there', async () => {
    for (const criterion of ['taylor', 'snip', 'grasp'] as const) {
      const call = () => prune(model, { sparsity: 0.5, criterion, data });
      await expectRefused(model, call, OptionError, rule('statistics', 'softmaxCrossEntropy'));
    }
    await prune(model, { sparsity: 0.5, criterion: 'wanda', data });
    expect(model.summary().sparsity).toBeCloseTo(0.5, 1);
  });

  test('leaves squared errors, files, sessions and inner softmax alone', async () => {
    await model.fit(x, soft, { loss: 'meanSquaredError' });
    const loaded = await loadModel(model.encode());
    const out = loaded.predict(x);
    expect(out).toEqual(model.predict(x));
    const session = await createSession(loaded);
    expect(session.run(x)).toEqual(out);
    session.dispose();
    loaded.dispose();
    const inner = await sequential({ inputShape: [4] }, [dense(3), softmax(), dense(3)]);
    await inner.fit(x, y);
    inner.dispose();
  });

  test('is not needed for probabilities: the weights of the logits give them', async () => {
    const logits = await sequential({ inputShape: [4], seed: 2 }, [dense(5), relu(), dense(3)]);
    await logits.fit(x, y);
    model.setWeights(logits.getWeights());
    const out = logits.predict(x).subarray(0, 3);
    const exps = [...out].map(Math.exp);
    const sum = exps.reduce((a, b) => a + b);
    [...model.predict(x).subarray(0, 3)].forEach((p, i) => {
      expect(p).toBeCloseTo(exps[i]! / sum, 6);
    });
    logits.dispose();
  });
});

describe('binaryCrossEntropy, which takes probabilities', () => {
  const ends = Float32Array.from({ length: 18 }, (_, i) => i % 2);
  const options = { loss: binaryCrossEntropy };

  test.each([
    ['dense', [dense(3)]],
    ['relu', [dense(3), relu()]],
  ])('is refused for a model that ends in %s()', async (last, layers) => {
    const model = await sequential({ inputShape: [4], seed: 1 }, layers);
    const rule = (where: string) =>
      `${where}: binaryCrossEntropy takes probabilities: end the model in sigmoid(), got a model that ends in ${last}()`;
    await expectRefused(model, () => model.fit(x, ends, options), OptionError, rule('fit'));
    await expectRefused(model, () => model.trainOnBatch(x, ends, options), OptionError, rule('trainOnBatch'));
    model.dispose();
  });

  test('is taken behind sigmoid() and softmax(), flattened or not', async () => {
    for (const last of [[sigmoid()], [softmax()], [sigmoid(), flatten()]]) {
      const model = await sequential({ inputShape: [4], seed: 1 }, [dense(3), ...last]);
      await model.fit(x, ends, options);
      model.dispose();
    }
  });
});

describe('targets out of the range of a loss', () => {
  const cases: readonly [LossName, number, string][] = [
    ['binaryCrossEntropy', 1.5, 'binaryCrossEntropy must be in [0, 1], got 1.5 at 7'],
    ['binaryCrossEntropy', -0.25, 'binaryCrossEntropy must be in [0, 1], got -0.25 at 7'],
    ['softCrossEntropy', -0.5, 'softCrossEntropy must be >= 0, got -0.5 at 7'],
  ];

  test.each(cases)('are refused by %s: %s', async (loss, value, message) => {
    const model = await sequential({ inputShape: [4], seed: 1 }, [
      dense(3),
      ...(loss === 'binaryCrossEntropy' ? [sigmoid()] : []),
    ]);
    const wrong = soft.map((v, i) => (i === 7 ? value : Math.min(v, 1)));
    const right = soft.map((v) => Math.min(v, 1));
    const bad = { images: x, labels: wrong };
    const good = { images: x, labels: right };
    const attempts: readonly (readonly [string, () => unknown])[] = [
      ['fit', () => model.fit(x, wrong, { loss })],
      ['fit: validation', () => model.fit(x, right, { loss, validation: bad })],
      ['trainOnBatch', () => model.trainOnBatch(x, wrong, { loss })],
      ['evaluate', () => model.evaluate(x, wrong, { loss })],
      ['fit', () => prune(model, { sparsity: 0.5, fit: { data: bad, loss } })],
      ['prune', () => prune(model, { sparsity: 0.5, criterion: 'snip', data: bad, loss })],
      ['sensitivity', () => sensitivity(model, bad, { loss })],
    ];
    for (const [where, call] of attempts) {
      await expectRefused(model, call, DataError, `${where}: targets of ${message}`);
    }
    await model.fit(x, right, { loss, validation: good });
    model.dispose();
  });

  test('at both ends of the range, and in rows of any sum, are taken', async () => {
    const model = await sequential({ inputShape: [4], seed: 1 }, [dense(3), sigmoid()]);
    const ends = Float32Array.from({ length: 18 }, (_, i) => i % 2);
    await model.fit(x, ends, { loss: binaryCrossEntropy });
    await model.fit(
      x,
      ends.map((v) => 3 * v),
      { loss: softCrossEntropy },
    );
    model.dispose();
  });
});

describe('weights that are not finite', () => {
  test.each([Number.NaN, Infinity, -Infinity])('are named before any training: %s', async (value) => {
    const model = await sequential({ inputShape: [4], seed: 1 }, [dense(5), relu(), dense(3)]);
    const weights = model.getWeights();
    weights[3]![1] = value;
    model.setWeights(weights);
    model.predict(x);
    const rule = 'dense2.bias must be finite, got NaN or an infinity in it';
    await expectRefused(model, () => model.fit(x, y), DataError, `fit: ${rule}`);
    await expectRefused(model, () => model.trainOnBatch(x, y), DataError, `trainOnBatch: ${rule}`);
    const call = () => prune(model, { sparsity: 0.5, fit: { data } });
    await expectRefused(model, call, DataError, `fit: ${rule}`);
    weights[3]![1] = 0;
    model.setWeights(weights);
    await model.fit(x, y);
    model.dispose();
  });
});

describe('what would have been ignored', () => {
  let model: Sequential;
  beforeEach(async () => {
    model = await sequential({ inputShape: [4], seed: 1 }, [dense(5), relu(), dense(3)]);
  });
  afterEach(() => model.dispose());

  test('a rewindAt that no step of the fit reaches is refused, from the clock on', async () => {
    const fit = { epochs: 2, batchSize: 4 };
    const message = (end: number, got: number) =>
      `fit: rewindAt must be at most ${end}, the steps that will have been trained, got ${got}`;
    await expectRefused(model, () => model.fit(x, y, { ...fit, rewindAt: 5 }), OptionError, message(4, 5));
    await model.fit(x, y, { ...fit, rewindAt: 4 });
    const end = model.getWeights();
    expect(model.rewindPoint!.map(denseOf)).toEqual(end);
    await expectRefused(
      model,
      () => model.fit(x, y, { ...fit, rewindAt: 1e6 }),
      OptionError,
      message(8, 1e6),
    );
    await model.fit(x, y, { ...fit, rewindAt: 2 }); // long past: the same options may be given to every fit
    expect(model.rewindPoint!.map(denseOf)).toEqual(end);
  });

  test('a rewindAt of a later round of pruning is in reach', async () => {
    const options = (rewindAt: number) => ({
      sparsity: 0.5,
      schedule: iterative({ rounds: 3 }),
      fit: { data, batchSize: 6, rewindAt },
    });
    const message = /^fit: rewindAt must be at most 3, .*got 4$/;
    await expectRefused(model, () => prune(model, options(4)), OptionError, message);
    expect((await prune(model, options(3))).rounds.length).toBe(3);
    expect(model.rewindPoint!.map(denseOf)).toEqual(model.getWeights());
  });

  test('restart without fit is refused', async () => {
    const call = () => prune(model, { sparsity: 0.5, restart: true });
    await expectRefused(model, call, OptionError, /^prune: restart must come with fit, .*got no fit$/);
  });

  test('callbacks without hooks, or with hooks that are no functions, are refused', async () => {
    const names = 'onFitBegin, onResume, onEpochBegin, onStep, onEpochEnd, onFitEnd';
    const rule = `fit: callbacks[1] must have functions among ${names}, got`;
    const good = { onStep: () => {} };
    for (const [wrong, shown] of [
      [{}, '{}'],
      [{ onBatch: () => {} }, '{onBatch}'],
      [{ onStep: 3 }, '{onStep}'],
      [[], '[]'],
    ] as const) {
      const call = () => model.fit(x, y, { callbacks: [good, wrong as never] });
      await expectRefused(model, call, OptionError, `${rule} ${shown}`);
    }
    class Counter {
      steps = 0;
      onStep() {
        this.steps++;
      }
    }
    const counter = new Counter();
    await model.fit(x, y, { batchSize: 2, callbacks: [counter] });
    expect(counter.steps).toBe(3);
  });

  test('an onStep that is an async function is refused before anything is trained', async () => {
    class Asker {
      async onStep() {}
    }
    for (const wrong of [{ onStep: async () => {} }, new Asker()]) {
      const call = () => model.fit(x, y, { callbacks: [{ onEpochEnd: async () => {} }, wrong as never] });
      const message = 'fit: callbacks[1].onStep must be synchronous, got an async function';
      await expectRefused(model, call, OptionError, message);
      const pruning = () => prune(model, { sparsity: 0.5, fit: { data, callbacks: [wrong as never] } });
      await expectRefused(model, pruning, OptionError, /^fit: callbacks\[0\]\.onStep must be synchronous/);
    }
  });

  test('an onStep that returns a promise ends the fit after its first step, however that promise ends', async () => {
    const onStep = () => Promise.reject(new Error('nobody waits for this'));
    const failing = model.fit(x, y, { batchSize: 2, callbacks: [{ onStep: onStep as never }] });
    await expect(failing).rejects.toThrow(OptionError);
    await expect(failing).rejects.toThrow('fit: onStep must be synchronous, got one that returns a promise');
    expect(model.clock.steps).toBe(1);
    await new Promise((resolve) => setImmediate(resolve)); // vitest fails where a rejection is left alone
  });
});
