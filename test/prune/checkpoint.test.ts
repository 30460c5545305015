import { describe, expect, test } from 'vitest';
import {
  acdc,
  adam,
  block,
  type Callback,
  CheckpointError,
  dense,
  dropout,
  earlyStopping,
  FormatError,
  iterative,
  learningRateRewinding,
  lotteryTicket,
  nm,
  OptionError,
  type PruneOptions,
  type PruneReport,
  prune,
  relu,
  type Sequential,
  sequential,
  sgd,
} from '../../src/index.js';
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

async function attempt(make: Make, more: Partial<PruneOptions> = {}, kill?: Callback) {
  const model = await build();
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

async function expectExact(make: Make, life: number, everySteps: number): Promise<void> {
  const whole = await attempt(make);
  const store = memoryStore();
  let kills = 0;
  for (;;) {
    const end = await attempt(make, { checkpoint: { store, everySteps } }, killAfter(life));
    if (end) {
      expect(end).toEqual(whole);
      expect(kills).toBeGreaterThan(2);
      break;
    }
    if (++kills > 200) throw new Error('never comes to its end');
  }
  // Once more: nothing is left to do, and the same comes out.
  expect(await attempt(make, { checkpoint: store }, killAfter(1))).toEqual(whole);
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

test('rounds that are done are not reported anew', async () => {
  const store = memoryStore();
  const make = recipe({ sparsity: 0.8, schedule: iterative({ rounds: 3 }) });
  const seen: number[] = [];
  const onRound = ({ round }: { round: number }) => void seen.push(round);
  await attempt(make, { checkpoint: store, onRound }, killAfter(45));
  await attempt(make, { checkpoint: store, onRound });
  expect(seen).toEqual([1, 2, 3]);
});

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
    ['units', { ...base, structure: 'neuron' }, /structure of weights, .* got neuron/],
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
});
