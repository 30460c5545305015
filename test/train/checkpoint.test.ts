import { describe, expect, test } from 'vitest';
import {
  acdc,
  adam,
  augmentImages,
  batchNorm,
  batchNormSlimming,
  conv2d,
  cosine,
  dense,
  dropout,
  dynamic,
  dynamicNetworkSurgery,
  earlyStopping,
  flatten,
  globalAvgPool2d,
  gradual,
  granet,
  l0,
  movement,
  prune,
  relu,
  residual,
  rigl,
  type SequentialOptions,
  type StorageChoice,
  sequential,
  set,
  sgd,
  srSte,
  stepDecay,
  type TrainingPruning,
  trainableThreshold,
  warmup,
} from '../../src/index.js';
import { values } from '../model/support.js';
import { optimizers } from '../prune/shadowSupport.js';
import { killedAt, killedEvery, type Script, uninterrupted } from './checkpointSupport.js';

const x = values(20 * 58, 1);
const y = Uint8Array.from({ length: 58 }, (_, i) => i % 3);
const held = { images: values(20 * 9, 2), labels: Uint8Array.from({ length: 9 }, (_, i) => i % 3) };
/** 40 steps, the last of every epoch shorter. */
const FIT = { epochs: 4, batchSize: 6, validation: held } as const;
const build = (options: Partial<SequentialOptions> = {}) =>
  sequential({ inputShape: [20], seed: 4, ...options }, [dense(17), relu(), dropout(0.2), dense(3)]);

type Make = () => Promise<Script>;

function script(
  options: () => Partial<Script['options']>,
  model: () => Promise<Script['model']> = () => build(),
): Make {
  return async () => ({
    model: await model(),
    x,
    y,
    options: { ...FIT, optimizer: adam({ learningRate: 0.01 }), ...options() },
  });
}

/** Processes that live for so many steps, with checkpoints every so many. */
const lives = [
  [7, 1],
  [9, 4],
] as const;

async function expectExact(make: Make, kills: number): Promise<void> {
  const whole = await uninterrupted(make);
  for (const [life, everySteps] of lives) {
    const cut = await killedEvery(make, life, everySteps);
    expect(cut.outcome).toEqual(whole);
    expect(cut.kills).toBeGreaterThanOrEqual(kills);
  }
}

describe('a fit that is killed again and again ends as if it had not been', () => {
  test('killed after any of its steps', async () => {
    const make = script(() => ({}));
    const whole = await uninterrupted(make);
    for (let steps = 1; steps <= 40; steps++)
      expect(await killedAt(make, steps, 3), `${steps}`).toEqual(whole);
  });

  describe.each(Object.keys(optimizers))('with %s', (name) => {
    test('dense', () =>
      expectExact(
        script(() => ({ optimizer: optimizers[name]!() })),
        4,
      ));

    test.each(['auto', 'csr', 'block2', 'block4', 'dense'] as const)('sparse, stored %s', (storage) =>
      expectExact(
        script(
          () => ({ optimizer: optimizers[name]!() }),
          () => build({ sparsity: 0.8, storage }),
        ),
        4,
      ),
    );
  });

  test('with learning rates that change from step to step', async () => {
    const schedules = [cosine({ start: 0.05, steps: 40 }), stepDecay({ start: 0.1, every: 7, factor: 0.5 })];
    for (const learningRate of [...schedules, warmup(9, schedules[0]!)]) {
      await expectExact(
        script(() => ({ optimizer: sgd({ learningRate, momentum: 0.9 }) })),
        4,
      );
    }
  });

  test('with the samples in their order, and a rewind point of its own', () =>
    expectExact(
      script(() => ({ shuffle: false, rewindAt: 15 })),
      4,
    ));

  test('with float targets', async () => {
    const make = async () => ({
      ...(await script(() => ({ validation: { images: held.images, labels: values(27, 5) } }))()),
      y: values(58 * 3, 6),
    });
    await expectExact(make, 4);
  });

  test('behind other training of the same model', async () => {
    const optimizer = () => adam({ learningRate: 0.01 });
    const make: Make = async () => {
      const model = await build();
      const own = optimizer();
      await model.fit(x, y, { epochs: 2, optimizer: own });
      return { model, x, y, options: { ...FIT, optimizer: own } };
    };
    await expectExact(make, 4);
  });

  test('after one-shot pruning, with what is pruned', async () => {
    const make = script(
      () => ({}),
      async () => {
        const model = await build();
        await prune(model, { sparsity: 0.7 });
        return model;
      },
    );
    await expectExact(make, 4);
  });

  test.each([
    ['that stops it early', { monitor: 'valLoss', patience: 0 }],
    [
      'that stops it, without going back',
      { monitor: 'loss', patience: 1, minDelta: 0.05, restoreBest: false },
    ],
    ['that only goes back', { monitor: 'valLoss', patience: 99 }],
  ] as const)('with earlyStopping %s', (_, options) =>
    expectExact(
      script(() => ({
        optimizer: adam({ learningRate: 0.1 }),
        epochs: 8,
        callbacks: [earlyStopping(options)],
      })),
      1,
    ),
  );

  test('with a callback that ends it in the middle of an epoch', () =>
    expectExact(
      script(() => ({
        callbacks: [
          { onStep: ({ epoch, step }, run) => (epoch === 2 && step === 3 ? run.stop() : undefined) },
        ],
      })),
      2,
    ));
});

describe('images, killed again and again', () => {
  const images = values(64 * 30, 7);
  const labels = Uint8Array.from({ length: 30 }, (_, i) => i % 4);
  const net = (sparsity: number | undefined, storage: StorageChoice) =>
    sequential({ inputShape: [1, 8, 8], seed: 3, storage, ...(sparsity && { sparsity }) }, [
      conv2d(6, 3, { padding: 1 }),
      batchNorm(),
      relu(),
      residual([conv2d(6, 3, { padding: 1 }), batchNorm(), relu()]),
      globalAvgPool2d(),
      flatten(),
      dropout(0.1),
      dense(4),
    ]);
  const make =
    (sparsity: number | undefined, pruning?: () => TrainingPruning, storage: StorageChoice = 'auto'): Make =>
    async () => ({
      model: await net(sparsity, storage),
      x: images,
      y: labels,
      options: {
        epochs: 3,
        batchSize: 4,
        optimizer: adam({ learningRate: 0.01 }),
        validation: { images, labels },
        augment: augmentImages({ shift: 1, rotate: 10, elastic: { strength: 4, smoothness: 2 } }),
        ...(pruning && { pruning: pruning() }),
      },
    });

  test.each([
    ['dense', undefined, undefined],
    ['sparse', 0.7, undefined],
    ['with rigl', 0.7, () => rigl({ every: 4 })],
    ['with gradual', undefined, () => gradual({ sparsity: 0.8, every: 3 })],
    ['with batchNormSlimming', undefined, () => batchNormSlimming({ strength: 0.01 })],
    ['with acdc', undefined, () => acdc({ sparsity: 0.7 })],
    ['with l0', undefined, () => l0({ lambda: 2 })],
  ] as const)('%s', (_, sparsity, pruning) => expectExact(make(sparsity, pruning), 2));

  test.each([
    ['as it is', 0.7, undefined],
    ['with set', 0.7, () => set({ every: 3 })],
    ['with rigl', 0.7, () => rigl({ every: 4 })],
    ['with granet', 0.3, () => granet({ sparsity: 0.8, every: 3 })],
    ['with gradual', undefined, () => gradual({ sparsity: 0.8, every: 3 })],
    ['with dynamicNetworkSurgery', 0.3, () => dynamicNetworkSurgery({ sparsity: 0.8, every: 3 })],
  ] as const)('stored csr, %s', (_, sparsity, pruning) => expectExact(make(sparsity, pruning, 'csr'), 2));
});

describe('pruning inside fit, killed again and again', () => {
  const ramp = { sparsity: 0.8, every: 3 } as const;
  const methods: Readonly<Record<string, () => TrainingPruning>> = {
    gradual: () => gradual(ramp),
    'gradual by taylor': () => gradual({ ...ramp, criterion: 'taylor', data: held }),
    'gradual by chance': () => gradual({ ...ramp, criterion: 'random' }),
    granet: () => granet(ramp),
    'granet with random regrowth': () => granet({ ...ramp, regrow: 'random' }),
    'dynamicNetworkSurgery to a sparsity': () => dynamicNetworkSurgery(ramp),
    'dynamicNetworkSurgery by thresholds': () => dynamicNetworkSurgery({ c: 0.5, every: 3, gamma: 0.1 }),
    movement: () => movement(ramp),
    trainableThreshold: () => trainableThreshold({ alpha: 0.01, learningRate: 1 }),
    l0: () => l0({ lambda: 3, learningRate: 0.1 }),
    srSte: () => srSte({ n: 2, m: 4 }),
    acdc: () => acdc({ sparsity: 0.8 }),
    'acdc in short phases': () => acdc({ sparsity: 0.8, warmup: 0, finish: 0.2 }),
  };

  describe.each(Object.keys(methods))('%s', (name) => {
    test.each(['auto', 'dense', 'csr'] as const)('stored %s', (storage) =>
      expectExact(
        script(
          () => ({ pruning: methods[name]!() }),
          () => build({ storage }),
        ),
        4,
      ),
    );
  });

  const moving: Readonly<Record<string, () => TrainingPruning>> = {
    set: () => set(),
    rigl: () => rigl({ every: 4 }),
    dynamic: () => dynamic({ every: 5, regrow: 'random' }),
    granet: () => granet(ramp),
    movement: () => movement({ ...ramp, sparsity: 0.9 }),
    l0: () => l0({ lambda: 1 }),
  };

  describe.each(Object.keys(moving))('%s of connections that are sparse from the begin', (name) => {
    test.each(['auto', 'dense', 'csr'] as const)('stored %s', (storage) =>
      expectExact(
        script(
          () => ({ pruning: moving[name]!(), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) }),
          () => build({ storage, sparsity: 0.7 }),
        ),
        4,
      ),
    );
  });

  test('blocks that move, by rigl', () =>
    expectExact(
      script(
        () => ({ pruning: rigl({ every: 4 }) }),
        () => build({ storage: 'block4', sparsity: 0.7 }),
      ),
      4,
    ));
});
