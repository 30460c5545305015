import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { syntheticDigits, take } from '../../datasets/index.js';
import {
  type Augmentation,
  adam,
  augmentImages,
  DataError,
  dense,
  type EspalierError,
  flatten,
  type ImageAugmentationOptions,
  NumericError,
  OptionError,
  prune,
  relu,
  rigl,
  type Sequential,
  ShapeError,
  sequential,
  sgd,
} from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint, values } from '../model/support.js';

const shape = [1, 12, 10] as const;
const SIZE = 120;
const SAMPLES = 21;
const images = values(SAMPLES * SIZE, 3);
const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i % 3);
const all: ImageAugmentationOptions = {
  shift: 1.5,
  rotate: 12,
  scale: [0.9, 1.2],
  shear: 8,
  elastic: { strength: 12, smoothness: 2.5 },
};

const models: Sequential[] = [];
async function build(inputShape: readonly number[] = shape, seed = 1): Promise<Sequential> {
  const model = await sequential({ inputShape, seed }, [flatten(), dense(9), relu(), dense(3)]);
  models.push(model);
  return model;
}
afterEach(() => {
  for (const model of models.splice(0)) model.dispose();
});

const digest = (array: Float32Array) =>
  createHash('sha256').update(new Uint8Array(array.buffer)).digest('hex');

/** What a fit trains with, by epoch and sample. */
function spied(inner: Augmentation) {
  const seen = new Map<string, Float32Array>();
  const augment: Augmentation = {
    kind: 'spy',
    start(model) {
      const process = inner.start(model);
      return {
        apply(rows, samples, epoch) {
          process.apply(rows, samples, epoch);
          samples.forEach((sample, i) => {
            seen.set(`${epoch} ${sample}`, rows.slice(i * SIZE, (i + 1) * SIZE));
          });
        },
        end: () => process.end?.(),
      };
    },
  };
  return { seen, augment };
}

describe('an augmented image', () => {
  test('depends on seed, epoch and number alone: the same bits on its own, in parts, and in fit', async () => {
    const alone = augmentImages({ ...all, seed: 7, shape });
    for (const batchSize of [1, 7, 32]) {
      const model = await build();
      const { seen, augment } = spied(augmentImages({ ...all, seed: 7 }));
      await model.fit(images, labels, { batchSize, augment });
      await model.fit(images, labels, { batchSize, augment }); // goes on: the next epoch
      expect(seen.size).toBe(2 * SAMPLES);
      for (const epoch of [0, 1]) {
        const whole = await alone.apply(images, { epoch });
        for (let s = 0; s < SAMPLES; s++) {
          expect(seen.get(`${epoch} ${s}`)).toEqual(whole.slice(s * SIZE, (s + 1) * SIZE));
        }
        const part = await alone.apply(images.subarray(5 * SIZE), { epoch, first: 5 });
        expect(part).toEqual(whole.slice(5 * SIZE));
      }
    }
  });

  test('is another one in every epoch, for every number and every seed', async () => {
    const one = images.slice(0, SIZE);
    const same = Float32Array.from({ length: 3 * SIZE }, (_, i) => one[i % SIZE]!);
    const seen = new Set<string>();
    for (const seed of [0, 1, 2 ** 40]) {
      for (const epoch of [0, 1, 2]) {
        const out = await augmentImages({ ...all, seed, shape }).apply(same, { epoch });
        for (const s of [0, 1, 2]) seen.add(digest(out.slice(s * SIZE, (s + 1) * SIZE)));
      }
    }
    expect(seen.size).toBe(27);
  });

  test('has these bits on every runtime', async () => {
    const out = await augmentImages({ ...all, seed: 5, shape }).apply(images, { epoch: 3 });
    expect(digest(out)).toBe('447194d1352339956fb267b1ae10938e6d5e7ce625c52c51a7c9709dfef2c690');
  });

  test('is a new array: the images stay as they are', async () => {
    const before = images.slice();
    const out = await augmentImages({ ...all, shape }).apply(images);
    expect(images).toEqual(before);
    expect(out).not.toEqual(before);
    expect(out.length).toBe(before.length);
    expect(await augmentImages({ ...all, shape }).apply(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  test('moves all channels alike, whatever the shape', async () => {
    const wide = [3, 7, 13] as const;
    const plane = values(91, 4);
    const colours = Float32Array.from({ length: 3 * 91 }, (_, i) => plane[i % 91]!);
    const out = await augmentImages({ ...all, shape: wide }).apply(colours);
    const grey = await augmentImages({ ...all, shape: [1, 7, 13] }).apply(plane);
    for (const c of [0, 1, 2]) expect(out.slice(c * 91, (c + 1) * 91)).toEqual(grey);
    expect((await augmentImages({ ...all, shape: [1, 1, 1] }).apply(Float32Array.of(1))).length).toBe(1);
  });

  test('draws the same shift whether it is turned and distorted or not', async () => {
    const [dot, side] = [new Float32Array(41 * 41), 41];
    dot[20 * side + 20] = 1;
    const centre = (x: Float32Array) => {
      const total = x.reduce((sum, v) => sum + v, 0);
      const along = (f: (i: number) => number) => x.reduce((sum, v, i) => sum + v * f(i), 0) / total;
      return [along((i) => Math.floor(i / side)), along((i) => i % side)];
    };
    for (const epoch of [0, 1, 2, 3]) {
      const shifted = await augmentImages({ shift: 8, shape: [1, side, side] }).apply(dot, { epoch });
      const turned = await augmentImages({ shift: 8, rotate: 90, shear: 20, shape: [1, side, side] });
      const [a, b] = [centre(shifted), centre(await turned.apply(dot, { epoch }))];
      expect(Math.abs(a[0]! - b[0]!)).toBeLessThan(0.6);
      expect(Math.abs(a[1]! - b[1]!)).toBeLessThan(0.6);
    }
  });
});

describe('options that do nothing', () => {
  test.each([{}, { shift: 0, rotate: 0, scale: [1, 1], shear: 0, elastic: { strength: 0, smoothness: 4 } }])(
    'change no bit: %j',
    async (options) => {
      const recipe = { ...options, shape } as ImageAugmentationOptions;
      const odd = images.slice();
      odd.set([-0, 1e-42, 3e38, -3e38]);
      expect(digest(await augmentImages(recipe).apply(odd))).toBe(digest(odd));
      const [plain, augmented] = [await build(), await build()];
      await plain.fit(images, labels, { epochs: 2 });
      await augmented.fit(images, labels, { epochs: 2, augment: augmentImages(recipe) });
      expect(fingerprint(augmented)).toBe(fingerprint(plain));
    },
  );
});

describe('a shift', () => {
  test('by whole pixels is the moved image to the bit, every distance comes about equally often', async () => {
    const [height, width] = [12, 10];
    const x = images.subarray(0, SIZE);
    const count = 500;
    const copies = Float32Array.from({ length: count * SIZE }, (_, i) => x[i % SIZE]!);
    const out = await augmentImages({ shift: 2, whole: true, shape }).apply(copies);
    const tally = new Map<string, number>();
    const moved = new Map<string, string>();
    for (let down = -2; down <= 2; down++) {
      for (let right = -2; right <= 2; right++) {
        const image = x.map((_, i) => {
          const [row, col] = [Math.floor(i / width) - down, (i % width) - right];
          return row < 0 || row >= height || col < 0 || col >= width ? 0 : x[row * width + col]!;
        });
        moved.set([...image].join(), `${down} ${right}`);
      }
    }
    for (let s = 0; s < count; s++) {
      const where = moved.get([...out.subarray(s * SIZE, (s + 1) * SIZE)].join());
      expect(where).toBeDefined();
      tally.set(where!, (tally.get(where!) ?? 0) + 1);
    }
    expect(tally.size).toBe(25);
    expect(Math.max(...tally.values())).toBeLessThan(40);
  });

  test('by parts of pixels keeps the sum of an image that stays inside, and averages to none', async () => {
    const side = 11;
    const dot = new Float32Array(400 * side * side);
    for (let s = 0; s < 400; s++) dot[s * side * side + 60] = 1;
    const out = await augmentImages({ shift: 3, shape: [1, side, side] }).apply(dot);
    let [rows, squares] = [0, 0];
    for (let s = 0; s < 400; s++) {
      const image = out.subarray(s * side * side, (s + 1) * side * side);
      expect(image.reduce((sum, v) => sum + v, 0)).toBeCloseTo(1, 5);
      const row = image.reduce((sum, v, i) => sum + v * (Math.floor(i / side) - 5), 0);
      expect(Math.abs(row)).toBeLessThanOrEqual(3.0001);
      rows += row / 400;
      squares += (row * row) / 400;
    }
    expect(Math.abs(rows)).toBeLessThan(0.2);
    expect(squares).toBeCloseTo(3, 0); // 3 * 3 / 3
  });
});

describe('elastic distortions', () => {
  /** Displacements along the columns, read off a ramp: bilinear interpolation leaves straight lines as they are. */
  async function displacements(strength: number, smoothness: number): Promise<Float32Array[]> {
    const [side, margin, count] = [64, 16, 60];
    const ramp = Float32Array.from({ length: count * side * side }, (_, i) => i % side);
    const elastic = { strength, smoothness };
    const out = await augmentImages({ elastic, shape: [1, side, side] }).apply(ramp);
    return Array.from({ length: count }, (_, s) => {
      const inner = side - 2 * margin;
      return Float32Array.from({ length: inner * inner }, (_, i) => {
        const [row, col] = [margin + Math.floor(i / inner), margin + (i % inner)];
        return out[(s * side + row) * side + col]! - col;
      });
    });
  }

  test.each([
    [34, 4],
    [8, 1],
    [16, 2.5],
    [40, 5.9],
  ])(
    'of strength %d and smoothness %d are 0.163 strength / smoothness pixels large, and correlate as they should',
    async (strength, smoothness) => {
      const fields = await displacements(strength, smoothness);
      const mean = (f: (field: Float32Array) => number) =>
        fields.reduce((sum, x) => sum + f(x), 0) / fields.length;
      const average = (x: Float32Array, f: (v: number, i: number) => number) =>
        x.reduce((sum, v, i) => sum + f(v, i), 0) / x.length;
      const rms = Math.sqrt(mean((x) => average(x, (v) => v * v)));
      expect(rms / ((0.1629 * strength) / smoothness)).toBeGreaterThan(0.9);
      expect(rms / ((0.1629 * strength) / smoothness)).toBeLessThan(1.1);
      expect(Math.abs(mean((x) => average(x, (v) => v)))).toBeLessThan(0.15 * rms);
      // The covariance of smoothed noise at a distance of d pixels: e^(-d² / (4 sigma²)).
      const d = Math.round(smoothness);
      const products = mean((x) =>
        average(x, (v, i) => (i % 32 < 32 - d ? v * x[i + d]! : 0) * (32 / (32 - d))),
      );
      expect(products / (rms * rms)).toBeCloseTo(Math.exp((-d * d) / (4 * smoothness * smoothness)), 1);
    },
  );
});

describe('fit with augmentation', () => {
  const side = 14;
  const digits = syntheticDigits({ samples: 700, shape: [side, side], seed: 2 });
  const train = take(digits, 500);
  const held = { images: digits.images.slice(500 * side * side), labels: digits.labels.slice(500) };

  test('learns, and does better than without on images that have been moved', async () => {
    const moved = {
      images: await augmentImages({ shift: 3, whole: true, shape: [1, side, side] }).apply(held.images),
      labels: held.labels,
    };
    const accuracies: number[] = [];
    for (const augment of [undefined, augmentImages({ shift: 3, rotate: 5 })]) {
      const model = await sequential({ inputShape: [1, side, side], seed: 1 }, [
        flatten(),
        dense(60),
        relu(),
        dense(10),
      ]);
      models.push(model);
      const optimizer = adam({ learningRate: 3e-3 });
      const options = { optimizer, epochs: 15, validation: held, ...(augment && { augment }) };
      const history = await model.fit(train.images, train.labels, options);
      expect(history.loss.at(-1)).toBeLessThan(history.loss[0]! / 3);
      // Validation sees the images as they are.
      const metrics = await model.evaluate(held.images, held.labels);
      expect(metrics).toEqual({ loss: history.valLoss.at(-1), accuracy: history.valAccuracy.at(-1) });
      accuracies.push((await model.evaluate(moved.images, moved.labels)).accuracy);
    }
    expect(accuracies[1]!).toBeGreaterThan(accuracies[0]! + 0.1);
  });

  test('has one outcome, in one go or in two, by the seed of the model unless told another', async () => {
    const run = async (seed: number, recipe: ImageAugmentationOptions, ...epochs: readonly number[]) => {
      const [model, optimizer] = [await build(shape, seed), adam()];
      const augment = augmentImages(recipe);
      for (const count of epochs) await model.fit(images, labels, { optimizer, epochs: count, augment });
      return fingerprint(model);
    };
    const once = await run(1, all, 4);
    expect(await run(1, all, 1, 3)).toBe(once);
    expect(await run(1, { ...all, seed: 1 }, 4)).toBe(once);
    expect(await run(1, { ...all, seed: 2 }, 4)).not.toBe(once);
    expect(await run(1, {}, 4)).not.toBe(once);
  });

  test('works for flat inputs with a shape, beside pruning, and gives all memory back', async () => {
    const { memory } = await sharedEngine();
    const model = await build([SIZE]);
    const augment = augmentImages({ ...all, shape });
    const optimizer = sgd({ learningRate: 0.01 });
    await model.fit(images, labels, { optimizer, augment });
    const bytes = memory.liveBytes;
    await model.fit(images, labels, { optimizer, augment });
    await augment.apply(images);
    expect(memory.liveBytes).toBe(bytes);
    await prune(model, { sparsity: 0.5, fit: { data: { images, labels }, optimizer, augment } });
    const pruned = memory.liveBytes;
    await model.fit(images, labels, { optimizer, augment });
    const broken = {
      kind: 'broken',
      start: () => {
        throw new OptionError('broken: no');
      },
    };
    const failing = [
      { augment, pruning: broken },
      {
        augment,
        callbacks: [
          {
            onEpochBegin: () => {
              throw new RangeError('stop');
            },
          },
        ],
      },
      { augment: broken, pruning: rigl() },
    ];
    for (const options of failing) {
      await expect(model.fit(images, labels, { optimizer, ...options })).rejects.toThrow(/no|stop/);
      expect(memory.liveBytes).toBeLessThanOrEqual(pruned);
    }
  });

  test('takes a method of your own, and what it makes must be finite', async () => {
    const model = await build();
    const epochs: number[] = [];
    let ends = 0;
    const own = (value: number): Augmentation => ({
      kind: 'own',
      start: () => ({
        apply(rows, samples, epoch) {
          expect(rows.length).toBe(samples.length * SIZE);
          epochs.push(epoch);
          rows.fill(value);
        },
        end: () => {
          ends++;
        },
      }),
    });
    await model.fit(images, labels, { epochs: 2, batchSize: 16, augment: own(0.5) });
    expect(epochs).toEqual([0, 0, 1, 1]);
    expect(ends).toBe(1);
    const before = fingerprint(model);
    await expect(model.fit(images, labels, { augment: own(Number.NaN) })).rejects.toThrow(NumericError);
    expect(fingerprint(model)).toBe(before);
    expect(ends).toBe(2);
  });
});

describe('bad input', () => {
  const refused: readonly [unknown, RegExp][] = [
    [undefined, /options must be an object/],
    [{ shfit: 2 }, /option must be one of .*got "shfit" \(did you mean "shift"\?\)/],
    [{ shift: -1 }, /shift must be in \[0, 10000\], got -1/],
    [{ shift: Number.NaN }, /shift must be in \[0, 10000\], got NaN/],
    [{ shift: 1.5, whole: true }, /shift must be a whole number >= 0, got 1.5/],
    [{ whole: 1 }, /whole must be true or false, got 1/],
    [{ rotate: 181 }, /rotate must be in \[0, 180\], got 181/],
    [{ rotate: '10' }, /rotate must be in \[0, 180\], got "10"/],
    [{ scale: 1.1 }, /scale must be two factors such as \[0.9, 1.1\], got 1.1/],
    [{ scale: [0, 1] }, /scale must be in \[0.01, 100\], got 0/],
    [{ scale: [1, Infinity] }, /scale must be in \[0.01, 100\], got Infinity/],
    [{ scale: [1.1, 0.9] }, /scale must begin with the smaller factor, got \[1.1, 0.9\]/],
    [{ shear: 81 }, /shear must be in \[0, 80\], got 81/],
    [{ elastic: 4 }, /elastic: options must be an object, got 4/],
    [{ elastic: { strength: 4 } }, /elastic.smoothness must be in \[0.5, 100\], got undefined/],
    [{ elastic: { strength: -4, smoothness: 4 } }, /elastic.strength must be in \[0, 10000\], got -4/],
    [{ elastic: { strength: 4, smoothness: 4, alpha: 1 } }, /option must be one of strength, smoothness/],
    [{ seed: -1 }, /seed must be a whole number >= 0, got -1/],
    [{ shape: [28, 28] }, /shape must be \[channels, height, width\] where samples are not, got \[28, 28\]/],
    [{ shape: [1, 0, 28] }, /shape must be a list of whole numbers >= 1/],
    [{ shape: [1, 1, 65537] }, /sides must be at most 65536 pixels, got \[1, 1, 65537\]/],
  ];
  test.each(refused)('%j is refused', (options, message) => {
    expect(() => augmentImages(options as never)).toThrow(OptionError);
    expect(() => augmentImages(options as never)).toThrow(message);
    expect(() => augmentImages(options as never)).toThrow(/^augmentImages(: elastic)?: /);
  });

  type Kind = new (message: string) => EspalierError;
  const withNaN = images.slice();
  withNaN[7] = Number.NaN;
  const calls: readonly [string, () => Promise<unknown>, Kind, RegExp][] = [
    ['no shape', () => augmentImages(all).apply(images), OptionError, /shape must be told .*got undefined/],
    ['parts', () => augmentImages({ shape }).apply(images.subarray(1)), ShapeError, /multiple of 120 values/],
    ['a list', () => augmentImages({ shape }).apply([0] as never), OptionError, /must be a Float32Array/],
    ['NaN', () => augmentImages({ shape }).apply(withNaN), DataError, /samples must be finite, got NaN at 7/],
    [
      'epoch',
      () => augmentImages({ shape }).apply(images, { epoch: 0.5 }),
      OptionError,
      /epoch must be a whole/,
    ],
    [
      'first',
      () => augmentImages({ shape }).apply(images, { first: -1 }),
      OptionError,
      /first must be a whole/,
    ],
    ['name', () => augmentImages({ shape }).apply(images, { step: 1 } as never), OptionError, /got "step"/],
  ];
  test.each(calls)('apply refuses %s', async (_, call, kind, message) => {
    await expect(call()).rejects.toThrow(kind);
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.toThrow(/^augmentImages\.apply: /);
  });

  test.each([
    [[SIZE], augmentImages(all), OptionError, /shape must be \[channels, height, width\].*got \[120\]/],
    [[SIZE], augmentImages({ shape: [1, 11, 11] }), ShapeError, /samples of \[120\], got \[1, 11, 11\]/],
    [[SIZE], { shift: 2 }, OptionError, /^fit: augment must be made by augmentImages\(\), got \{shift\}/],
    [[SIZE], null, OptionError, /^fit: augment must be made by augmentImages\(\), got null/],
  ] as const)(
    'fit and prune refuse case %#, and change nothing',
    async (inputShape, augment, kind, message) => {
      const model = await build(inputShape);
      const { memory } = await sharedEngine();
      const [before, bytes] = [fingerprint(model), memory.liveBytes];
      const options = { augment: augment as Augmentation };
      const data = { images, labels };
      for (const call of [
        () => model.fit(images, labels, options),
        () => prune(model, { sparsity: 0.5, fit: { data, ...options } }),
      ]) {
        await expect(call()).rejects.toThrow(kind);
        await expect(call()).rejects.toThrow(message);
      }
      expect(fingerprint(model)).toBe(before);
      expect(memory.liveBytes).toBe(bytes);
    },
  );
});
