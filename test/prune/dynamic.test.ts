/** Connections that move while a model trains. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  cosine,
  type DynamicRules,
  dense,
  dynamic,
  MemoryError,
  meanSquaredError,
  NumericError,
  type Optimizer,
  OptionError,
  prune,
  relu,
  rigl,
  type Sequential,
  type StorageChoice,
  sequential,
  set,
  sgd,
  type TrainingPruning,
  tanh,
} from '../../src/index.js';
import { randomAbsent, steepestAbsent } from '../../src/prune/absent.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { deriveSeed, Random } from '../../src/tensor/random.js';
import type { WeightPass } from '../../src/train/passes.js';
import { Trainer } from '../../src/train/trainer.js';
import { fingerprint, values } from '../model/support.js';
import { beforeAllocations } from '../support/faults.js';
import { gradientTwin } from '../train/twin.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const INPUTS = 12;
const OUTPUTS = 5;
const x = values(INPUTS * 24, 1);
const y = Uint8Array.from({ length: 24 }, (_, i) => (i * 3) % OUTPUTS);

const net = (storage: StorageChoice, seed = 1, sparsity = 0.7): Promise<Sequential> =>
  sequential({ inputShape: [INPUTS], seed, sparsity, storage }, [
    dense(18),
    tanh(),
    dense(9),
    relu(),
    dense(OUTPUTS),
  ]);

const storages = ['dense', 'csr', 'block2', 'block4'] as const;
const heights = { dense: 1, csr: 1, block2: 2, block4: 4 } as const;

/** Values, masks and moments of all weights, row-major. */
interface Look {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly mask: Uint8Array;
  readonly arrays: readonly Float32Array[];
}

function look(model: Sequential, optimizer: Optimizer): Look[] {
  const moments = model.states.of(optimizer).readDense();
  return model.parameters.flatMap((parameter, i) => {
    if (!parameter.prunable) return [];
    const { name, rows, cols, length } = parameter;
    const mask = parameter.readMask() ?? new Uint8Array(length).fill(1);
    return [{ name, rows, cols, mask, arrays: [parameter.read(), ...moments[i]!] }];
  });
}

/** Positions of the blocks that the mask holds, ascending, and the sum of |array| over each of all blocks. */
function blocks({ rows, cols, mask }: Look, height: number, array: ArrayLike<number>) {
  const total = Math.ceil(rows / height) * cols;
  const scores = new Float64Array(total);
  const live: number[] = [];
  for (let position = 0; position < total; position++) {
    const [group, col] = [Math.floor(position / cols), position % cols];
    for (let row = group * height; row < Math.min(rows, (group + 1) * height); row++) {
      scores[position]! += Math.abs(array[row * cols + col]!);
      if (row === group * height && mask[row * cols + col]) live.push(position);
    }
  }
  return { live, scores, total };
}

const liveOf = ({ mask }: Look): number => mask.reduce((sum, kept) => sum + kept, 0);

interface Moment {
  readonly before: Look[];
  readonly after: Look[];
  readonly gradients: Float64Array[];
  readonly biases: readonly [Float32Array[], Float32Array[]];
}

/** Trains batch by batch in the order of the samples; gives what each step found and left. */
async function watch(
  model: Sequential,
  pruning: TrainingPruning,
  optimizer: Optimizer,
  options: { epochs?: number; batchSize?: number } = {},
): Promise<Moment[]> {
  const { epochs = 2, batchSize = 4 } = options;
  const moments: Moment[] = [];
  let before = look(model, optimizer);
  let weights = model.getWeights();
  const biasesOf = (all: Float32Array[]) => all.filter((_, i) => !model.parameters[i]!.prunable);
  await model.fit(x, y, {
    optimizer,
    epochs,
    batchSize,
    shuffle: false,
    pruning,
    callbacks: [
      {
        onStep: ({ step }) => {
          const [from, to] = [(step - 1) * batchSize, Math.min(step * batchSize, y.length)];
          const batch = [x.slice(from * INPUTS, to * INPUTS), y.slice(from, to)] as const;
          const { gradients } = gradientTwin(model.graph, weights, ...batch);
          const after = look(model, optimizer);
          const now = model.getWeights();
          moments.push({ before, after, gradients, biases: [biasesOf(weights), biasesOf(now)] });
          before = after;
          weights = now;
        },
      },
    ],
  });
  return moments;
}

const changed = ({ before, after }: Moment): boolean =>
  before.some(({ mask }, i) => mask.some((kept, j) => kept !== after[i]!.mask[j]));

/** Asserts what every update owes: as many as before, those that stay untouched, those that come at zero. */
function expectUpdate({ before, after, biases }: Moment): void {
  expect(biases[1]).toEqual(biases[0]);
  before.forEach((old, i) => {
    const now = after[i]!;
    old.arrays.forEach((array, k) => {
      for (let j = 0; j < array.length; j++) {
        const kept = old.mask[j] === 1 && now.mask[j] === 1;
        const expected = kept ? array[j]! : 0;
        const got = now.arrays[k]![j]!;
        // What is dropped and chosen again begins anew, so that a live one may be zero as well.
        if (!Object.is(got, expected) && !(kept && Object.is(got, 0))) {
          throw new Error(`${old.name} at ${j}: array ${k} is ${got} instead of ${expected}`);
        }
      }
    });
  });
}

describe.each(storages)('in %s storage', (storage) => {
  const height = heights[storage];

  test.each([
    ['set', () => set({ every: 2, fraction: 0.4 })],
    ['rigl', () => rigl({ every: 2, fraction: 0.4, until: 1 })],
    [
      'dynamic, at random',
      () => dynamic({ every: 2, fraction: 0.4, until: 1, regrow: 'random', anneal: 'constant' }),
    ],
  ] as const)('%s keeps the number of connections, and updates touch nothing else', async (_, method) => {
    const model = await net(storage);
    const optimizer = adam();
    const moments = await watch(model, method(), optimizer);
    const at = moments.flatMap((moment, step) => (changed(moment) ? [step] : []));
    // So few blocks that a share at the end of a cosine may be none.
    expect(at.slice(0, 4)).toEqual([2, 4, 6, 8]);
    expect(at.every((step) => step % 2 === 0)).toBe(true);
    moments.forEach((moment, step) => {
      if (at.includes(step)) expectUpdate(moment);
      moment.after.forEach((now, i) => {
        const blocksOf = (it: Look) => blocks(it, height, it.arrays[0]!).live.length;
        expect(blocksOf(now)).toBe(blocksOf(moment.before[i]!));
        if (height === 1) expect(liveOf(now)).toBe(liveOf(moment.before[i]!));
      });
    });
    expect(
      model.parameters.every(({ prunable, format }) => !prunable || format === storage || format === 'dense'),
    ).toBe(true);
    model.dispose();
  });

  test('rigl drops the smallest weights and grows where the dense gradient is largest', async () => {
    const model = await net(storage, 4);
    const fraction = 0.35;
    const pruning = dynamic({ every: 3, fraction, until: 1, anneal: 'constant' });
    const moments = await watch(model, pruning, sgd({ learningRate: 0.05, momentum: 0.9 }), { epochs: 3 });
    let updates = 0;
    for (const moment of moments.filter(changed)) {
      updates++;
      moment.before.forEach((old, i) => {
        const now = moment.after[i]!;
        const { live, scores } = blocks(old, height, old.arrays[0]!);
        if (live.length * height >= old.mask.length) return;
        const gradient = moment.gradients[2 * i]!;
        const steep = blocks(old, height, gradient).scores;
        const count = Math.floor(live.length * fraction);
        // Stable sorts: ties drop the higher position, and grow the lower.
        const ranked = [...live].sort((a, b) => scores[b]! - scores[a]! || a - b);
        const kept = new Set(ranked.slice(0, live.length - count));
        const candidates = [...steep.keys()].filter(
          (position) => !kept.has(position) && steep[position]! > 0,
        );
        candidates.sort((a, b) => steep[b]! - steep[a]! || a - b);
        const grown = candidates.slice(0, count);
        const got = new Set(blocks(now, height, now.arrays[0]!).live);
        for (const position of kept) expect(got.has(position)).toBe(true);
        expect(got.size).toBe(live.length);
        const missing = grown.filter((position) => !got.has(position));
        // Gradients of float32 may order neighbours differently.
        const least = steep[grown.at(-1)!] ?? 0;
        for (const position of missing)
          expect(steep[position]! - least).toBeLessThan(1e-6 * (steep[grown[0]!] ?? 0));
        expect(missing.length).toBeLessThan(2);
        for (const position of grown) {
          if (!got.has(position)) continue;
          const at = Math.floor(position / old.cols) * height * old.cols + (position % old.cols);
          for (const array of now.arrays) expect(Object.is(array[at], 0)).toBe(true);
        }
      });
    }
    expect(updates).toBe(5);
    model.dispose();
  });

  test('set drops the weights closest to zero, of either sign the same share', async () => {
    const model = await net(storage, 6);
    const fraction = 0.3;
    const moments = await watch(model, set({ every: 2, fraction }), sgd({ learningRate: 0.05 }));
    for (const moment of moments.filter(changed)) {
      moment.before.forEach((old, i) => {
        const now = moment.after[i]!;
        const { live, scores } = blocks(old, height, old.arrays[0]!);
        const got = new Set(blocks(now, height, now.arrays[0]!).live);
        const sign = (position: number) => (height > 1 ? 1 : old.arrays[0]![position]! < 0 ? -1 : 1);
        for (const side of [-1, 1]) {
          const own = live.filter((position) => sign(position) === side);
          own.sort((a, b) => scores[b]! - scores[a]! || a - b);
          const stay = own.slice(0, own.length - Math.floor(own.length * fraction));
          for (const position of stay) expect(got.has(position)).toBe(true);
        }
      });
    }
    expect(moments.filter(changed).length).toBe(5);
    model.dispose();
  });

  test('the same seed gives the same bits, another seed other connections, also while memory moves', async () => {
    for (const method of [set({ every: 2 }), rigl({ every: 2 })]) {
      const run = async (seed: number, step?: () => void) => {
        const model = await net(storage, seed);
        const callbacks = step ? [{ onStep: step }] : [];
        await model.fit(x, y, { epochs: 3, batchSize: 5, pruning: method, callbacks });
        const print = fingerprint(model);
        model.dispose();
        return print;
      };
      const first = await run(1);
      expect(await run(1)).toBe(first);
      expect(await run(2)).not.toBe(first);
      const { memory } = engine;
      const allocate = memory.allocate;
      memory.allocate = (bytes, zeroed) => {
        memory.wasm.grow(1);
        return allocate.call(memory, bytes, zeroed);
      };
      const moved = await run(1).finally(() => Reflect.deleteProperty(memory, 'allocate'));
      expect(moved).toBe(first);
    }
  });

  test('memory does not grow with updates', async () => {
    const model = await net(storage);
    const optimizer = adam();
    const pruning = rigl({ every: 1, until: 1 });
    await model.fit(x, y, { optimizer, pruning, batchSize: 4 });
    const before = engine.memory.liveBytes;
    await model.fit(x, y, { optimizer, pruning, epochs: 3, batchSize: 4 });
    await model.fit(x, y, { optimizer, pruning: set({ every: 1 }), epochs: 3, batchSize: 4 });
    expect(engine.memory.liveBytes).toBe(before);
    model.dispose();
  });

  test('an epoch that diverges after updates is taken back: structure, weights and moments', async () => {
    for (const pruning of [set({ every: 3 }), rigl({ every: 3, until: 1 })]) {
      const model = await net(storage);
      let rate = 0.05;
      const optimizer = sgd({ learningRate: () => rate, momentum: 0.9 });
      await model.fit(x, y, { optimizer, pruning, epochs: 2, batchSize: 4 });
      const masksNow = () => JSON.stringify(model.parameters.map((it) => [...(it.readMask() ?? [])]));
      const [print, before, start] = [fingerprint(model), look(model, optimizer), masksNow()];
      const [steps, updates] = [model.clock.steps, model.states.of(optimizer).step];
      let masks = start;
      const onStep = ({ step }: { step: number }) => {
        masks = masksNow();
        if (step === 8) rate = 1e38;
      };
      const options = { optimizer, pruning, batchSize: 2, callbacks: [{ onStep }] };
      await expect(model.fit(x, y, options)).rejects.toThrow(NumericError);
      expect(masks).not.toBe(start);
      expect(fingerprint(model)).toBe(print);
      expect(look(model, optimizer)).toEqual(before);
      expect([model.clock.steps, model.states.of(optimizer).step]).toEqual([steps, updates]);
      rate = 0.01;
      await model.fit(x, y, { optimizer, pruning, batchSize: 4 });
      model.dispose();
    }
  });
});

describe.each(['dense', 'csr', 'block4'] as const)('running out of memory in %s storage', (storage) => {
  test('leaves a whole model with as many connections, and nothing else', async () => {
    const { memory } = engine;
    for (const pruning of [set({ every: 1 }), rigl({ every: 1, until: 1 })]) {
      for (let n = 1, refused = true; refused; n += 3) {
        const start = memory.liveBytes;
        const model = await net(storage);
        const optimizer = adam();
        const lives = look(model, optimizer).map(
          (it) => blocks(it, heights[storage], it.arrays[0]!).live.length,
        );
        const held = memory.liveBytes;
        let left = n;
        const end = beforeAllocations(memory, () => {
          if (--left === 0) throw new MemoryError('Memory: refused by a test, got an allocation');
        });
        const options = { optimizer, pruning, batchSize: 12, epochs: 2 };
        refused = await model.fit(x, y, options).then(
          () => false,
          (error) => {
            expect(error).toBeInstanceOf(MemoryError);
            return true;
          },
        );
        end();
        expect(memory.liveBytes, `allocation ${n}`).toBe(held);
        const after = look(model, optimizer);
        expect(after.map((it) => blocks(it, heights[storage], it.arrays[0]!).live.length)).toEqual(lives);
        model.dispose();
        expect(memory.liveBytes).toBe(start);
      }
    }
  });
});

describe('dense and csr storage', () => {
  test('move the same connections for the same seed', async () => {
    for (const [method, sameFor] of [
      [set({ every: 2 }), 12],
      [rigl({ every: 2, until: 1 }), 12],
      [dynamic({ every: 3, fraction: 1, anneal: 'constant', until: 1 }), 12],
    ] as const) {
      for (let seed = 0; seed < 4; seed++) {
        const [a, b] = [await net('dense', seed), await net('csr', seed)];
        const make = () => adam({ epsilon: 1e-3 });
        const [first, second] = [await watch(a, method, make()), await watch(b, method, make())];
        expect(first.length).toBe(sameFor);
        const masks = (moments: readonly Moment[]) =>
          moments.map(({ after }) => after.map(({ mask }) => mask));
        expect(masks(second)).toEqual(masks(first));
        for (const model of [a, b]) model.dispose();
      }
    }
  });
});

/** A trainer of one layer with a batch run through it, and its pass over the weight. */
async function pass(
  inputs: number,
  units: number,
  storage: StorageChoice,
  batch: number,
  sparsity = 0.9,
  inputsOf?: Float32Array,
) {
  const model = await sequential({ inputShape: [inputs], sparsity, storage, seed: 3 }, [dense(units)]);
  const samples = inputsOf ?? values(inputs * batch, 5);
  const targets = values(units * batch, 6);
  const { gradients } = gradientTwin(model.graph, model.getWeights(), samples, targets);
  const search = (count: number) => {
    const trainer = Trainer.create(model, batch);
    const order = Uint32Array.from({ length: batch }, (_, i) => i);
    trainer.batch.stage(samples, order);
    trainer.batch.stageTargets(targets, order);

    const y = trainer.forward(batch, true);

    trainer.loss(meanSquaredError, y, batch);
    let found: ReturnType<typeof steepestAbsent> | undefined;
    const look = (weight: WeightPass) => {
      found = steepestAbsent(model, weight, count);
    };
    trainer.backward(batch, look, { raw: true });
    trainer.free();
    return found!;
  };
  return { model, gradient: gradients[0]!, search };
}

describe('the search for absent connections', () => {
  test('finds exactly the largest gradients, in a layer that takes several slabs', async () => {
    const [rows, cols] = [1100, 1000];
    for (const storage of ['csr', 'block4', 'dense'] as const) {
      const height = heights[storage];
      const { model, gradient, search } = await pass(
        cols,
        rows,
        storage,
        3,
        storage === 'block4' ? 0.95 : 0.99,
      );
      const [it] = look(model, sgd());
      const { live, scores } = blocks(it!, height, gradient);
      const present = new Set(live);
      const ranked = Float64Array.from([...scores].filter((_, i) => !present.has(i)))
        .sort()
        .reverse();
      for (const count of [0, 1, 7, 2000, 300000]) {
        const found = search(count);
        const size = Math.min(count, ranked.length);
        expect(found.positions.length).toBe(size);
        if (size === 0) continue;
        const least = ranked[size - 1]!;
        const slack = 1e-6 * ranked[0]!;
        let last = -1;
        found.positions.forEach((position, i) => {
          if (!(position > last)) throw new Error(`position ${position} after ${last}`);
          if (present.has(position)) throw new Error(`position ${position} is present`);
          if (!(scores[position]! >= least - slack))
            throw new Error(`position ${position}: ${scores[position]}`);
          if (!(Math.abs(found.scores[i]! - scores[position]!) <= slack)) throw new Error(`score ${i}`);
          last = position;
        });
        const chosen = new Set(found.positions);
        scores.forEach((score, position) => {
          if (score > least + slack && !present.has(position) && !chosen.has(position)) {
            throw new Error(`${position} with ${score} was left out`);
          }
        });
      }
      model.dispose();
    }
  }, 60000);

  test('gives ties to the lower position, over slabs as well', async () => {
    // Equal inputs and equal targets everywhere: columns of a row have the same gradient.
    const { model, search } = await pass(2000, 1500, 'csr', 1, 0.999, new Float32Array(2000).fill(0.5));
    const mask = model.parameters[0]!.readMask()!;
    const all = search(3000000);
    const best = all.scores.reduce((a, b) => Math.max(a, b), 0);
    const expected = [...all.positions].filter((_, i) => all.scores[i] === best);
    expect(expected.length).toBeGreaterThan(1900);
    expect([...search(100).positions]).toEqual(expected.slice(0, 100));
    expect(expected.some((position) => mask[position] === 1)).toBe(false);
    model.dispose();
  });

  test('leaves out what has no gradient at all', async () => {
    const { model, search } = await pass(
      20,
      10,
      'csr',
      4,
      0.5,
      values(80, 5).map((v, i) => (i % 20 < 15 ? 0 : v)),
    );
    const { positions } = search(200);
    expect(positions.every((position) => position % 20 >= 15)).toBe(true);
    expect(positions.length).toBeLessThan(50);
    model.dispose();
  });
});

describe('growth by gradients', () => {
  test('takes others at random where too few have one', async () => {
    const model = await sequential({ inputShape: [20], sparsity: 0.5, seed: 3, storage: 'csr' }, [dense(10)]);
    const quiet = values(20 * 8, 5).map((v, i) => (i % 20 < 18 ? 0 : v));
    const labels = Uint8Array.from({ length: 8 }, (_, i) => i);
    const before = model.parameters[0]!.readMask()!;
    await model.fit(quiet, labels, {
      batchSize: 4,
      pruning: dynamic({ every: 1, fraction: 1, anneal: 'constant', until: 1 }),
    });
    expect(model.parameters[0]!.live).toBe(100);
    expect(model.parameters[0]!.readMask()).not.toEqual(before);
    expect(model.parameters[0]!.readMask()!.reduce((sum, kept) => sum + kept, 0)).toBe(100);
    const now = model.parameters[0]!.readMask()!;
    // Of two columns with gradients all twenty; the rest is drawn, and not what was dropped.
    expect(now.reduce((sum, kept, i) => sum + (i % 20 < 18 ? 0 : kept), 0)).toBe(20);
    const again = now.reduce((sum, kept, i) => sum + (i % 20 < 18 ? kept * before[i]! : 0), 0);
    expect(again).toBeGreaterThan(20);
    expect(again).toBeLessThan(60);
    model.dispose();
  });

  test('works when nothing is left to choose from', async () => {
    for (const sparsity of [0.01, 0.99]) {
      const model = await sequential(
        { inputShape: [10], sparsity, seed: 3, storage: 'csr', distribution: 'uniform' },
        [dense(10)],
      );
      const { live } = model.parameters[0]!;
      for (const pruning of [dynamic({ every: 1, fraction: 1, until: 1 }), set({ every: 1, fraction: 1 })]) {
        await model.fit(
          values(100, 5),
          Uint8Array.from({ length: 10 }, (_, i) => i),
          { batchSize: 2, pruning },
        );
        expect(model.parameters[0]!.live).toBe(live);
      }
      model.dispose();
    }
  });

  test('leaves layers without absent connections alone', async () => {
    const model = await sequential({ inputShape: [8], seed: 1, storage: 'csr' }, [
      dense(8),
      relu(),
      dense(4),
    ]);
    model.parameters[0]!.setMask(Uint8Array.from({ length: 64 }, (_, i) => i % 2));
    model.setStorage('csr');
    await model.fit(
      values(64, 1),
      Uint8Array.from({ length: 8 }, (_, i) => i % 4),
      {
        batchSize: 2,
        pruning: rigl({ every: 1, until: 1 }),
      },
    );
    expect(model.parameters.map(({ format }) => format)).toEqual(['csr', 'dense', 'dense', 'dense']);
    expect(model.parameters[0]!.live).toBe(32);
    expect(model.parameters[2]!.readMask()).toBeNull();
    model.dispose();
  });
});

describe('the plan of updates', () => {
  const model = () => net('csr', 3, 0.5);
  /** Steps at which connections move, and how many of the first weight do. */
  async function plan(pruning: TrainingPruning, epochs: number, batchSize: number) {
    const m = await model();
    const moments = await watch(m, pruning, sgd({ learningRate: 0.01 }), { epochs, batchSize });
    m.dispose();
    return moments.flatMap((moment, step) => (changed(moment) ? [step] : []));
  }

  test('is every so many steps, after the first and before the last share', async () => {
    expect(await plan(rigl({ every: 3, until: 0.5 }), 4, 4)).toEqual([3, 6, 9]);
    expect(await plan(dynamic({ every: 3, until: 0.5, anneal: 'constant' }), 4, 4)).toEqual([3, 6, 9]);
    expect(await plan(rigl({ every: 3, until: 1 }), 2, 4)).toEqual([3, 6, 9]);
    expect(await plan(rigl({ every: 5 }), 4, 4)).toEqual([5, 10, 15]);
    expect(await plan(rigl(), 4, 4)).toEqual([]);
    expect(await plan(rigl({ every: 1, until: 0 }), 2, 4)).toEqual([]);
    expect(await plan(rigl({ every: 1, fraction: 0 }), 2, 4)).toEqual([]);
    expect(await plan(set(), 3, 4)).toEqual([6, 12]);
    expect(await plan(set({ every: 4 }), 2, 4)).toEqual([4, 8]);
    expect(await plan(dynamic({ every: 'epoch', until: 1 }), 3, 12)).toEqual([2, 4]);
  });

  test('drops a share that falls along half a cosine, or stays', async () => {
    for (const anneal of ['cosine', 'constant'] as const) {
      const m = await model();
      const { live } = m.parameters[0]!;
      const pruning = dynamic({ every: 2, fraction: 0.5, until: 1, anneal, regrow: 'random' });
      // Zeros mark what is new: rate 0 leaves it so.
      const optimizer = sgd({ learningRate: 0 });
      m.setWeights(
        m
          .getWeights()
          .map((array, p) => array.map((v, i) => (m.parameters[p]!.readMask()?.[i] === 0 ? 0 : 1 + v * v))),
        { keepMasks: true },
      );
      const counts: number[] = [];
      let zeros = 0;
      await m.fit(x, y, {
        optimizer,
        epochs: 2,
        batchSize: 4,
        pruning,
        callbacks: [
          {
            onStep: () => {
              const [weight] = m.getWeights();
              const mask = m.parameters[0]!.readMask()!;
              const now = weight!.filter((v, i) => mask[i] === 1 && v === 0).length;
              if (now !== zeros) counts.push(now);
              zeros = now;
            },
          },
        ],
      });
      const share = cosine({ start: 0.5, steps: 12 });
      // Zeros are the smallest: the first update drops its share, later ones drop zeros before anything else.
      expect(counts[0]).toBe(Math.floor(live * (anneal === 'cosine' ? share(2) : 0.5)));
      expect(counts.length).toBe(1);
      m.dispose();
    }
  });

  test('falls as a cosine does', async () => {
    const layers = [dense(16), tanh(), dense(OUTPUTS)]; // no gradient is zero: what was new at one update is not at the next
    const m = await sequential({ inputShape: [INPUTS], seed: 3, sparsity: 0.5, storage: 'csr' }, layers);
    const lives = m.parameters.filter(({ prunable }) => prunable).map(({ live }) => live);
    const pruning = dynamic({ every: 2, fraction: 0.6, until: 0.5, regrow: 'random' });
    const moments = await watch(m, pruning, sgd({ learningRate: 0.1 }), { epochs: 4 });
    const share = cosine({ start: 0.6, steps: 12 });
    for (const step of [2, 4, 6, 8, 10]) {
      moments[step]!.before.forEach((old, i) => {
        const now = moments[step]!.after[i]!;
        // Begun anew: absent before, or live and zero now.
        const fresh = now.arrays[0]!.filter(
          (v, j) => now.mask[j] === 1 && (old.mask[j] === 0 || v === 0),
        ).length;
        expect(fresh).toBe(Math.floor(lives[i]! * share(step)));
      });
    }
    m.dispose();
  });
});

describe('methods', () => {
  test('refuse models without absent connections, or with a layer that has none', async () => {
    const m = await sequential({ inputShape: [INPUTS] }, [dense(4), dense(OUTPUTS)]);
    for (const method of [set(), rigl(), dynamic()]) {
      const print = fingerprint(m);
      await expect(m.fit(x, y, { pruning: method })).rejects.toThrow(OptionError);
      await expect(m.fit(x, y, { pruning: method })).rejects.toThrow(
        `${method.kind}: the model must have absent connections to move, got none; build it with sequential({ sparsity }) or prune it first`,
      );
      expect(fingerprint(m)).toBe(print);
    }
    m.parameters[2]!.setMask(new Uint8Array(20));
    for (const storage of ['dense', 'sparse'] as const) {
      m.setStorage(storage);
      await expect(m.fit(x, y, { pruning: set() })).rejects.toThrow(
        'set: every layer must have connections, got dense2.weight without any',
      );
    }
    expect(m.clock.steps).toBe(0);
    m.dispose();
  });

  test('work for models that were pruned, dense or not', async () => {
    for (const storage of ['auto', 'dense', 'sparse'] as const) {
      const m = await sequential({ inputShape: [INPUTS], storage }, [dense(14), relu(), dense(OUTPUTS)]);
      const { reached } = await prune(m, { sparsity: 0.6 });
      await m.fit(x, y, { pruning: rigl({ every: 1, until: 1 }), batchSize: 4 });
      expect(m.summary().sparsity).toBeCloseTo(reached, 12);
      m.dispose();
    }
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'an unknown option',
      () => rigl({ evry: 3 } as DynamicRules),
      /^rigl: option .*"evry" \(did you mean "every"/,
    ],
    [
      'a rule where there is none',
      () => set({ regrow: 'random' } as DynamicRules),
      /^set: option must be one of every, fraction, until/,
    ],
    ['no whole number', () => rigl({ every: 1.5 }), /^rigl: every must be a whole number >= 1, got 1.5/],
    ['no step', () => dynamic({ every: 0 }), /^dynamic: every/],
    ['another word', () => set({ every: 'batch' as 'epoch' }), /^set: every/],
    ['a share above 1', () => rigl({ fraction: 1.1 }), /^rigl: fraction must be in \[0, 1\], got 1.1/],
    ['no share', () => set({ fraction: Number.NaN }), /^set: fraction/],
    ['a negative end', () => dynamic({ until: -0.1 }), /^dynamic: until/],
    [
      'another rule',
      () => dynamic({ regrow: 'gradients' as 'gradient' }),
      /^dynamic: regrow must be one of random, gradient.*did you mean "gradient"/,
    ],
    ['another curve', () => dynamic({ anneal: 'linear' as 'cosine' }), /^dynamic: anneal/],
    ['no object', () => rigl(null as unknown as DynamicRules), /^rigl: options must be an object, got null/],
    ['a number', () => set(4 as unknown as DynamicRules), /^set: options must be an object, got 4/],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  test('are refused by fit when they are none', async () => {
    const m = await net('csr');
    for (const bad of ['rigl', 4, {}, null, rigl] as unknown as TrainingPruning[]) {
      await expect(m.fit(x, y, { pruning: bad })).rejects.toThrow(
        /^fit: pruning must be made by a method such as rigl\(\) or gradual\(\)/,
      );
    }
    m.dispose();
  });

  test('can be used for several fits, each with a plan of its own', async () => {
    const pruning = set({ every: 4 });
    const m = await net('csr');
    const optimizer = sgd();
    for (let i = 0; i < 2; i++) {
      const moments = await watch(m, pruning, optimizer, { epochs: 1 });
      expect(moments.flatMap((moment, step) => (changed(moment) ? [step] : []))).toEqual([4]);
    }
    expect(Object.isFrozen(pruning)).toBe(true);
    m.dispose();
  });
});

describe('a fit with a signal', () => {
  test('stops after the step that is under way, with AbortedError, and the model goes on', async () => {
    const m = await net('csr');
    const controller = new AbortController();
    const before = engine.memory.liveBytes;
    let steps = 0;
    const onStep = () => {
      if (++steps === 4) controller.abort();
    };
    const options = {
      epochs: 5,
      batchSize: 4,
      callbacks: [{ onStep }],
      pruning: rigl({ every: 1, until: 1 }),
    };
    await expect(
      m.fit(x, y, { ...options, optimizer: sgd(), signal: controller.signal }),
    ).rejects.toMatchObject({
      code: 'ABORTED',
      message: 'fit: aborted in epoch 1, before step 5',
    });
    expect([steps, m.clock.steps]).toEqual([4, 4]);
    expect(engine.memory.liveBytes).toBeLessThan(before + 4096);
    await expect(m.fit(x, y, { signal: controller.signal })).rejects.toThrow(/before step 1/);
    await m.fit(x, y, { signal: new AbortController().signal });
    await expect(m.fit(x, y, { signal: {} as AbortSignal })).rejects.toThrow(
      /^fit: signal must be an AbortSignal/,
    );
    m.dispose();
  });
});

describe('randomAbsent', () => {
  test('gives positions that are not present, ascending and distinct', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 0, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, total, share, part) => {
          const random = new Random(deriveSeed(seed));
          const present = Uint32Array.from({ length: total }, (_, i) => i).filter(
            () => random.next() / 2 ** 32 < share,
          );
          const count = Math.floor(part * (total - present.length));
          const got = randomAbsent(new Random(deriveSeed(seed, 1)), total, present, count);
          expect(got.length).toBe(count);
          expect(new Set(got).size).toBe(count);
          expect([...got]).toEqual([...got].sort((a, b) => a - b));
          expect(got.every((position) => position < total && !present.includes(position))).toBe(true);
          expect(randomAbsent(new Random(deriveSeed(seed, 1)), total, present, count)).toEqual(got);
        },
      ),
      {
        seed: 51,
        numRuns: 300,
        examples: [
          [1, 40, 0.5, 1],
          [1, 40, 0, 1],
          [1, 40, 1, 1],
          [1, 0, 0, 0],
        ],
      },
    );
  });

  test('gives every absent position equally often', () => {
    const random = new Random(deriveSeed(8));
    const present = Uint32Array.of(0, 1, 5, 9, 10, 11, 19);
    for (const count of [1, 4, 10]) {
      const counts = new Float64Array(20);
      const rounds = 6000;
      for (let i = 0; i < rounds; i++)
        for (const at of randomAbsent(random, 20, present, count)) counts[at]!++;
      const expected = (rounds * count) / 13;
      counts.forEach((times, at) => {
        if (present.includes(at)) expect(times).toBe(0);
        else expect(Math.abs(times - expected)).toBeLessThan(5 * Math.sqrt(expected));
      });
    }
  });
});
