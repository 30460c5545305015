import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  AbortedError,
  acdc,
  adam,
  type Callback,
  csvLog,
  dense,
  FileError,
  type Loss,
  l0,
  loadModel,
  loadSession,
  movement,
  NumericError,
  progressBar,
  prune,
  type Resumed,
  relu,
  rigl,
  type Sequential,
  sequential,
  softmaxCrossEntropy,
  srSte,
  type TrainingPruning,
} from '../../src/index.js';
import { fingerprint } from '../model/support.js';
import {
  build,
  FIT,
  killAfter,
  make,
  memoryStore,
  outcomeOf,
  process,
  type Script,
  uninterrupted,
  x,
  y,
} from './checkpointSupport.js';

let folder = '';
const inFolder = (name: string) => path.join(folder, name);

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'espalier-checkpoint-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  fs.rmSync(folder, { recursive: true });
});

describe('a checkpoint in a file', () => {
  test('lets the same script go on, and ends it at once when it had ended', async () => {
    const file = inFolder('run.safetensors');
    const whole = await uninterrupted(make);
    const steps: number[] = [];
    const seen: (Resumed | null)[] = [];
    const watch: Callback = {
      onFitBegin: (run) => void seen.push(run.resumed),
      onResume: (at) => void seen.push(at),
      onStep: ({ epoch, step }) => void steps.push(epoch * 10 + step),
    };
    const run = async (...more: Callback[]) => {
      const script = await make();
      const options = { ...script.options, callbacks: [watch, ...more], checkpoint: file };
      const history = await script.model.fit(x, y, options);
      const outcome = outcomeOf(script, history);
      script.model.dispose();
      return outcome;
    };
    await expect(run(killAfter(12))).rejects.toThrow();
    expect(await run()).toEqual(whole);
    expect(await run()).toEqual(whole);
    const at = { epoch: 3, step: 0, done: false };
    const end = { epoch: 5, step: 0, done: true };
    expect(seen).toEqual([null, at, at, end]);
    expect(steps).toEqual([
      11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 31, 32, 31, 32, 33, 34, 35, 41, 42, 43, 44, 45,
    ]);
    expect(fs.readdirSync(folder)).toEqual(['run.safetensors']);
  });

  test('is a model file to all that read models, and models saved hold no training state', async () => {
    const file = inFolder('run.safetensors');
    const { model, options } = await make();
    await model.fit(x, y, { ...options, checkpoint: file });
    const copy = await loadModel(file);
    expect(fingerprint(copy)).toBe(fingerprint(model));
    const session = await loadSession(file);
    const out = session.run(x);
    expect(Array.from(out)).toEqual(Array.from(model.predict(x)));
    expect(copy.encode()).toEqual(model.encode());
    expect(model.encode().length).toBeLessThan(fs.statSync(file).size / 3);
    session.dispose();
    copy.dispose();
    model.dispose();
  });

  test('is kept after every epoch, every few of them, or every few steps', async () => {
    const writes = async (options: object) => {
      const store = memoryStore();
      const script = await make();
      await script.model.fit(x, y, { ...script.options, checkpoint: { store, ...options } });
      script.model.dispose();
      return store.writes;
    };
    // One at the begin, one at the end.
    expect(await writes({})).toBe(2 + 3);
    expect(await writes({ everyEpochs: 2 })).toBe(2 + 1);
    expect(await writes({ everyEpochs: 9 })).toBe(2);
    expect(await writes({ everySteps: 3 })).toBe(2 + 3 + 5); // 15 is the end of an epoch
    expect(await writes({ everySteps: 5, everyEpochs: 9 })).toBe(2 + 4);
  });

  test('takes a store that writes and reads, and a store alone', async () => {
    const store = memoryStore();
    const whole = await uninterrupted(make);
    const run = async (...callbacks: Callback[]) => {
      const script = await make();
      const history = await script.model.fit(x, y, { ...script.options, callbacks, checkpoint: store });
      const outcome = outcomeOf(script, history);
      script.model.dispose();
      return outcome;
    };
    await expect(run(killAfter(7))).rejects.toThrow();
    expect(await run()).toEqual(whole);
  });

  test('that cannot be kept is told before the first step, and before anything is pruned', async () => {
    const { model, options } = await make();
    const before = fingerprint(model);
    const place = inFolder('none/run');
    const pruning = () =>
      prune(model, { sparsity: 0.5, checkpoint: place, fit: { ...options, data: { images: x, labels: y } } });
    for (const call of [() => model.fit(x, y, { ...options, checkpoint: place }), pruning]) {
      await expect(call()).rejects.toThrow(FileError);
      expect(fingerprint(model)).toBe(before);
    }
    const full = { read: async () => undefined, write: () => Promise.reject(new RangeError('full')) };
    await expect(model.fit(x, y, { ...options, checkpoint: full })).rejects.toThrow('full');
    expect([fingerprint(model), model.clock.steps]).toEqual([before, 0]);
    model.dispose();
  });

  test('is written when a fit is aborted, at the very step', async () => {
    const store = memoryStore();
    const whole = await uninterrupted(make);
    for (const steps of [3, 9]) {
      const abort = new AbortController();
      const script = await make();
      const callbacks: Callback[] = [
        { onStep: ({ epoch, step }) => (epoch * 5 + step - 5 === steps ? abort.abort() : undefined) },
      ];
      const options = { ...script.options, callbacks, signal: abort.signal, checkpoint: store };
      await expect(script.model.fit(x, y, options)).rejects.toThrow(AbortedError);
      script.model.dispose();
    }
    const at: Resumed[] = [];
    const script = await make();
    const callbacks: Callback[] = [{ onResume: (resumed) => void at.push(resumed) }];
    const history = await script.model.fit(x, y, { ...script.options, callbacks, checkpoint: store });
    expect(at).toEqual([{ epoch: 2, step: 4, done: false }]);
    expect(outcomeOf(script, history)).toEqual(whole);
    script.model.dispose();
  });

  test('of one fit after another: each goes on in its own file', async () => {
    const two = async (kill?: Callback) => {
      const model = await build();
      const optimizer = adam();
      try {
        await model.fit(x, y, { ...FIT, optimizer, checkpoint: inFolder('one') });
        const callbacks = kill ? [kill] : [];
        await model.fit(x, y, { ...FIT, optimizer, callbacks, checkpoint: inFolder('two') });
        return fingerprint(model);
      } finally {
        model.dispose();
      }
    };
    await expect(two(killAfter(13))).rejects.toThrow();
    const resumed = await two();
    const model = await build();
    const optimizer = adam();
    for (let i = 0; i < 2; i++) await model.fit(x, y, { ...FIT, optimizer });
    expect(resumed).toBe(fingerprint(model));
    model.dispose();
  });

  test('is told by the progress bar, and a log gets no second header', async () => {
    const lines: string[] = [];
    const stream = { write: (text: string) => void lines.push(text) };
    for (const kill of [killAfter(8), undefined, undefined]) {
      const script = await make();
      const callbacks = [progressBar({ stream }), csvLog(inFolder('log.csv')), ...(kill ? [kill] : [])];
      const options = { ...script.options, callbacks, checkpoint: { path: inFolder('run'), everySteps: 2 } };
      await script.model.fit(x, y, options).catch(() => undefined);
      script.model.dispose();
    }
    expect(lines.filter((line) => line.includes('goes on'))).toEqual([
      'goes on with epoch 2, after step 1 of 5\n',
    ]);
    expect(lines.at(-1)).toBe('has ended before: taken from its checkpoint\n');
    expect(fs.readFileSync(inFolder('log.csv'), 'utf8').match(/^epoch,/gm)).toHaveLength(1);
  });
});

describe('an epoch that diverges after it was resumed', () => {
  /** No loss at one step of the model. */
  const broken = (model: () => Sequential, at: number): Loss => ({
    ...softmaxCrossEntropy,
    run: (call) => (model().clock.steps === at ? Number.NaN : softmaxCrossEntropy.run(call)),
  });

  test.each([
    ['without pruning', undefined],
    ['with l0', () => l0({ until: 1 })],
    ['with srSte', () => srSte({ n: 2, m: 4 })],
    ['with movement', () => movement({ sparsity: 0.8, every: 2, until: 1 })],
    ['with acdc', () => acdc({ sparsity: 0.7 })],
    ['with rigl', () => rigl({ every: 2 })],
  ] as readonly (readonly [string, (() => TrainingPruning) | undefined])[])(
    'goes back to where it began, %s',
    async (_, pruning) => {
      const attempt = async (kill: Callback | undefined, store = memoryStore()) => {
        const model = await sequential({ inputShape: [6], seed: 4, sparsity: 0.5 }, [
          dense(9),
          relu(),
          dense(3),
        ]);
        const optimizer = adam();
        const options = {
          ...FIT,
          optimizer,
          loss: broken(() => model, 13),
          callbacks: kill ? [kill] : [],
          ...(pruning && { pruning: pruning() }),
          checkpoint: { store, everySteps: 1 },
        };
        const error: unknown = await model.fit(x, y, options).catch((reason: unknown) => reason);
        const empty = { seconds: [], samplesPerSecond: [] } as never;
        const outcome = outcomeOf({ model, x, y, options }, empty);
        model.dispose();
        return { error, outcome, store };
      };
      const whole = await attempt(undefined);
      expect(whole.error).toBeInstanceOf(NumericError);
      const { store } = await attempt(killAfter(12));
      const again = await attempt(undefined, store);
      expect(again.error).toEqual(whole.error);
      expect(again.outcome).toEqual(whole.outcome);
    },
  );
});

test('callbacks of ones own keep whatever is plain data', async () => {
  const states: unknown[] = [];
  const make2 = async (): Promise<Script> => {
    let state: unknown = 'fresh';
    const odd = {
      nan: Number.NaN,
      inf: -Infinity,
      zero: -0,
      list: [1, [null, true]],
      f: Float32Array.of(1, Number.NaN),
      empty: new Uint32Array(0),
    };
    const mine: Callback = {
      state: () => odd,
      restore: (given) => {
        state = given;
      },
      onFitEnd: () => void states.push(state),
    };
    const script = await make();
    return { ...script, options: { ...script.options, callbacks: [mine] } };
  };
  const store = memoryStore();
  await process(make2, store, 1, killAfter(8));
  await process(make2, store, 1);
  expect(JSON.stringify(states)).toBe(
    '[{"nan":null,"inf":null,"zero":0,"list":[1,[null,true]],"f":{"0":1,"1":null},"empty":{}}]',
  );
  const [{ nan, inf, zero, f, empty }] = states as [Record<string, never>];
  expect([nan, inf, zero, f, empty]).toEqual([
    Number.NaN,
    -Infinity,
    -0,
    Float32Array.of(1, Number.NaN),
    new Uint32Array(0),
  ]);
});
