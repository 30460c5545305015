import { describe, expect, test } from 'vitest';
import { syntheticDigits, take } from '../../datasets/index.js';
import {
  adam,
  binaryCrossEntropy,
  cosine,
  dense,
  type FitOptions,
  type History,
  type LossName,
  linear,
  meanSquaredError,
  NumericError,
  OptionError,
  relu,
  type Sequential,
  sequential,
  sgd,
  sigmoid,
  softCrossEntropy,
  softmaxCrossEntropy,
  tanh,
} from '../../src/index.js';
import { TiledBatch } from '../../src/train/tiledBatch.js';
import { fingerprint, networkTwin, values } from '../model/support.js';

const digits = syntheticDigits({ samples: 600, shape: [14, 14], seed: 2 });
const train = take(digits, 480);
const held = { images: digits.images.subarray(480 * 196), labels: digits.labels.subarray(480) };

const small = (seed = 1) => sequential({ inputShape: [196], seed }, [dense(40), relu(), dense(10)]);
const tiny = (seed = 1) => sequential({ inputShape: [4], seed }, [dense(7), tanh(), dense(3)]);
const tinyX = values(4 * 21, 5);
const tinyY = Uint8Array.from({ length: 21 }, (_, i) => i % 3);

/** Trains a tiny model made for it; gives its fingerprint. */
async function trained(...fits: readonly FitOptions[]): Promise<string> {
  const model = await tiny();
  for (const options of fits) await model.fit(tinyX, tinyY, { batchSize: 8, ...options });
  const print = fingerprint(model);
  model.dispose();
  return print;
}

describe('fit', () => {
  test('learns the synthetic digits: falling loss, more than 95 % right on data held out', async () => {
    const model = await small();
    const optimizer = adam({ learningRate: 3e-3 });
    const options = { optimizer, epochs: 6, batchSize: 32, validation: held };
    const history = await model.fit(train.images, train.labels, options);
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]! / 4);
    expect(history.valAccuracy.at(-1)).toBeGreaterThan(0.95);
    const metrics = await model.evaluate(held.images, held.labels);
    expect(metrics).toEqual({ loss: history.valLoss.at(-1), accuracy: history.valAccuracy.at(-1) });
    model.dispose();
  });

  test.each([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['momentum', sgd({ learningRate: 0.03, momentum: 0.9 })],
    ['nesterov', sgd({ learningRate: 0.03, momentum: 0.9, nesterov: true, weightDecay: 1e-4 })],
    ['adam', adam()],
  ])('learns with %s', async (_, optimizer) => {
    const model = await small();
    const history = await model.fit(train.images, train.labels, { optimizer, epochs: 4, batchSize: 16 });
    expect(history.accuracy.at(-1)).toBeGreaterThan(0.9);
    model.dispose();
  });

  test('records one entry an epoch in every list, validation only where there is some', async () => {
    const model = await tiny();
    const optimizer = sgd({ learningRate: linear({ start: 0.4, end: 0.1, steps: 9 }) });
    const bare = await model.fit(tinyX, tinyY, { optimizer, epochs: 3, batchSize: 8 });
    const lengths = (history: History) =>
      Object.fromEntries(Object.entries(history).map(([name, list]) => [name, list.length]));
    const { valLoss, valAccuracy, ...each } = lengths(bare);
    expect([valLoss, valAccuracy]).toEqual([0, 0]);
    expect(Object.keys(each).length).toBe(9);
    expect(Object.values(each)).toEqual(Array(9).fill(3));
    expect(bare.learningRate.map((rate) => rate.toFixed(6))).toEqual(['0.400000', '0.300000', '0.200000']);
    expect(bare.sparsity).toEqual([0, 0, 0]);
    const validation = { images: tinyX, labels: tinyY };
    const full = await model.fit(tinyX, tinyY, { optimizer, epochs: 2, validation });
    expect([full.valLoss.length, full.valAccuracy.length]).toEqual([2, 2]);
    model.dispose();
  });

  test('has no accuracy for float targets', async () => {
    const model = await tiny();
    const history = await model.fit(tinyX, values(63, 9), { epochs: 2 });
    expect(history.accuracy).toEqual([Number.NaN, Number.NaN]);
    expect((await model.evaluate(tinyX, values(63, 9))).accuracy).toBeNaN();
    model.dispose();
  });

  test('validation does not change what is learned', async () => {
    const validation = { images: tinyX, labels: tinyY };
    expect(await trained({ epochs: 3, validation })).toBe(await trained({ epochs: 3 }));
  });

  test('visits each sample once an epoch, in another order each time unless shuffle is off', async () => {
    const model = await sequential({ inputShape: [1] }, [dense(1, { bias: false })]);
    const staged: number[][] = [];
    const { stage } = TiledBatch.prototype;
    TiledBatch.prototype.stage = function (x, order) {
      staged.push([...order]);
      stage.call(this, x, order);
    };
    try {
      const x = values(10, 1);
      await model.fit(x, x, { epochs: 2, batchSize: 4 });
      const epochs = [staged.slice(0, 3).flat(), staged.slice(3).flat()];
      const all = Array.from({ length: 10 }, (_, i) => i);
      for (const epoch of epochs) {
        expect(epoch).not.toEqual(all);
        expect([...epoch].sort((a, b) => a - b)).toEqual(all);
      }
      expect(epochs[0]).not.toEqual(epochs[1]);
      expect(staged.map((batch) => batch.length)).toEqual([4, 4, 2, 4, 4, 2]);
      staged.length = 0;
      await model.fit(x, x, { batchSize: 4, shuffle: false });
      expect(staged.flat()).toEqual(all);
    } finally {
      TiledBatch.prototype.stage = stage;
      model.dispose();
    }
  });

  test('two calls with the same optimizer object continue as one, and another object begins anew', async () => {
    for (const make of [
      () => sgd({ learningRate: 0.1, momentum: 0.9 }),
      () => adam({ learningRate: cosine({ start: 0.1, steps: 12 }) }),
    ]) {
      const [a, b, c] = [make(), make(), make()];
      const once = await trained({ optimizer: a, epochs: 4 });
      expect(await trained({ optimizer: b, epochs: 2 }, { optimizer: b, epochs: 2 })).toBe(once);
      expect(await trained({ optimizer: c, epochs: 2 }, { optimizer: make(), epochs: 2 })).not.toBe(once);
      expect(await trained({ optimizer: a, epochs: 4 })).toBe(once); // on another model its state is new
    }
  });

  test('the last batch may be smaller, and weighs its samples as the others do', async () => {
    const model = await tiny();
    const [weights, x] = [model.getWeights(), tinyX.subarray(0, 4 * 11)];
    const history = await model.fit(x, tinyY.subarray(0, 11), {
      optimizer: sgd({ learningRate: 0 }),
      batchSize: 8,
    });
    expect(model.getWeights()).toEqual(weights);
    let expected = 0;
    for (let s = 0; s < 11; s++) {
      const logits = networkTwin(model.graph, weights, x.subarray(4 * s, 4 * s + 4)).values;
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      expected += (Math.log(sum) - logits[tinyY[s]!]!) / 11;
    }
    expect(history.loss[0]).toBeCloseTo(expected, 5);
    model.dispose();
  });

  test('trains with batches of 1, of all samples, and larger than the data', async () => {
    const plain = () => ({ optimizer: sgd({ learningRate: 0.1 }), shuffle: false });
    expect(await trained({ ...plain(), batchSize: 21 })).toBe(await trained({ ...plain(), batchSize: 1000 }));
    const model = await tiny();
    const history = await model.fit(tinyX, tinyY, { ...plain(), batchSize: 1, epochs: 20 });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]!);
    const one = await tiny();
    for (let i = 0; i < 20 * 21; i++) {
      const s = i % 21;
      one.trainOnBatch(tinyX.slice(4 * s, 4 * s + 4), tinyY.slice(s, s + 1), { optimizer: SHARED });
    }
    expect(fingerprint(one)).toBe(fingerprint(model));
    model.dispose();
    one.dispose();
  });

  test('the state of dropout, shuffles and steps goes on over calls', async () => {
    expect(await trained({ epochs: 1 }, { epochs: 1 })).not.toBe(await trained({ epochs: 1 }));
  });
});

const SHARED = sgd({ learningRate: 0.1 });

describe('when training diverges', () => {
  const huge = () => sgd({ learningRate: 1e30 });

  test('fit throws NumericError and puts weights and optimizer back where the epoch began', async () => {
    const model = await small();
    await model.fit(train.images, train.labels);
    const before = fingerprint(model);
    const failing = model.fit(train.images, train.labels, { optimizer: huge(), epochs: 2 });
    await expect(failing).rejects.toThrow(NumericError);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('epochs that went well before are kept, and the optimizer continues as if nothing had happened', async () => {
    let boom = true;
    const make = (broken: boolean) =>
      sgd({ learningRate: (step) => (broken && boom && step >= 4 ? Number.NaN : 0.05), momentum: 0.9 });
    const [model, optimizer] = [await tiny(), make(true)];
    const failing = model.fit(tinyX, tinyY, { optimizer, epochs: 3, batchSize: 8 });
    await expect(failing).rejects.toThrow('sgd: learningRate must be finite and >= 0, got NaN at step 4');
    expect(fingerprint(model)).toBe(await trained({ optimizer: make(false), epochs: 1 }));
    boom = false;
    await model.fit(tinyX, tinyY, { optimizer, epochs: 2, batchSize: 8 });
    expect(fingerprint(model)).toBe(await trained({ optimizer: make(false), epochs: 3 }));
    model.dispose();
  });

  test('weights that overflow in the very last step are found too', async () => {
    const model = await tiny();
    const before = fingerprint(model);
    const optimizer = sgd({ learningRate: 3e38 });
    const failing = model.fit(
      tinyX.map((value) => value * 100),
      tinyY,
      { optimizer, batchSize: 32 },
    );
    await expect(failing).rejects.toThrow(NumericError);
    await expect(failing).rejects.toThrow(
      /^fit: .*got NaN or an infinity in dense1.weight in epoch 1, step 1/,
    );
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test.each([
    [Number.NaN, 'NaN'],
    [-1, '-1'],
    [Infinity, 'Infinity'],
    ['0.1', '"0.1"'],
  ])('a schedule that gives %s does not get through', async (rate, shown) => {
    const model = await tiny();
    const before = fingerprint(model);
    const steps: number[] = [];
    for (const bad of [0, 2]) {
      const learningRate = (step: number) => (step < bad ? 0.1 : (rate as number));
      const callbacks = [{ onStep: ({ step }: { step: number }) => void steps.push(step) }];
      const failing = model.fit(tinyX, tinyY, {
        optimizer: sgd({ learningRate }),
        batchSize: 8,
        callbacks,
      });
      const message = `sgd: learningRate must be finite and >= 0, got ${shown} at step ${bad}`;
      await expect(failing).rejects.toThrow(OptionError);
      await expect(failing).rejects.toThrow(message);
      expect(fingerprint(model)).toBe(before);
      expect(model.clock.steps).toBe(0);
    }
    expect(steps).toEqual([1, 2]);
    await model.fit(tinyX, tinyY);
    model.dispose();
  });

  test('trainOnBatch throws NumericError without an update', async () => {
    const model = await tiny();
    const weights = model.getWeights();
    weights[2]!.fill(3e38);
    model.setWeights(weights);
    const before = fingerprint(model);
    expect(() => model.trainOnBatch(tinyX, tinyY)).toThrow(NumericError);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });
});

describe('losses', () => {
  const softplus = (logits: readonly number[]) => logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const twins: Readonly<Record<LossName, (out: readonly number[], y: ArrayLike<number>) => number>> = {
    softmaxCrossEntropy: (out, y) => Math.log(softplus(out)) - out[y[0]!]!,
    meanSquaredError: (out, y) => out.reduce((sum, o, i) => sum + (o - y[i]!) ** 2, 0) / out.length,
    binaryCrossEntropy: (out, y) =>
      -out.reduce((sum, o, i) => sum + y[i]! * Math.log(o) + (1 - y[i]!) * Math.log(1 - o), 0) / out.length,
    softCrossEntropy: (out, y) => out.reduce((sum, o, i) => sum + y[i]! * (Math.log(softplus(out)) - o), 0),
  };
  const cases = [
    ['softmaxCrossEntropy', softmaxCrossEntropy, Int32Array.from(tinyY)],
    ['meanSquaredError', meanSquaredError, values(63, 8)],
    ['binaryCrossEntropy', binaryCrossEntropy, values(63, 8).map((value) => (value + 1) / 2)],
    ['softCrossEntropy', softCrossEntropy, values(63, 9).map((value) => (value + 1) / 6)],
  ] as const;

  const build = (name: LossName): Promise<Sequential> =>
    sequential({ inputShape: [4], seed: 4 }, [
      dense(5),
      tanh(),
      dense(3),
      ...(name === 'binaryCrossEntropy' ? [sigmoid()] : []),
    ]);

  test.each(cases)('%s has the value and the gradient of its float64 twin', async (name, loss, y) => {
    const model = await build(name);
    const start = model.getWeights();
    const width = y.length / 21;
    const twin = (weights: readonly ArrayLike<number>[]) => {
      let sum = 0;
      for (let s = 0; s < 21; s++) {
        const out = networkTwin(model.graph, weights, tinyX.subarray(4 * s, 4 * s + 4)).values;
        sum += twins[name](out, y.subarray(width * s, width * (s + 1))) / 21;
      }
      return sum;
    };
    expect((await model.evaluate(tinyX, y, { loss: name })).loss).toBeCloseTo(twin(start), 5);
    expect(model.trainOnBatch(tinyX, y, { loss, optimizer: sgd({ learningRate: 1 }) })).toBeCloseTo(
      twin(start),
      5,
    );
    const after = model.getWeights();
    start.forEach((array, p) => {
      for (let i = 0; i < array.length; i++) {
        const at = (change: number) => {
          const moved = start.map((a) => Float64Array.from(a));
          moved[p]![i]! += change;
          return twin(moved);
        };
        const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(Math.abs(array[i]! - after[p]![i]! - slope)).toBeLessThan(1e-6 + 2e-5 * Math.abs(slope));
      }
    });
    model.dispose();
  });

  test('a name, an object and the default by type of target are the same', async () => {
    const model = await tiny();
    const evaluate = (y: Uint8Array | Float32Array, loss?: LossName) =>
      model.evaluate(tinyX, y, loss ? { loss } : {});
    expect(await evaluate(tinyY)).toEqual(await evaluate(tinyY, 'softmaxCrossEntropy'));
    const targets = values(63, 8);
    expect((await evaluate(targets)).loss).toBe((await evaluate(targets, 'meanSquaredError')).loss);
    const byObject = await model.evaluate(tinyX, targets, { loss: meanSquaredError });
    expect(byObject.loss).toBe((await evaluate(targets)).loss);
    await expect(evaluate(targets, 'softmaxCrossEntropy')).rejects.toThrow(OptionError);
    model.dispose();
  });

  test('softmaxCrossEntropy stays finite for huge logits', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(2, { bias: false })]);
    model.setWeights([Float32Array.of(1e4, 0, 0, 1e4)]);
    const { loss } = await model.evaluate(Float32Array.of(1, 0, 0, 1), Uint8Array.of(0, 0));
    expect(loss).toBeCloseTo(5000, 2);
    model.dispose();
  });
});
