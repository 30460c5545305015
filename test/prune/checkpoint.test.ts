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
  MemoryError,
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
import { beforeAllocations } from '../support/faults.js';
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

test('of rounds that are done the last alone is reported anew', async () => {
  const store = memoryStore();
  const make = recipe({ sparsity: 0.8, schedule: iterative({ rounds: 3 }) });
  const seen: number[] = [];
  const onRound = ({ round }: { round: number }) => void seen.push(round);
  await attempt(make, { checkpoint: store, onRound }, killAfter(45));
  await attempt(make, { checkpoint: store, onRound });
  expect(seen).toEqual([1, 2, 3]);
  await attempt(make, { checkpoint: store, onRound }); // had ended: was the last call heard?
  expect(seen).toEqual([1, 2, 3, 3]);
});

test('a round whose report was lost is reported again', async () => {
  const store = memoryStore();
  const make = recipe({ sparsity: 0.8, schedule: iterative({ rounds: 3 }) });
  const seen: number[] = [];
  const dies = ({ round }: { round: number }) => {
    if (round === 2) throw new Killed();
    seen.push(round);
  };
  await attempt(make, { checkpoint: store, onRound: dies });
  await attempt(make, { checkpoint: store, onRound: ({ round }) => void seen.push(round) });
  expect(seen).toEqual([1, 2, 3]);
});

/** What a checkpoint says of the training, as far as it is changed here. */
interface Forged {
  readonly cuts: { name: string }[][];
  readonly fit: {
    readonly slots: unknown[];
    readonly formats: string[];
    readonly rewindPoint: unknown[];
    readonly callbacks: object[];
  };
}

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
    expect(other.message).toMatch(/pruning\.sparsity: 0\.5 there, 0\.6 here/);
    store.bytes![store.bytes!.length >> 1]! ^= 1;
    expect(await refused({ ...base, checkpoint: store })).toBeInstanceOf(FormatError);
  });

  /** A checkpoint whose training state is changed, and sealed again: what a checksum does not tell. */
  function forged(bytes: Uint8Array, change: (state: Forged) => unknown): Uint8Array {
    const { tensors, metadata } = openSealed(bytes);
    const { checksum: _checksum, ...rest } = metadata;
    const list = [...tensors.values()];
    const json = list.find(({ name }) => name === 'training/json')!;
    const state = JSON.parse(new TextDecoder().decode(json.data as Uint8Array)) as Forged;
    change(state);
    const data = new TextEncoder().encode(JSON.stringify(state));
    return seal(
      [...list.filter((one) => one !== json), { ...json, shape: [data.length], data } as never],
      rest,
    );
  }

  test.each([
    ['cuts of another layer', ({ cuts }) => Object.assign(cuts[0]![0]!, { name: 'dense9' })],
    ['cuts that are missing', ({ cuts }) => cuts[0]!.pop()],
    ['cuts that come twice', ({ cuts }) => cuts[0]!.push(cuts[0]![0]!)],
  ] as readonly (readonly [string, (state: Forged) => unknown])[])(
    'a checkpoint of units with %s',
    async (_, change) => {
      const options = { ...base, structure: 'neuron' } as const;
      const store = memoryStore();
      const own = await build();
      await prune(own, { ...options, checkpoint: store });
      own.dispose();
      const checkpoint = memoryStore(forged(store.bytes!, change));
      expect(await refused({ ...options, checkpoint })).toBeInstanceOf(FormatError);
    },
  );

  /** A model whose first round of removing units was interrupted, and everything that going on could change of it. */
  async function interrupted(made: Made) {
    const optimizer = adam({ learningRate: 0.01 });
    const begin = async () => {
      const model = await (made.built ?? build)();
      await model.fit(data.images, data.labels, { epochs: 1, batchSize: 6, optimizer });
      return model;
    };
    const options = { ...base, structure: 'neuron', ...made.options } as const;
    const store = memoryStore();
    const first = await begin();
    const callbacks = [earlyStopping({ patience: 9 })];
    const fit = { ...FIT, optimizer, callbacks: [...callbacks, ...made.kills] };
    await prune(first, { ...options, fit, checkpoint: { store, everySteps: 1 } }).catch(() => undefined);
    first.dispose();
    const model = await begin();
    const look = () => ({
      print: fingerprint(model),
      layers: model.summary().toString(),
      formats: formatsOf(model),
      moments: model.states.of(optimizer).readDense(),
      step: model.states.of(optimizer).step,
      clock: { ...model.clock, samplesPerSecond: 0 },
      rewindPoint: model.rewindPoint,
    });
    const resume = (bytes: Uint8Array, more: Partial<PruneOptions> = {}, extra: readonly Callback[] = []) =>
      prune(model, {
        ...options,
        fit: { ...FIT, optimizer, callbacks: [...callbacks, ...extra] },
        checkpoint: { store: memoryStore(bytes), everySteps: 1 },
        ...more,
      });
    return { model, bytes: store.bytes!, look, resume };
  }
  interface Made {
    readonly options: Partial<PruneOptions>;
    readonly kills: readonly Callback[];
    readonly built?: typeof build;
  }

  /** With a layer that can go. */
  const square = () =>
    sequential({ inputShape: [20], seed: 4 }, [dense(7), relu(), dense(7), relu(), dense(3)]);
  const midway: Made = { options: {}, kills: [killAfter(13)] };
  const forgeries: readonly (readonly [string, Made, (state: Forged) => unknown])[] = [
    ['moments of another parameter', midway, ({ fit }) => fit.slots.reverse()],
    ['no moments', midway, ({ fit }) => fit.slots.splice(0)],
    ['formats that do not fit', midway, ({ fit }) => fit.formats.fill('csr')],
    ['a rewind point of other shapes', midway, ({ fit }) => fit.rewindPoint.reverse()],
    ['a rewind point with a parameter too few', midway, ({ fit }) => fit.rewindPoint.pop()],
    [
      'callbacks that kept something else',
      midway,
      ({ fit }) => Object.assign(fit.callbacks[0]!, { waited: -1 }),
    ],
    ['an epoch beyond the last', midway, ({ fit }) => Object.assign(fit, { epoch: 9 })],
    [
      'a second round in which moments are those of the first',
      { options: {}, kills: [killAfter(33)] },
      ({ fit }) => fit.slots.reverse(),
    ],
    [
      'a fit that had ended with other moments',
      { options: { schedule: iterative({ rounds: 1 }) }, kills: [] },
      ({ fit }) => fit.slots.reverse(),
    ],
    [
      'layers that had left, and other moments',
      {
        options: { structure: 'layer', sparsity: 1, schedule: iterative({ rounds: 1 }) },
        built: square,
        kills: [killAfter(13)],
      },
      ({ fit }) => fit.slots.reverse(),
    ],
  ];

  test.each(forgeries)('and units and layers are back: %s', async (_, made, change) => {
    const { model, bytes, look, resume } = await interrupted(made);
    const before = look();
    const live = model.engine.memory.liveBytes;
    await expect(resume(forged(bytes, change))).rejects.toBeInstanceOf(FormatError);
    expect(look()).toEqual(before);
    expect(model.engine.memory.liveBytes).toBe(live);
    await resume(bytes); // it is still the model that the checkpoint goes with
    expect(model.summary().toString()).not.toBe(before.layers);
    model.dispose();
  });

  test('and units are back when the fit cannot begin for another reason', async () => {
    const { model, bytes, look, resume } = await interrupted(midway);
    const before = look();
    const abort = new AbortController();
    abort.abort();
    await expect(resume(bytes, { signal: abort.signal })).rejects.toThrow(/aborted/);
    expect(look()).toEqual(before);
    const refuse: Callback = {
      onFitBegin() {
        throw new RangeError('not today');
      },
    };
    await expect(resume(bytes, {}, [refuse])).rejects.toThrow('not today');
    expect(look()).toEqual(before);
    await resume(bytes);
    model.dispose();
  });

  test('and units are back when an allocation is refused, whichever it is', async () => {
    const { model, bytes, look, resume } = await interrupted(midway);
    const { memory } = model.engine;
    const before = look();
    for (let n = 1; ; n += 5) {
      let left = n;
      let begun = false;
      const end = beforeAllocations(memory, () => {
        if (!begun && --left === 0) throw new MemoryError('Memory: refused by a test, got an allocation');
      });
      const seen: Callback = {
        onResume: () => {
          begun = true;
        },
      };
      const failure = await resume(bytes, {}, [seen]).catch((error: unknown) => error);
      end();
      if (begun) break;
      expect(failure).toBeInstanceOf(MemoryError);
      expect(look()).toEqual(before);
    }
    model.dispose();
  });
});
