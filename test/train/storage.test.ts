/** Training with weights in sparse storage: what dense storage with masks does, from less memory. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  createSession,
  dense,
  dropout,
  gelu,
  type LayerSpec,
  leakyRelu,
  loadModel,
  type Optimizer,
  OptionError,
  prune,
  relu,
  type Sequential,
  ShapeError,
  type StorageChoice,
  sequential,
  sigmoid,
  softmax,
  tanh,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { products } from '../../src/train/products/index.js';
import { lanesFor } from '../../src/train/stages.js';
import { SLOPE } from '../kernelTable/activations.js';
import { fingerprint, values } from '../model/support.js';
import { growing, refusedAt } from '../support/faults.js';
import { SeededRandom } from '../support/seededRandom.js';
import { expectNear, formatsOf, masksOf, optimizers } from './storageSupport.js';
import { gradientTwin, stepTwin } from './twin.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

/** A network whose weights are pruned in blocks of `height`, layer i to `sparsities[i]`; 0 leaves it without a mask. */
interface Plan {
  readonly seed: number;
  readonly widths: readonly number[];
  readonly sparsities: readonly number[];
  readonly height: number;
  readonly activation: readonly LayerSpec[];
}

const layersOf = ({ widths, activation }: Plan): LayerSpec[] =>
  widths
    .slice(1)
    .flatMap((units, i) => (i === 0 ? [dense(units)] : [...activation, dense(units, { bias: i % 2 === 1 })]));

async function build(plan: Plan, storage: StorageChoice = 'dense'): Promise<Sequential> {
  const { seed, widths, sparsities, height } = plan;
  const model = await sequential({ inputShape: [widths[0]!], seed, storage: 'dense' }, layersOf(plan));
  model.setWeights(model.parameters.map(({ length }, i) => values(length, seed + i, 0.7)));
  const random = new SeededRandom(seed);
  model.parameters
    .filter(({ prunable }) => prunable)
    .forEach((weight, i) => {
      const sparsity = sparsities[i % sparsities.length]!;
      if (sparsity === 0) return;
      const { rows, cols } = weight;
      const keep = random.mask(Math.ceil(rows / height) * cols, sparsity);
      const kept = (at: number) => keep[Math.floor(Math.floor(at / cols) / height) * cols + (at % cols)]!;
      weight.setMask(Uint8Array.from({ length: rows * cols }, (_, at) => kept(at)));
    });
  model.setStorage(storage);
  return model;
}

const storages: readonly (readonly [StorageChoice & string, number])[] = [
  ['dense', 1],
  ['csr', 1],
  ['block2', 2],
  ['block4', 4],
];

const edges = [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70];
const plans = fc.record({
  seed: fc.nat(100000),
  widths: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }),
  sparsities: fc.array(fc.constantFrom(0, 0.3, 0.7, 0.95, 1), { minLength: 1, maxLength: 4 }),
  activation: fc.constantFrom<readonly LayerSpec[]>(
    [],
    [relu()],
    [leakyRelu({ slope: SLOPE })],
    [sigmoid()],
    [tanh()],
    [gelu()],
    [relu(), softmax()],
  ),
});
const batches = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 1, max: 70 }));
const optimizerNames = fc.constantFrom(...Object.keys(optimizers));

/** Samples with zeros among them, as pictures have. */
const samplesOf = (plan: Plan, batch: number): Float32Array =>
  values(plan.widths[0]! * batch, plan.seed + 50).map((v, i) => (i % 7 === 3 ? 0 : v));

function targetsOf({ widths, seed }: Plan, batch: number, labels: boolean): Uint8Array | Float32Array {
  const outputs = widths.at(-1)!;
  if (!labels) return values(outputs * batch, seed + 60);
  return Uint8Array.from({ length: batch }, (_, i) => (i * 7 + seed) % outputs);
}

describe.each(storages)('a step in %s storage', (storage, height) => {
  test('is that of a float64 twin, whatever network, batch and optimizer', async () => {
    await fc.assert(
      fc.asyncProperty(plans, batches, optimizerNames, fc.boolean(), async (shape, batch, name, labels) => {
        const plan = { ...shape, height };
        const model = await build(plan, storage);
        const [x, y] = [samplesOf(plan, batch), targetsOf(plan, batch, labels)];
        const masks = masksOf(model);
        const weights = model.getWeights();
        const { loss, gradients } = gradientTwin(model.graph, weights, x, y);
        const decays = model.parameters.map(({ prunable }) => prunable);
        const expected = stepTwin(optimizers[name]!.twin, weights, gradients, masks, decays);
        const got = model.trainOnBatch(x, y, { optimizer: optimizers[name]!.make() });
        expect(Math.abs(got - loss / batch)).toBeLessThan(1e-5 * (1 + loss / batch));
        expectNear(model.getWeights(), expected, masks, 1e-6, weights);
        expect(masksOf(model)).toEqual(masks);
        model.dispose();
      }),
      { seed: 41, numRuns: 80 },
    );
  });

  test('is right at every batch size from 1 to 70, with dense layers before and after it', async () => {
    const plan: Plan = {
      seed: 3,
      widths: [9, 21, 18, 14, 5],
      sparsities: [0, 0.6, 0, 0.5],
      height,
      activation: [tanh()],
    };
    const { make, twin } = optimizers.momentum!;
    const model = await build(plan, storage);
    const start = model.getWeights();
    const masks = masksOf(model);
    expect(formatsOf(model)).toEqual(['dense', storage, 'dense', storage]);
    const decays = model.parameters.map(({ prunable }) => prunable);
    for (let batch = 1; batch <= 70; batch++) {
      const [x, y] = [samplesOf(plan, batch), targetsOf(plan, batch, true)];
      const { gradients } = gradientTwin(model.graph, start, x, y);
      model.setWeights(start, { keepMasks: true });
      model.trainOnBatch(x, y, { optimizer: make() });
      expectNear(model.getWeights(), stepTwin(twin, start, gradients, masks, decays), masks, 1e-6);
    }
    model.dispose();
  });

  test('is followed by others: several stay close to dense storage', async () => {
    await fc.assert(
      fc.asyncProperty(
        plans,
        batches,
        optimizerNames,
        fc.integer({ min: 2, max: 6 }),
        async (shape, batch, name, steps) => {
          const plan = { ...shape, height };
          const [model, twin] = [await build(plan, storage), await build(plan)];
          const [x, y] = [samplesOf(plan, batch), targetsOf(plan, batch, true)];
          const masks = masksOf(model);
          const memories = [optimizers[name]!.make(), optimizers[name]!.make()] as const;
          for (let i = 0; i < steps; i++) {
            model.trainOnBatch(x, y, { optimizer: memories[0] });
            twin.trainOnBatch(x, y, { optimizer: memories[1] });
          }
          expectNear(model.getWeights(), twin.getWeights(), masks, 1e-5);
          expectNear(
            model.states.of(memories[0]).readDense().flat(),
            twin.states.of(memories[1]).readDense().flat(),
            masks.flatMap((mask, p) =>
              model.states
                .of(memories[0])
                .addresses(p)
                .map(() => mask),
            ),
            1e-4,
          );
          for (const each of [model, twin]) each.dispose();
        },
      ),
      { seed: 42, numRuns: 40 },
    );
  });

  test('gives the same bits for the same seed, dropout included, and wherever memory lies', async () => {
    const plan: Plan = {
      seed: 5,
      widths: [20, 31, 17, 6],
      sparsities: [0.7],
      height,
      activation: [relu(), dropout(0.3)],
    };
    const run = async () => {
      const model = await build(plan, storage);
      await model.fit(samplesOf(plan, 50), targetsOf(plan, 50, true), { epochs: 3, batchSize: 20 });
      const print = fingerprint(model);
      model.dispose();
      return print;
    };
    const first = await run();
    const between = engine.memory.allocate(100000);
    expect(await run()).toBe(first);
    between.free();
  });

  test('works while the memory grows at every allocation', async () => {
    const plan: Plan = { seed: 6, widths: [11, 19, 7], sparsities: [0.6], height, activation: [gelu()] };
    const [still, moving] = [await build(plan, storage), await build(plan, storage)];
    const [x, y] = [samplesOf(plan, 33), targetsOf(plan, 33, true)];
    const other = storage === 'dense' ? 'sparse' : 'dense';
    for (const choice of [storage, other, storage] as const) {
      still.setStorage(choice);
      still.trainOnBatch(x, y);
      growing(engine.memory, () => {
        moving.setStorage(choice);
        moving.trainOnBatch(x, y);
      });
      expect(fingerprint(moving)).toBe(fingerprint(still));
      expect(growing(engine.memory, () => moving.predict(x))).toEqual(still.predict(x));
    }
    for (const each of [still, moving]) each.dispose();
  });

  test('that memory does not suffice for changes nothing', async () => {
    const plan: Plan = { seed: 6, widths: [11, 19, 7], sparsities: [0.6], height, activation: [gelu()] };
    const [x, y] = [samplesOf(plan, 12), targetsOf(plan, 12, true)];
    const other = storage === 'dense' ? 'sparse' : 'dense';
    const works: readonly ((model: Sequential) => void)[] = [
      (model) => void model.trainOnBatch(x, y),
      (model) => void model.predict(x),
      (model) => model.setStorage(other),
    ];
    for (const work of works) {
      for (let n = 1; ; n++) {
        const model = await build(plan, storage);
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
  test('have the same bits whatever the storage: predict, evaluate, sessions and files', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.constantFrom(1, 2, 4), batches, async (shape, height, batch) => {
        const plan = { ...shape, height };
        const model = await build(plan);
        const [x, y] = [samplesOf(plan, batch), targetsOf(plan, batch, true)];
        const look = async () => {
          const outputs = [model.predict(x)];
          for (const size of [1, 32]) {
            for (const kernels of ['auto', 'dense'] as const) {
              const session = await createSession(model, { batch: size, kernels });
              outputs.push(session.run(x).slice());
              session.dispose();
            }
          }
          const bits = outputs.map((out) => new Uint32Array(out.buffer, out.byteOffset, out.length));
          return {
            bits,
            metrics: await model.evaluate(x, y),
            bytes: model.encode(),
            print: fingerprint(model),
          };
        };
        const expected = await look();
        for (const [storage, tall] of storages) {
          if (height % tall !== 0) continue;
          model.setStorage(storage);
          const { metrics, ...got } = await look();
          expect(got).toEqual({ bits: expected.bits, bytes: expected.bytes, print: expected.print });
          expect(metrics.accuracy).toBe(expected.metrics.accuracy);
          expect(Math.abs(metrics.loss - expected.metrics.loss)).toBeLessThan(
            1e-6 * (1 + expected.metrics.loss),
          );
        }
        model.dispose();
      }),
      { seed: 43, numRuns: 40 },
    );
  });
});

describe('loadModel', () => {
  test('takes a file into any storage that its masks fit, with the same weights', async () => {
    const plan: Plan = {
      seed: 9,
      widths: [10, 13, 9, 6],
      sparsities: [0, 0.6, 0.9],
      height: 4,
      activation: [relu()],
    };
    const model = await build(plan);
    const [bytes, print] = [model.encode(), fingerprint(model)];
    for (const storage of ['auto', 'sparse', 'dense', 'csr', 'block2', 'block4'] as const) {
      const loaded = await loadModel(bytes, { storage });
      expect(loaded.storage).toBe(storage);
      expect(fingerprint(loaded)).toBe(print);
      expect(loaded.encode()).toEqual(bytes);
      if (storage in { dense: 0, csr: 0, block2: 0, block4: 0 }) {
        expect(formatsOf(loaded)).toEqual(['dense', storage, storage]);
      }
      loaded.dispose();
    }
    model.dispose();
  });

  test('refuses blocks that do not fit, and keeps no memory', async () => {
    for (const sparsity of [0.1, 0.6]) {
      const sparsities = [sparsity];
      const plan: Plan = { seed: 9, widths: [10, 13, 6], sparsities, height: 1, activation: [relu()] };
      const model = await build(plan);
      const bytes = model.encode();
      model.dispose();
      const before = engine.memory.liveBytes;
      await expect(loadModel(bytes, { storage: 'block4' })).rejects.toThrow(ShapeError);
      expect(engine.memory.liveBytes).toBe(before);
    }
  });
});

describe('setStorage', () => {
  const plan: Plan = {
    seed: 12,
    widths: [14, 22, 15, 5],
    sparsities: [0, 0.6, 0.8],
    height: 4,
    activation: [tanh()],
  };
  const way = ['csr', 'block4', 'sparse', 'dense', 'block2', 'auto', 'csr'] as const;

  test.each(Object.entries(optimizers))(
    'keeps values and moments of %s, and training goes on',
    async (_, { make }) => {
      const [moving, still] = [await build(plan), await build(plan)];
      const [x, y] = [samplesOf(plan, 37), targetsOf(plan, 37, true)];
      const memories = [make(), make()] as const;
      const print = (model: Sequential, optimizer: Optimizer) =>
        JSON.stringify([
          fingerprint(model),
          model.states
            .of(optimizer)
            .readDense()
            .map((slots) => slots.map((slot) => [...slot])),
        ]);
      for (const storage of way) {
        const before = print(moving, memories[0]);
        moving.setStorage(storage);
        expect(moving.storage).toBe(storage);
        expect(print(moving, memories[0])).toBe(before);
        moving.trainOnBatch(x, y, { optimizer: memories[0] });
        still.trainOnBatch(x, y, { optimizer: memories[1] });
        expectNear(moving.getWeights(), still.getWeights(), masksOf(still), 1e-5);
      }
      for (const storage of way) {
        moving.setStorage(storage);
        await moving.fit(x, y, { optimizer: memories[0], batchSize: 16 });
        await still.fit(x, y, { optimizer: memories[1], batchSize: 16 });
      }
      expectNear(moving.getWeights(), still.getWeights(), masksOf(still), 1e-4);
      for (const each of [moving, still]) each.dispose();
    },
  );

  test('is refused in a callback of fit, which goes on as it began', async () => {
    const [asking, still] = [await build(plan), await build(plan)];
    const [x, y] = [samplesOf(plan, 60), targetsOf(plan, 60, true)];
    const onStep = () =>
      expect(() => asking.setStorage('dense')).toThrow(/^setStorage: .*got a call during fit/);
    await asking.fit(x, y, { callbacks: [{ onStep }] });
    await still.fit(x, y);
    expect(asking.getWeights()).toEqual(still.getWeights());
    for (const each of [asking, still]) each.dispose();
  });

  test('may change within a fit, as methods of pruning do: the batches after it follow', async () => {
    const [moving, still] = [await build(plan), await build(plan)];
    const [x, y] = [samplesOf(plan, 60), targetsOf(plan, 60, true)];
    const validation = { images: x, labels: y };
    let step = 0;
    const onStep = () => {
      const format = (['csr', 'dense', 'block2', 'dense', 'block4'] as const)[step++ % 5]!;
      for (const weight of moving.parameters)
        if (weight.pruned && weight.fits(format)) weight.convert(format);
    };
    const history = await moving.fit(x, y, { epochs: 3, batchSize: 13, callbacks: [{ onStep }], validation });
    const expected = await still.fit(x, y, { epochs: 3, batchSize: 13, validation });
    expectNear(moving.getWeights(), still.getWeights(), masksOf(still), 1e-4);
    expectNear([history.valLoss], [expected.valLoss], [null], 1e-5);
    for (const each of [moving, still]) each.dispose();
  });

  test('leaves weights that are not pruned dense, whatever is asked for', async () => {
    const model = await build(plan);
    for (const [choice, rest] of [
      ['sparse', 'block4'],
      ['csr', 'csr'],
      ['sparse', 'csr'],
      ['block2', 'block2'],
      ['dense', 'dense'],
    ] as const) {
      model.setStorage(choice);
      expect(formatsOf(model)).toEqual(['dense', rest, rest]);
      expect(model.layers.flatMap(({ weight }) => (weight ? [weight.storage] : []))).toEqual(
        formatsOf(model),
      );
    }
    model.dispose();
  });

  test('refuses blocks that do not fit any one weight, and moves none', async () => {
    const model = await build(plan);
    const last = model.parameters.at(-1)!;
    const mask = last.readMask()!;
    last.setMask(mask.map((kept, i) => (i === mask.indexOf(1) ? 0 : kept)));
    model.setStorage('csr');
    const print = fingerprint(model);
    expect(() => model.setStorage('block4')).toThrow(ShapeError);
    expect(formatsOf(model)).toEqual(['dense', 'csr', 'csr']);
    expect(model.storage).toBe('csr');
    expect(fingerprint(model)).toBe(print);
    model.dispose();
  });

  test('chooses dense for small or dense weights and sparse for large sparse ones when auto', async () => {
    const model = await sequential({ inputShape: [300] }, [dense(200), relu(), dense(4)]);
    expect(formatsOf(model)).toEqual(['dense', 'dense']);
    await prune(model, { sparsity: 0.2, allocation: 'uniform' });
    expect(formatsOf(model)).toEqual(['dense', 'dense']);
    await prune(model, { sparsity: 0.95, allocation: 'uniform' });
    expect(formatsOf(model)).toEqual(['csr', 'dense']);
    model.setWeights(model.getWeights());
    expect(formatsOf(model)).toEqual(['dense', 'dense']);
    model.dispose();
  });

  test('takes blocks when auto where they pay and single weights do not', async () => {
    const [rows, cols] = [200, 300];
    const lives = Array.from({ length: 100 }, (_, i) => (i * rows * cols) / 100);
    const cost = (format: 'dense' | 'csr' | 'block4', live: number) =>
      products[format].cost(rows, cols, live);
    const live = lives.find(
      (n) => cost('csr', n) >= cost('dense', n) && cost('block4', n) < cost('dense', n),
    )!;
    for (const [height, format] of [
      [1, 'dense'],
      [4, 'block4'],
    ] as const) {
      const sparsities = [1 - (live + 100) / (rows * cols)];
      const model = await build(
        { seed: 1, widths: [cols, rows], sparsities, height, activation: [] },
        'auto',
      );
      expect(formatsOf(model)).toEqual([format]);
      model.dispose();
    }
  });

  test('refuses what is no storage with OptionError, in sequential and loadModel too', async () => {
    const model = await build(plan, 'csr');
    const bytes = model.encode();
    for (const bad of ['sprase', 'DENSE', '', 4, {}, 'block8', 'toString'] as unknown as StorageChoice[]) {
      expect(() => model.setStorage(bad)).toThrow(OptionError);
      await expect(loadModel(bytes, { storage: bad })).rejects.toThrow(OptionError);
      await expect(sequential({ inputShape: [3], storage: bad }, [dense(2)])).rejects.toThrow(OptionError);
    }
    expect(() => model.setStorage('sprase' as StorageChoice)).toThrow(
      'setStorage: storage must be one of auto, sparse, dense, csr, block2, block4, got "sprase" (did you mean "sparse"?)',
    );
    expect(model.storage).toBe('csr');
    expect(formatsOf(model)).toEqual(['dense', 'csr', 'csr']);
    model.dispose();
    expect(() => model.setStorage('csr')).toThrow(/dispose/);
  });
});

describe('pruning a model', () => {
  test('that insists on blocks changes nothing where they do not fit', async () => {
    const plan: Plan = { seed: 2, widths: [8, 12, 4], sparsities: [0.5], height: 4, activation: [relu()] };
    const model = await build(plan, 'block4');
    const print = fingerprint(model);
    await expect(prune(model, { sparsity: 0.8 })).rejects.toThrow(ShapeError);
    expect(fingerprint(model)).toBe(print);
    expect(formatsOf(model)).toEqual(['block4', 'block4']);
    model.dispose();
  });

  test('leaves its storage alone when a criterion throws', async () => {
    const plan: Plan = { seed: 2, widths: [8, 12, 4], sparsities: [0.5], height: 4, activation: [relu()] };
    const model = await build(plan, 'block4');
    const criterion = () => {
      throw new Error('no scores');
    };
    await expect(prune(model, { sparsity: 0.8, criterion })).rejects.toThrow('no scores');
    expect(formatsOf(model)).toEqual(['block4', 'block4']);
    model.dispose();
  });
});

describe('what training tells of storage', () => {
  test('is in the history: live weights, bytes and formats after every epoch', async () => {
    const plan: Plan = { seed: 4, widths: [16, 24, 10], sparsities: [0.75], height: 1, activation: [relu()] };
    const [x, y] = [samplesOf(plan, 40), targetsOf(plan, 40, true)];
    for (const storage of ['dense', 'csr'] as const) {
      const model = await build(plan, storage);
      const live = model.parameters.reduce((sum, parameter) => sum + parameter.live, 0);
      const history = await model.fit(x, y, { epochs: 2, batchSize: 20 });
      const bytes = model.parameters.reduce((sum, { length, prunable, live: kept, rows }) => {
        if (storage === 'dense' || !prunable) return sum + 16 * length + (prunable ? length : 0);
        return sum + 20 * kept + 4 * (rows + 1); // value, gradient, two moments, column
      }, 0);
      expect(history.liveWeights).toEqual([live, live]);
      expect(history.trainingBytes).toEqual([bytes, bytes]);
      expect(history.storage).toEqual([`${storage} ${storage}`, `${storage} ${storage}`]);
      const summary = model.summary();
      expect(summary.live).toBe(live);
      expect(summary.bytes).toBe(bytes - 4 * model.parameters.reduce((sum, { count }) => sum + count, 0));
      expect(summary.layers.map((layer) => layer.storage)).toEqual([storage, '', storage]);
      model.dispose();
    }
  });

  test('all memory comes back', async () => {
    const plan: Plan = { seed: 4, widths: [16, 24, 10], sparsities: [0.75], height: 4, activation: [relu()] };
    const [x, y] = [samplesOf(plan, 40), targetsOf(plan, 40, true)];
    const before = engine.memory.liveBytes;
    const model = await build(plan, 'block4');
    for (const storage of ['dense', 'csr', 'block4', 'auto'] as const) {
      await model.fit(x, y, { epochs: 2, batchSize: 20, optimizer: adam() });
      model.trainOnBatch(x, y);
      model.setStorage(storage);
      model.trainOnBatch(x, y);
    }
    model.dispose();
    expect(engine.memory.liveBytes).toBe(before);
  });

  test('pruning in sparse storage gives memory back: values, gradients, moments and columns', async () => {
    const model = await build(
      { seed: 1, widths: [64, 64], sparsities: [0], height: 1, activation: [] },
      'csr',
    );
    const weight = model.parameters[0]!;
    weight.setMask(Uint8Array.from({ length: 4096 }, (_, i) => i % 2));
    model.setStorage('csr');
    const [x, y] = [values(64 * 8, 1), Uint8Array.from({ length: 8 }, (_, i) => i)];
    const optimizer = adam();
    model.trainOnBatch(x, y, { optimizer });
    const before = engine.memory.liveBytes;
    weight.prune(Uint8Array.from({ length: 2048 }, (_, i) => i % 2));
    model.trainOnBatch(x, y, { optimizer });
    expect(before - engine.memory.liveBytes).toBe(5 * 4 * 1024);
    model.dispose();
  });

  test('tiles are wide only where weights are sparse and samples many', async () => {
    const plan: Plan = {
      seed: 4,
      widths: [16, 24, 10],
      sparsities: [0.75, 0],
      height: 1,
      activation: [relu()],
    };
    for (const [storage, lanes] of [
      ['dense', [8, 8, 8, 8, 8, 8]],
      ['csr', [8, 8, 16, 16, 32, 32]],
    ] as const) {
      const model = await build(plan, storage);
      expect([1, 8, 9, 16, 17, 70].map((batch) => lanesFor(model.parameters, batch))).toEqual(lanes);
      model.dispose();
    }
  });
});
