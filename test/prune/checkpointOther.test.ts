import { describe, expect, test } from 'vitest';
import {
  CheckpointError,
  type CheckpointStore,
  type Criterion,
  dense,
  type FitOptions,
  gradual,
  iterative,
  type LabelledData,
  l0,
  linear,
  magnitude,
  movement,
  type PruneOptions,
  perLayer,
  prune,
  random,
  relu,
  type Sequential,
  sequential,
  sgd,
  standardDeviations,
  taylor,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';
import { memoryStore } from '../train/checkpointSupport.js';

const labelled = (seed: number, count = 24): LabelledData => ({
  images: values(8 * count, seed),
  labels: Uint8Array.from({ length: count }, (_, i) => (i * seed) % 3),
});
const data = labelled(1);
const build = () => sequential({ inputShape: [8], seed: 4 }, [dense(7), relu(), dense(5), relu(), dense(3)]);
const optimizer = () => sgd({ learningRate: 0.1 });

type Run<Options> = (model: Sequential, more: Options, checkpoint: CheckpointStore) => Promise<unknown>;

/** Runs `first` to its end, and what `second` says to its checkpoint; nothing may change where it refuses. */
async function retold<Options>(run: Run<Options>, first: Options, second: Options): Promise<unknown> {
  const store = memoryStore();
  const one = await build();
  await run(one, first, store);
  one.dispose();
  const model = await build();
  const before = fingerprint(model);
  const failure = await run(model, second, store).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure) expect(fingerprint(model)).toBe(before);
  model.dispose();
  return failure;
}

type Change<Options> = readonly [string, first: Options, second: Options, message: RegExp];

/** The message begins with what differs: nothing else does. */
function expectOther(failure: unknown, message: RegExp): void {
  expect(failure).toBeInstanceOf(CheckpointError);
  const [, told] = /^\w+: the checkpoint .* got another one: (.*)\. Delete it/.exec(
    (failure as Error).message,
  )!;
  expect(told).toMatch(message);
}

/** The share that is taken from is in a closure; `share` tells it. */
const sized =
  (by: number): Criterion =>
  ({ weight }) =>
    weight.map((w) => Math.abs(w) * by);

describe('the checkpoint of another pruning is refused', () => {
  const run: Run<PruneOptions> = (model, more, checkpoint) =>
    prune(model, {
      ...(more.threshold === undefined && typeof more.allocation !== 'function' && { sparsity: 0.5 }),
      schedule: iterative({ rounds: 2 }),
      fit: { data, batchSize: 12, optimizer: optimizer() },
      ...more,
      checkpoint,
    });
  const changes: readonly Change<PruneOptions>[] = [
    [
      'another criterion',
      { criterion: magnitude() },
      { criterion: taylor() },
      /^pruning\.criterion\.kind: "magnitude" there, "taylor" here; pruning data: /,
    ],
    [
      'other shares',
      { allocation: perLayer({ dense1: 0.9, dense2: 0.5 }) },
      { allocation: perLayer({ dense1: 0.5, dense2: 0.5 }) },
      /^pruning\.allocation\.shares\.dense1: 0\.9 there, 0\.5 here; /,
    ],
    [
      'another threshold',
      { threshold: standardDeviations(1) },
      { threshold: standardDeviations(0.5) },
      /^pruning\.allocation\.threshold\.q: 1 there, 0\.5 here$/,
    ],
    [
      'another number',
      { threshold: 0.1 },
      { threshold: 0.2 },
      /^pruning\.allocation\.threshold: 0\.1 there, 0\.2 here$/,
    ],
    [
      'another criterion of its own',
      { criterion: ({ weight }) => weight.map(Math.abs) },
      { criterion: ({ weight }) => weight.map((w) => w * w) },
      /^pruning\.criterion\.code: "crc32c:\w{8}" there, "crc32c:\w{8}" here$/,
    ],
    [
      'a criterion with another property',
      { criterion: Object.assign(sized(1), { options: { by: 1 } }) },
      { criterion: Object.assign(sized(-1), { options: { by: -1 } }) },
      /^pruning\.criterion\.by: 1 there, -1 here$/,
    ],
    [
      'other groups',
      { structure: ({ rows, cols }) => Uint32Array.from({ length: rows * cols }, (_, i) => i >> 1) },
      { structure: ({ rows, cols }) => Uint32Array.from({ length: rows * cols }, (_, i) => i >> 2) },
      /^pruning\.structure\.of\.code: /,
    ],
    [
      'another schedule',
      { schedule: { rounds: 2, sparsityAt: (round) => round / 4 } },
      { schedule: { rounds: 2, sparsityAt: (round) => round * round * 0.125 } },
      /^pruning\.targets\[0\]: 0\.25 there, 0\.125 here$/,
    ],
    [
      'other calibration images',
      { criterion: 'taylor', data: labelled(2) },
      { criterion: 'taylor', data: { ...labelled(2), images: labelled(3).images } },
      /^pruning data\.images: "Float32Array\(192\) crc32c:\w{8}" there, "Float32Array\(192\) crc32c:\w{8}" here$/,
    ],
    [
      'other calibration labels',
      { criterion: 'taylor', data: labelled(2) },
      { criterion: 'taylor', data: { ...labelled(2), labels: labelled(3).labels } },
      /^pruning data\.labels: "Uint8Array\(24\) crc32c:\w{8}" there, /,
    ],
    [
      'what survivors become',
      {},
      { survivors: 'reinit' },
      /^pruning\.survivors: "trained" there, "reinit" here$/,
    ],
  ];
  test.each(changes)('%s', async (_, first, second, message) => {
    expectOther(await retold(run, first, second), message);
    expect(await retold(run, first, first)).toBeUndefined();
  });

  test('but defaults may be written out, and names be functions', async () => {
    const written: PruneOptions = {
      ...{ survivors: 'trained', criterion: magnitude(), allocation: 'global', structure: 'weight' },
      ...{ guard: true, damp: 0.01, restart: false, batchSize: 64, loss: 'softmaxCrossEntropy' },
    };
    expect(await retold(run, {}, written)).toBeUndefined();
    expect(await retold(run, { criterion: 'taylor' }, { criterion: taylor(), data })).toBeUndefined();
  });
});

describe('the checkpoint of a fit with other pruning is refused', () => {
  const run: Run<FitOptions> = (model, more, checkpoint) =>
    model.fit(data.images, data.labels, {
      epochs: 3,
      batchSize: 8,
      optimizer: optimizer(),
      ...more,
      checkpoint,
    });
  const gradually = (more: object) => ({ pruning: gradual({ sparsity: 0.9, every: 2, ...more }) });
  const moving = (learningRate: number | ((step: number) => number)) => ({
    pruning: movement({ sparsity: 0.5, every: 5, learningRate }),
  });
  const byScale = (scale: number) => (step: number) => step * scale;
  const changes: readonly Change<FitOptions>[] = [
    [
      'another criterion',
      gradually({ criterion: magnitude() }),
      gradually({ criterion: random() }),
      /^pruning\.criterion\.kind: "magnitude" there, "random" here$/,
    ],
    [
      'another curve',
      gradually({ curve: (p: number) => p }),
      gradually({ curve: (p: number) => p * p }),
      /^pruning\.curve\.progress\.code: .*; pruning\.curve\.progress\.values\[1\]: 0\.0625 there, 0\.00390625 here$/,
    ],
    [
      'other data of gradual()',
      gradually({ criterion: 'taylor', data: labelled(2) }),
      gradually({ criterion: 'taylor', data: labelled(3) }),
      /^pruning\.data\.images: .*; pruning\.data\.labels: /,
    ],
    [
      'another schedule of gates',
      { pruning: l0({ learningRate: linear({ start: 0.1, end: 0.2, steps: 5 }) }) },
      { pruning: l0({ learningRate: linear({ start: 0.5, end: 0.2, steps: 5 }) }) },
      /^pruning\.learningRate\.start: 0\.1 there, 0\.5 here$/,
    ],
    [
      'a schedule of one text with other values',
      moving(byScale(1)),
      moving(byScale(2)),
      /^pruning\.learningRate\.values\[2\]: 1 there, 2 here$/,
    ],
    [
      'another period',
      moving(1),
      { pruning: movement({ sparsity: 0.5, every: 6 }) },
      /^pruning\.period\.every: 5 there, 6 here$/,
    ],
    [
      'a learning rate that differs at a step between samples',
      { optimizer: sgd({ learningRate: (step) => (step === 1000 ? 5 : 0.1) }) },
      { optimizer: sgd({ learningRate: (step) => (step === 1001 ? 5 : 0.1) }) },
      /^optimizer\.learningRate\.code: /,
    ],
  ];
  test.each(changes)('%s', async (_, first, second, message) => {
    expectOther(await retold(run, first, second), message);
    expect(await retold(run, first, first)).toBeUndefined();
  });
});
