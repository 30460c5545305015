import { describe, expect, test } from 'vitest';
import {
  acdc,
  adam,
  batchNorm,
  block,
  type Callback,
  CheckpointError,
  conv2d,
  dense,
  dropout,
  earlyStopping,
  FormatError,
  flatten,
  iterative,
  learningRateRewinding,
  lotteryTicket,
  neuron,
  nm,
  OptionError,
  type PruneOptions,
  type PruneReport,
  prune,
  relu,
  residual,
  type Sequential,
  sequential,
  sgd,
} from '../../src/index.js';
import { openSealed, seal } from '../../src/io/checksum.js';
import { fingerprint, values } from '../model/support.js';
import { Killed, killAfter, memoryStore } from '../train/checkpointSupport.js';

const data = { images: values(20 * 58, 1), labels: Uint8Array.from({ length: 58 }, (_, i) => i % 3) };
const validation = { images: values(20 * 9, 2), labels: Uint8Array.from({ length: 9 }, (_, i) => i % 3) };
const build = () => sequential({ inputShape: [20], seed: 4 }, [dense(17), relu(), dropout(0.2), dense(3)]);
/** Ten steps an epoch, 20 a round. */
const FIT = { data, validation, epochs: 2, batchSize: 6 } as const;

/** A report without times, and without memory, which moments of forgotten optimizers take until they are collected. */
function plain({ log, rounds, ...report }: PruneReport) {
  return {
    ...report,
    rounds: rounds.map(({ history, ...round }) => {
      const { seconds: _s, samplesPerSecond: _r, trainingBytes: _b, ...figures } = history!;
      return { ...round, figures };
    }),
    log: log.toString(),
    cuts: rounds.map(({ round }) => log.cuts(round)),
  };
}

type Make = () => Omit<PruneOptions, 'fit'> & { fit: NonNullable<PruneOptions['fit']> };

async function attempt(make: Make, more: Partial<PruneOptions> = {}, kill?: Callback, built = build) {
  const model = await built();
  const options = make();
  const callbacks = [...(options.fit.callbacks ?? []), ...(kill ? [kill] : [])];
  try {
    await model.fit(data.images, data.labels, {
      epochs: 1,
      batchSize: 6,
      optimizer: sgd({ learningRate: 0.1 }),
    });
    const report = await prune(model, { ...options, ...more, fit: { ...options.fit, callbacks } });
    const state = options.fit.optimizer && model.states.of(options.fit.optimizer);
    const { steps, epochs } = model.clock;
    const moments = state?.read();
    return {
      report: plain(report),
      weights: fingerprint(model),
      formats: formatsOf(model),
      step: state?.step,
      moments,
      steps,
      epochs,
    };
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return undefined;
  } finally {
    model.dispose();
  }
}

const formatsOf = (model: Sequential) => model.parameters.map(({ format }) => format).join(' ');

async function expectExact(make: Make, life: number, everySteps: number, built = build): Promise<void> {
  const whole = await attempt(make, {}, undefined, built);
  const store = memoryStore();
  let kills = 0;
  for (;;) {
    const end = await attempt(make, { checkpoint: { store, everySteps } }, killAfter(life), built);
    if (end) {
      expect(end).toEqual(whole);
      expect(kills).toBeGreaterThan(2);
      break;
    }
    if (++kills > 200) throw new Error('never comes to its end');
  }
  // Once more: nothing is left to do, and the same comes out.
  expect(await attempt(make, { checkpoint: store }, killAfter(1), built)).toEqual(whole);
}

const recipe =
  (options: PruneOptions, fit: Partial<PruneOptions['fit']> = {}): Make =>
  () => ({
    ...options,
    fit: { ...FIT, optimizer: adam({ learningRate: 0.01 }), ...fit },
  });

describe('a pruning that is killed again and again ends as if it had not been', () => {
  const rounds = iterative({ rounds: 3 });
  const recipes: Readonly<Record<string, Make>> = {
    lotteryTicket: recipe(lotteryTicket({ sparsity: 0.8, rate: 0.4 })),
    'lotteryTicket, rewound to a later step': recipe(lotteryTicket({ sparsity: 0.8, rate: 0.4 }), {
      rewindAt: 15,
    }),
    learningRateRewinding: recipe(learningRateRewinding({ sparsity: 0.8, rate: 0.4 })),
    'magnitude, trained on': recipe({ sparsity: 0.8, schedule: rounds }),
    'taylor, drawn anew': recipe({
      sparsity: 0.8,
      schedule: rounds,
      criterion: 'taylor',
      survivors: 'reinit',
    }),
    'obs, layer by layer': recipe({ sparsity: 0.8, schedule: rounds, criterion: 'obs' }),
    'wanda, reconstructed': recipe({
      sparsity: 0.8,
      schedule: rounds,
      criterion: 'wanda',
      survivors: 'reconstruct',
    }),
    'blocks of 4x1': recipe({ sparsity: 0.8, schedule: rounds, structure: block(4, 1) }),
    '2:4': recipe({ structure: nm(2, 4), layers: ['dense1'], schedule: rounds }),
    'with another optimizer every round': () => ({ sparsity: 0.8, schedule: rounds, fit: FIT }),
    'with early stopping': () => ({
      sparsity: 0.8,
      schedule: rounds,
      fit: {
        ...FIT,
        epochs: 3,
        optimizer: adam({ learningRate: 0.05 }),
        callbacks: [earlyStopping({ patience: 0 })],
      },
    }),
  };

  test.each(Object.keys(recipes))('%s', async (name) => {
    await expectExact(recipes[name]!, 9, 1);
    await expectExact(recipes[name]!, 11, 4);
  });
});

describe('a pruning that makes the model smaller does so too', () => {
  const rounds = iterative({ rounds: 3 });
  /** 20 numbers as one channel of 4 x 5 pixels: filters that are added, a flattened channel, a block that can go. */
  const images = () =>
    sequential({ inputShape: [1, 4, 5], seed: 4 }, [
      conv2d(6, 3, { padding: 1 }),
      batchNorm(),
      relu(),
      residual([conv2d(6, 3, { padding: 1 }), relu()]),
      residual([conv2d(6, 1), relu()]),
      flatten(),
      dense(9),
      relu(),
      dense(3),
    ]);
  const recipes: Readonly<Record<string, readonly [make: Make, built: typeof build]>> = {
    neurons: [recipe({ structure: 'neuron', sparsity: 0.6, schedule: rounds }), build],
    'neurons one after the other, by their gradients': [
      recipe({ structure: neuron({ greedy: true }), criterion: 'taylor', sparsity: 0.6, schedule: rounds }),
      build,
    ],
    'neurons, rewound': [
      recipe({ structure: 'neuron', sparsity: 0.6, schedule: rounds, survivors: 'rewind' }),
      build,
    ],
    'neurons at random, drawn anew': [
      recipe({
        structure: 'neuron',
        criterion: 'random',
        sparsity: 0.6,
        schedule: rounds,
        survivors: 'reinit',
      }),
      build,
    ],
    filters: [recipe({ structure: 'filter', sparsity: 0.5, schedule: rounds }), images],
    channels: [recipe({ structure: 'channel', sparsity: 0.5, schedule: rounds }), images],
    'layers and blocks': [
      recipe({ structure: 'layer', sparsity: 1, schedule: iterative({ rounds: 2 }) }),
      images,
    ],
  };

  test.each(Object.keys(recipes))('%s', async (name) => {
    const [make, built] = recipes[name]!;
    await expectExact(make, 9, 1, built);
    await expectExact(make, 11, 4, built);
  });
});

test('rounds that are done are not reported anew', async () => {
  const store = memoryStore();
  const make = recipe({ sparsity: 0.8, schedule: iterative({ rounds: 3 }) });
  const seen: number[] = [];
  const onRound = ({ round }: { round: number }) => void seen.push(round);
  await attempt(make, { checkpoint: store, onRound }, killAfter(45));
  await attempt(make, { checkpoint: store, onRound });
  expect(seen).toEqual([1, 2, 3]);
});

type ForgedCuts = { name: string }[][];

describe('what cannot go on is refused, and nothing changes', () => {
  const base = { sparsity: 0.5, schedule: iterative({ rounds: 2 }), fit: FIT };

  async function refused(options: PruneOptions) {
    const model = await build();
    const before = fingerprint(model);
    const failure: unknown = await prune(model, options).catch((error: unknown) => error);
    expect(fingerprint(model)).toBe(before);
    expect(model.clock.steps).toBe(0);
    model.dispose();
    return failure as Error;
  }

  test.each([
    ['no fit', { sparsity: 0.5 }, /must come with fit, got none/],
    [
      'pruning inside fit',
      { ...base, fit: { ...FIT, pruning: acdc({ sparsity: 0.5 }) } },
      /without pruning of its own, got acdc/,
    ],
    [
      'a checkpoint of fit',
      { ...base, fit: { ...FIT, checkpoint: 'x' } },
      /must be an option of prune itself/,
    ],
  ] as const)('%s', async (_, options, message) => {
    const failure = await refused({ checkpoint: memoryStore(), ...options });
    expect(failure).toBeInstanceOf(OptionError);
    expect(failure.message).toMatch(message);
  });

  test('a checkpoint of a fit, of another pruning, or damaged', async () => {
    const fitted = memoryStore();
    const model = await build();
    await model.fit(data.images, data.labels, { checkpoint: fitted });
    model.dispose();
    const one = await refused({ ...base, checkpoint: fitted });
    expect(one).toBeInstanceOf(CheckpointError);
    expect(one.message).toMatch(/must be that of a pruning, got that of a "fit"/);
    const store = memoryStore();
    const own = await build();
    await prune(own, { ...base, checkpoint: store });
    own.dispose();
    const other = await refused({ ...base, sparsity: 0.6, checkpoint: store });
    expect(other).toBeInstanceOf(CheckpointError);
    expect(other.message).toMatch(/pruning .*0\.5.* there and .*0\.6.* here/);
    store.bytes![store.bytes!.length >> 1]! ^= 1;
    expect(await refused({ ...base, checkpoint: store })).toBeInstanceOf(FormatError);
  });

  test.each([
    ['cuts of another layer', (cuts: ForgedCuts) => Object.assign(cuts[0]![0]!, { name: 'dense9' })],
    ['cuts that are missing', (cuts: ForgedCuts) => cuts[0]!.pop()],
    ['cuts that come twice', (cuts: ForgedCuts) => cuts[0]!.push(cuts[0]![0]!)],
  ] as const)('a checkpoint of units with %s', async (_, change) => {
    const options = { ...base, structure: 'neuron' } as const;
    const store = memoryStore();
    const own = await build();
    await prune(own, { ...options, checkpoint: store });
    own.dispose();
    const { tensors, metadata } = openSealed(store.bytes!);
    const { checksum: _checksum, ...rest } = metadata;
    const list = [...tensors.values()];
    const json = list.find(({ name }) => name === 'training/json')!;
    const state = JSON.parse(new TextDecoder().decode(json.data as Uint8Array));
    change(state.cuts);
    const bytes = new TextEncoder().encode(JSON.stringify(state));
    const forged = { ...json, shape: [bytes.length], data: bytes } as never;
    const checkpoint = memoryStore(seal([...list.filter((one) => one !== json), forged], rest));
    expect(await refused({ ...options, checkpoint })).toBeInstanceOf(FormatError);
  });
});
