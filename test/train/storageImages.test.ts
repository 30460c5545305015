/** Training with the weights of convolutions in sparse storage: what dense storage with masks does. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  batchNorm,
  conv2d,
  createSession,
  dense,
  flatten,
  type LayerSpec,
  leakyRelu,
  loadModel,
  maxPool2d,
  prune,
  relu,
  residual,
  type Sequential,
  type StorageChoice,
  sequential,
  sgd,
  tanh,
} from '../../src/index.js';
import { steepestAbsent } from '../../src/prune/absent.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { losses } from '../../src/train/losses/index.js';
import type { WeightPass } from '../../src/train/passes.js';
import { lanesFor } from '../../src/train/stages.js';
import { Trainer } from '../../src/train/trainer.js';
import { SLOPE } from '../kernelTable/activations.js';
import { fingerprint, values } from '../model/support.js';
import { growing, refusedAt } from '../support/faults.js';
import { expectGradient, finiteDifference } from '../support/finiteDifference.js';
import { SeededRandom } from '../support/seededRandom.js';
import { expectNear, formatsOf, masksOf, optimizers } from './storageSupport.js';
import { gradientTwin, stepTwin } from './twin.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

/** A network over images whose weights are pruned at random, weight i to `sparsities[i]`; 0 leaves it without a mask. */
interface Plan {
  readonly seed: number;
  readonly inputShape: readonly [number, number, number];
  readonly layers: readonly LayerSpec[];
  readonly sparsities: readonly number[];
}

async function build(plan: Plan, storage: StorageChoice = 'dense'): Promise<Sequential> {
  const { seed, inputShape, layers, sparsities } = plan;
  const model = await sequential({ inputShape, seed, storage: 'dense' }, layers);
  model.setWeights(
    model.parameters.map(({ length, spec }, i) => {
      const random = values(length, seed + i, 0.7);
      return spec.role === 'variance' || spec.role === 'scale' ? random.map((value) => 1 + value) : random;
    }),
  );
  const random = new SeededRandom(seed);
  model.parameters
    .filter(({ prunable }) => prunable)
    .forEach((weight, i) => {
      const sparsity = sparsities[i % sparsities.length]!;
      if (sparsity === 0) return;
      const mask = random.mask(weight.length, sparsity);
      if (seed % 2) mask.fill(0, 0, weight.cols); // a filter without weights
      weight.setMask(mask);
    });
  model.setStorage(storage);
  return model;
}

const CLASSES = 3;

/** Samples with zeros among them, and their classes. */
function dataOf({ inputShape: [channels, height, width], seed }: Plan, batch: number) {
  const x = values(channels * height * width * batch, seed + 50).map((v, i) => (i % 7 === 3 ? 0 : v));
  return { x, y: Uint8Array.from({ length: batch }, (_, i) => (i * 7 + seed) % CLASSES) };
}

const sizes = (max: number) => fc.integer({ min: 1, max });
const pair = (max: number) => fc.tuple(sizes(max), sizes(max));

/** Convolutions of all kinds that fit into images of 9 by 9 twice over. */
const convolutions = fc
  .record({
    filters: sizes(7),
    kernel: pair(3),
    stride: pair(2),
    padding: fc.oneof(fc.constant<'same'>('same'), fc.tuple(fc.nat(2), fc.nat(2))),
    dilation: pair(2),
    bias: fc.boolean(),
  })
  .map(({ filters, kernel, ...options }) => conv2d(filters, kernel, options));

const plans: fc.Arbitrary<Plan> = fc
  .record({
    seed: fc.nat(100000),
    channels: sizes(4),
    height: fc.integer({ min: 9, max: 13 }),
    width: fc.integer({ min: 9, max: 13 }),
    first: convolutions,
    second: fc.option(convolutions, { nil: null }),
    activation: fc.constantFrom<readonly LayerSpec[]>([], [relu()], [leakyRelu({ slope: SLOPE })], [tanh()]),
    sparsities: fc.array(fc.constantFrom(0.3, 0.7, 0.95, 1), { minLength: 1, maxLength: 3 }),
  })
  .map(({ channels, height, width, first, second, activation, ...rest }) => ({
    ...rest,
    inputShape: [channels, height, width],
    layers: [first, ...activation, ...(second ? [second, ...activation] : []), flatten(), dense(CLASSES)],
  }));

const edges = [1, 7, 8, 9, 15, 16, 17, 31, 32, 33];
const batches = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 1, max: 40 }));
const optimizerNames = fc.constantFrom(...Object.keys(optimizers));

/** Two convolutions with everything, and a third one behind batch normalization. */
const PLAN: Plan = {
  seed: 4,
  inputShape: [2, 9, 7],
  layers: [
    conv2d(5, 3, { padding: 1 }),
    relu(),
    conv2d(6, [3, 2], { stride: [2, 1], dilation: [1, 2], bias: false }),
    batchNorm(),
    ...residual([conv2d(6, 3, { padding: 'same' }), tanh()]),
    maxPool2d(2),
    flatten(),
    dense(CLASSES),
  ],
  sparsities: [0.6, 0.8, 0.5, 0.7],
};

describe('the twin', () => {
  test('has the gradients of finite differences', async () => {
    const layers = [
      conv2d(3, [2, 3], { stride: [2, 1], padding: 1, dilation: [1, 2] }),
      tanh(),
      conv2d(2, 2, { padding: 'same', bias: false }),
      flatten(),
      dense(CLASSES),
    ];
    const plan: Plan = { seed: 8, inputShape: [2, 5, 6], layers, sparsities: [0] };
    const model = await build(plan);
    const { x, y } = dataOf(plan, 3);
    const weights = model.getWeights().map((array) => Float64Array.from(array));
    const { gradients } = gradientTwin(model.graph, weights, x, y);
    weights.forEach((weight, p) => {
      const loss = () => gradientTwin(model.graph, weights, x, y).loss / 3;
      expectGradient(gradients[p]!, finiteDifference(loss, weight));
    });
    model.dispose();
  });
});

describe('a step in csr', () => {
  test('is that of a float64 twin, whatever convolutions, batch and optimizer', async () => {
    await fc.assert(
      fc.asyncProperty(plans, batches, optimizerNames, async (plan, batch, name) => {
        const model = await build(plan, 'csr');
        expect(formatsOf(model).every((format) => format === 'csr')).toBe(true);
        const { x, y } = dataOf(plan, batch);
        const masks = masksOf(model);
        const weights = model.getWeights();
        const { loss, gradients } = gradientTwin(model.graph, weights, x, y);
        const decays = model.parameters.map(({ prunable }) => prunable);
        const expected = stepTwin(optimizers[name]!.twin, weights, gradients, masks, decays);
        const got = model.trainOnBatch(x, y, { optimizer: optimizers[name]!.make() });
        expect(Math.abs(got - loss / batch)).toBeLessThan(1e-5 * (1 + loss / batch));
        expectNear(model.getWeights(), expected, masks, 2e-6, weights);
        expect(masksOf(model)).toEqual(masks);
        model.dispose();
      }),
      { seed: 51, numRuns: 80 },
    );
  });

  test('is followed by others: several stay close to dense storage, moments too', async () => {
    await fc.assert(
      fc.asyncProperty(plans, batches, optimizerNames, async (plan, batch, name) => {
        const [model, twin] = [await build(plan, 'csr'), await build(plan)];
        const { x, y } = dataOf(plan, batch);
        const masks = masksOf(model);
        const memories = [optimizers[name]!.make(), optimizers[name]!.make()] as const;
        for (let i = 0; i < 4; i++) {
          model.trainOnBatch(x, y, { optimizer: memories[0] });
          twin.trainOnBatch(x, y, { optimizer: memories[1] });
        }
        expectNear(model.getWeights(), twin.getWeights(), masks, 2e-5);
        const state = model.states.of(memories[0]);
        expectNear(
          state.readDense().flat(),
          twin.states.of(memories[1]).readDense().flat(),
          masks.flatMap((mask, p) => state.addresses(p).map(() => mask)),
          1e-4,
        );
        for (const each of [model, twin]) each.dispose();
      }),
      { seed: 52, numRuns: 40 },
    );
  });

  test('is that of dense storage at every batch size from 1 to 70, beside dense convolutions', async () => {
    const plan: Plan = { ...PLAN, sparsities: [0.6, 0, 0.5, 0] };
    const [model, twin] = [await build(plan, 'csr'), await build(plan)];
    expect(formatsOf(model)).toEqual(['csr', 'dense', 'csr', 'dense']);
    const [start, masks] = [model.getWeights(), masksOf(model)];
    for (let batch = 1; batch <= 70; batch++) {
      const { x, y } = dataOf(plan, batch);
      for (const each of [model, twin]) {
        each.setWeights(start, { keepMasks: true });
        each.trainOnBatch(x, y, { optimizer: sgd({ learningRate: 0.05 }) });
      }
      expectNear(model.getWeights(), twin.getWeights(), masks, 2e-5);
    }
    for (const each of [model, twin]) each.dispose();
  });

  test('works while the memory grows at every allocation', async () => {
    const [still, moving] = [await build(PLAN, 'csr'), await build(PLAN, 'csr')];
    const { x, y } = dataOf(PLAN, 33);
    for (const choice of ['csr', 'dense', 'csr'] as const) {
      still.setStorage(choice);
      still.trainOnBatch(x, y);
      growing(engine.memory, () => {
        moving.setStorage(choice);
        moving.trainOnBatch(x, y);
      });
      expect(fingerprint(moving)).toBe(fingerprint(still));
    }
    for (const each of [still, moving]) each.dispose();
  });

  test('that memory does not suffice for changes nothing', async () => {
    const { x, y } = dataOf(PLAN, 12);
    const works: readonly ((model: Sequential) => void)[] = [
      (model) => void model.trainOnBatch(x, y),
      (model) => model.setStorage('dense'),
    ];
    for (const work of works) {
      for (let n = 1; ; n++) {
        const model = await build(PLAN, 'csr');
        const print = fingerprint(model);
        const refused = refusedAt(engine.memory, n, () => work(model));
        if (refused) expect(fingerprint(model)).toBe(print);
        if (refused) work(model);
        model.dispose();
        if (!refused) break;
      }
    }
  });
});

describe('outputs', () => {
  test('have the same bits in csr and in dense storage: predict, sessions and files', async () => {
    await fc.assert(
      fc.asyncProperty(plans, batches, async (plan, batch) => {
        const model = await build(plan);
        const { x } = dataOf(plan, batch);
        const look = async () => {
          const session = await createSession(model, { batch: 16 });
          const out = [model.predict(x), session.run(x).slice()];
          session.dispose();
          const bits = out.map((each) => new Uint32Array(each.buffer, each.byteOffset, each.length));
          return { bits, bytes: model.encode(), print: fingerprint(model) };
        };
        const expected = await look();
        model.setStorage('csr');
        expect(await look()).toEqual(expected);
        const loaded = await loadModel(expected.bytes, { storage: 'csr' });
        expect(formatsOf(loaded)).toEqual(formatsOf(model));
        expect(fingerprint(loaded)).toBe(expected.print);
        for (const each of [model, loaded]) each.dispose();
      }),
      { seed: 53, numRuns: 30 },
    );
  });
});

describe('the gradient of absent weights', () => {
  test('is that of a pass over dense storage', async () => {
    const plan: Plan = { ...PLAN, sparsities: [0.8, 0.9, 0.7, 0.7] };
    const found = await Promise.all(
      (['csr', 'dense'] as const).map(async (storage) => {
        const model = await build(plan, storage);
        const { x, y } = dataOf(plan, 13);
        const trainer = Trainer.create(model, 13);
        const order = Uint32Array.from({ length: 13 }, (_, i) => i);
        trainer.batch.stage(x, order);
        trainer.batch.stageTargets(y, order);
        trainer.loss(losses.softmaxCrossEntropy, trainer.forward(13, true), 13);
        const steepest: { positions: readonly number[]; scores: Float32Array }[] = [];
        const observe = (pass: WeightPass) => {
          const { positions, scores } = steepestAbsent(model, pass, 9);
          steepest.push({ positions: [...positions], scores });
        };
        trainer.backward(13, observe, { raw: true });
        trainer.free();
        model.dispose();
        return steepest;
      }),
    );
    expect(found[0]!.map(({ positions }) => positions)).toEqual(found[1]!.map(({ positions }) => positions));
    expectNear(
      found[0]!.map(({ scores }) => scores),
      found[1]!.map(({ scores }) => scores),
      [],
      1e-5,
    );
  });
});

describe('removal of filters and channels', () => {
  test.each(['filter', 'channel'] as const)(
    'by %s leaves what it leaves in dense storage',
    async (structure) => {
      const [model, twin] = [await build(PLAN, 'csr'), await build(PLAN)];
      const { x, y } = dataOf(PLAN, 21);
      const start = twin.getWeights();
      const memories = [optimizers.adam!.make(), optimizers.adam!.make()] as const;
      for (const [i, each] of [model, twin].entries()) {
        each.trainOnBatch(x, y, { optimizer: memories[i]! });
        each.setWeights(start, { keepMasks: true });
        await prune(each, { structure, sparsity: 0.3 });
      }
      expect(fingerprint(model)).toBe(fingerprint(twin));
      expect(model.summary().parameters).toBeLessThan(start.reduce((sum, { length }) => sum + length, 0));
      expect(formatsOf(model)).toEqual(['csr', 'csr', 'csr', 'csr']);
      for (const [i, each] of [model, twin].entries()) each.trainOnBatch(x, y, { optimizer: memories[i]! });
      expectNear(model.getWeights(), twin.getWeights(), masksOf(twin), 1e-4);
      for (const each of [model, twin]) each.dispose();
    },
  );
});

describe('storage', () => {
  test('of convolutions is csr where a sparse format is asked for, and dense where blocks are', async () => {
    const model = await build(PLAN);
    const last = model.parameters.findLast(({ prunable }) => prunable)!;
    const columns = new SeededRandom(1).mask(last.cols, 0.5);
    last.setMask(Uint8Array.from({ length: last.length }, (_, i) => columns[i % last.cols]!));
    for (const [choice, convolutions, others] of [
      ['csr', 'csr', 'csr'],
      ['block2', 'dense', 'block2'],
      ['dense', 'dense', 'dense'],
      ['block4', 'dense', 'block4'],
      ['sparse', 'csr', 'block4'],
    ] as const) {
      model.setStorage(choice);
      expect(formatsOf(model)).toEqual([convolutions, convolutions, convolutions, others]);
    }
    model.dispose();
  });

  test('of grouped and depthwise convolutions stays dense', async () => {
    const layers = [
      conv2d(4, 3, { groups: 2 }),
      conv2d(4, 3, { groups: 4 }),
      conv2d(4, 1),
      flatten(),
      dense(2),
    ];
    const plan: Plan = { seed: 2, inputShape: [2, 8, 8], layers, sparsities: [0.5] };
    for (const storage of ['csr', 'sparse'] as const) {
      const model = await build(plan, storage);
      expect(formatsOf(model)).toEqual(['dense', 'dense', 'csr', 'csr']);
      const { x } = dataOf(plan, 9);
      model.trainOnBatch(x, new Uint8Array(9));
      model.dispose();
    }
  });

  test("is chosen by 'auto': sparse for convolutions with many zeros, dense for others", async () => {
    const layers = [conv2d(20, 5), maxPool2d(2), conv2d(50, 5), flatten(), dense(4)];
    const model = await sequential({ inputShape: [1, 16, 16] }, layers);
    expect(formatsOf(model)).toEqual(['dense', 'dense', 'dense']);
    await prune(model, { sparsity: 0.3, allocation: 'uniform' });
    expect(formatsOf(model)[1]).toBe('dense');
    await prune(model, { sparsity: 0.9, allocation: 'uniform' });
    expect(formatsOf(model).slice(0, 2)).toEqual(['csr', 'csr']);
    expect(lanesFor(model.parameters, 64)).toBe(8);
    model.setWeights(model.getWeights());
    expect(formatsOf(model)).toEqual(['dense', 'dense', 'dense']);
    model.dispose();
  });

  test('may change at any step, as methods of pruning do, and memory comes back', async () => {
    const before = engine.memory.liveBytes;
    const plan: Plan = { ...PLAN, sparsities: [0.6, 0.8, 0.5, 0] };
    const [moving, still] = [await build(plan), await build(plan)];
    const { x, y } = dataOf(plan, 60);
    let step = 0;
    const onStep = () => {
      const format = step++ % 2 === 0 ? 'csr' : 'dense';
      for (const weight of moving.parameters)
        if (weight.pruned && weight.fits(format)) weight.convert(format);
    };
    await moving.fit(x, y, { epochs: 3, batchSize: 13, callbacks: [{ onStep }] });
    await still.fit(x, y, { epochs: 3, batchSize: 13 });
    expectNear(moving.getWeights(), still.getWeights(), masksOf(still), 1e-4);
    for (const each of [moving, still]) each.dispose();
    expect(engine.memory.liveBytes).toBe(before);
  });
});
