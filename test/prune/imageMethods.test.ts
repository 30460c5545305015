import { describe, expect, test } from 'vitest';
import {
  acdc,
  adam,
  batchNorm,
  conv2d,
  dense,
  dynamicNetworkSurgery,
  flatten,
  gradual,
  granet,
  l0,
  loadModel,
  lotteryTicket,
  movement,
  NumericError,
  prune,
  relu,
  rigl,
  type Sequential,
  sequential,
  set,
  sgd,
  srSte,
  type TrainingPruning,
  trainableThreshold,
} from '../../src/index.js';
import { steepestAbsent } from '../../src/prune/absent.js';
import { losses } from '../../src/train/losses/index.js';
import type { WeightPass } from '../../src/train/passes.js';
import { Trainer } from '../../src/train/trainer.js';
import { fingerprint } from '../model/support.js';
import { INPUT_SHAPE, imageModel, imagesOf, networks } from './imageSupport.js';
import { expectConsistent, liveOf } from './shadowSupport.js';

const data = imagesOf(40);
const names = Object.keys(networks);
const FIT = { epochs: 3, batchSize: 13 };

interface Method {
  readonly make: () => TrainingPruning;
  /** Share of zeros to begin with, and the one to end with. */
  readonly begin: number;
  readonly end?: number;
}

const methods: Readonly<Record<string, Method>> = {
  gradual: { make: () => gradual({ sparsity: 0.7, every: 1, until: 0.8 }), begin: 0, end: 0.7 },
  set: { make: () => set({ every: 1 }), begin: 0.6, end: 0.6 },
  rigl: { make: () => rigl({ every: 1 }), begin: 0.6, end: 0.6 },
  granet: { make: () => granet({ sparsity: 0.7, every: 1 }), begin: 0.3, end: 0.7 },
  dynamicNetworkSurgery: {
    make: () => dynamicNetworkSurgery({ sparsity: 0.7, every: 1 }),
    begin: 0,
    end: 0.7,
  },
  movement: { make: () => movement({ sparsity: 0.7, every: 1 }), begin: 0, end: 0.7 },
  trainableThreshold: { make: () => trainableThreshold({ alpha: 1e-2, learningRate: 0.1 }), begin: 0 },
  l0: { make: () => l0({ lambda: 3, learningRate: 0.3 }), begin: 0 },
  acdc: { make: () => acdc({ sparsity: 0.7 }), begin: 0, end: 0.7 },
};

const totalOf = (model: Sequential) =>
  model.parameters.reduce((sum, { prunable, length }) => sum + (prunable ? length : 0), 0);

const storages = ['auto', 'csr'] as const;

describe.each(names.flatMap((name) => storages.map((storage) => [name, storage] as const)))(
  'in a network of %s, stored %s',
  (name, storage) => {
    const build = (sparsity: number) => imageModel(name, { sparsity, storage });

    test.each(Object.entries(methods))('%s leaves a consistent model', async (_, { make, begin, end }) => {
      const first = await build(begin);
      const { memory } = first.engine;
      first.dispose();
      const before = memory.liveBytes;
      const prints: string[] = [];
      for (let run = 0; run < 2; run++) {
        const model = await build(begin);
        const started = liveOf(model);
        const optimizer = adam({ learningRate: 0.01, weightDecay: 0.01 });
        const onStep = () => expectConsistent(model);
        const options = { ...FIT, optimizer, pruning: make(), callbacks: [{ onStep }] };
        await model.fit(data.images, data.labels, options);
        expectConsistent(model, optimizer);
        const live = liveOf(model);
        const total = totalOf(model);
        if (end === begin) expect(live).toBe(started);
        else if (end !== undefined) expect(live).toBe(total - Math.round(end * total));
        else expect(live).toBeLessThan(total);
        await model.fit(data.images, data.labels, { ...FIT, epochs: 1, optimizer });
        expectConsistent(model, optimizer);
        expect(liveOf(model)).toBe(live);
        const copy = await loadModel(model.encode());
        expect(copy.predict(data.images)).toEqual(model.predict(data.images));
        prints.push(fingerprint(model));
        copy.dispose();
        model.dispose();
      }
      expect(prints[1]).toBe(prints[0]);
      expect(memory.liveBytes).toBe(before);
    });

    test('connections that are random at first move, and stay as many', async () => {
      for (const choice of [storage, 'block2'] as const) {
        const model = await sequential(
          { inputShape: INPUT_SHAPE, sparsity: 0.6, storage: choice, seed: 3 },
          networks[name]!,
        );
        const before = model.parameters.map((parameter) => [...(parameter.readMask() ?? [])]);
        // Blocks of dense layers at the edge are smaller: there it is blocks that stay as many.
        const counted = model.parameters.filter(({ spec }) => choice !== 'block2' || spec.windows);
        const counts = counted.map(({ live }) => live);
        if (choice === 'block2') expect(model.parameters[0]!.format).toBe('dense');
        await model.fit(data.images, data.labels, { ...FIT, pruning: rigl({ every: 2 }) });
        expect(counted.map(({ live }) => live)).toEqual(counts);
        expect(model.parameters.map((parameter) => [...(parameter.readMask() ?? [])])).not.toEqual(before);
        expectConsistent(model);
        model.dispose();
      }
    });

    test('regrowth finds the largest gradients of absent weights', async () => {
      const model = await build(0.7);
      model.setStorage('dense');
      const trainer = Trainer.create(model, 13);
      const order = Uint32Array.from({ length: 13 }, (_, i) => i);
      trainer.batch.stage(data.images, order);
      trainer.batch.stageTargets(data.labels, order);
      trainer.loss(losses.softmaxCrossEntropy, trainer.forward(13, true), 13);
      let looked = 0;
      const look = (pass: WeightPass) => {
        const parameter = model.parameters[pass.index]!;
        const { f32 } = model.engine.memory;
        const at = pass.gradients[0]! / 4;
        const gradient = f32.slice(at, at + parameter.length).map(Math.abs);
        const mask = parameter.readMask()!;
        const absent = [...mask.keys()].filter((i) => mask[i] === 0 && gradient[i]! > 0);
        const best = absent.sort((a, b) => gradient[b]! - gradient[a]! || a - b).slice(0, 5);
        const found = steepestAbsent(model, pass, 5);
        expect([...found.positions]).toEqual(best.sort((a, b) => a - b));
        expect([...found.scores]).toEqual(best.map((i) => gradient[i]));
        looked++;
      };
      trainer.backward(13, look, { raw: true });
      expect(looked).toBe(model.parameters.filter(({ prunable }) => prunable).length);
      trainer.free();
      model.dispose();
    });

    test('an epoch that diverges is taken back, running statistics too', async () => {
      const model = await build(0.5);
      let rate = 0.01;
      const optimizer = sgd({ learningRate: () => rate, momentum: 0.9 });
      await model.fit(data.images, data.labels, { ...FIT, optimizer });
      const saved = model.getWeights();
      rate = 1e37;
      const options = { ...FIT, optimizer, pruning: rigl({ every: 1 }) };
      await expect(model.fit(data.images, data.labels, options)).rejects.toThrow(NumericError);
      expect(model.getWeights()).toEqual(saved);
      expectConsistent(model, optimizer);
      model.dispose();
    });

    test('a lottery ticket begins where the network began, batch normalization included', async () => {
      const model = await build(0);
      const start = model.getWeights();
      await model.fit(data.images, data.labels, FIT);
      expect(model.getWeights()).not.toEqual(start);
      await prune(model, { ...lotteryTicket({ sparsity: 0.5, rate: 0.5 }) });
      model.getWeights().forEach((array, p) => {
        const mask = model.parameters[p]!.readMask();
        expect([...array]).toEqual([...start[p]!].map((value, i) => (mask?.[i] === 0 ? 0 : value)));
      });
      expect(liveOf(model)).toBeLessThan(totalOf(model));
      model.dispose();
    });

    test('training goes on from a file bit for bit', async () => {
      const model = await build(0.5);
      await model.fit(data.images, data.labels, { ...FIT, optimizer: sgd({ learningRate: 0.05 }) });
      const copies = await Promise.all([loadModel(model.encode()), loadModel(model.encode())]);
      const prints: string[] = [];
      for (const copy of copies) {
        expect(fingerprint(copy)).toBe(fingerprint(model));
        await copy.fit(data.images, data.labels, { ...FIT, optimizer: sgd({ learningRate: 0.05 }) });
        prints.push(fingerprint(copy));
        copy.dispose();
      }
      expect(prints[1]).toBe(prints[0]);
      expect(prints[0]).not.toBe(fingerprint(model));
      model.dispose();
    });
  },
);

test('srSte trains two of every four weights of a convolution', async () => {
  const layers = [conv2d(4, 2), batchNorm(), relu(), conv2d(4, [1, 2]), flatten(), dense(4)];
  const model = await sequential({ inputShape: [2, 7, 6], seed: 2 }, layers);
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9 });
  await model.fit(data.images, data.labels, { ...FIT, optimizer, pruning: srSte({ n: 2, m: 4 }) });
  expectConsistent(model, optimizer);
  for (const parameter of model.parameters.filter(({ prunable }) => prunable)) {
    const mask = parameter.readMask()!;
    for (let first = 0; first < mask.length; first += 4) {
      expect(mask.slice(first, first + 4).reduce((sum, kept) => sum + kept, 0)).toBe(2);
    }
  }
  model.dispose();
});
