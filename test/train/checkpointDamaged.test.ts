import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Callback, DataError, FileError, FormatError, l0 } from '../../src/index.js';
import { openSealed, seal } from '../../src/io/checksum.js';
import { fingerprint } from '../model/support.js';
import {
  killAfter,
  killed,
  make,
  memoryStore,
  outcomeOf,
  process,
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

describe('a damaged checkpoint', () => {
  const attempt = async (bytes: Uint8Array) => {
    const store = memoryStore(bytes);
    const { model, options } = await make();
    const state = model.states.of(options.optimizer);
    const look = () => [fingerprint(model), { ...model.clock }, model.rewindPoint, state.step, state.read()];
    const before = look();
    const failure: unknown = await model
      .fit(x, y, { ...options, checkpoint: store })
      .catch((error: unknown) => error);
    expect(look()).toEqual(before);
    expect(store.writes).toBe(0);
    model.dispose();
    return failure;
  };

  test('is refused whichever byte of it was changed, and nothing changes', async () => {
    const bytes = await killed();
    const { model, options } = await make();
    const print = fingerprint(model);
    for (let at = 0; at < bytes.length; at++) {
      const copy = bytes.slice();
      copy[at]! ^= 1 << (at % 8);
      const failure = await model
        .fit(x, y, { ...options, checkpoint: { read: async () => copy, write: async () => {} } })
        .catch((error: unknown) => error);
      if (!(failure instanceof FormatError)) throw new Error(`byte ${at}: ${String(failure)}`);
    }
    expect(fingerprint(model)).toBe(print);
    model.dispose();
  });

  test('is refused at every length', async () => {
    const bytes = await killed();
    for (let length = 0; length < bytes.length; length += length < 40 ? 1 : 97) {
      expect(await attempt(bytes.subarray(0, length))).toBeInstanceOf(FormatError);
    }
  });

  test.each([
    ['an empty file', new Uint8Array(0), /an empty file/],
    ['text', new TextEncoder().encode('loss,accuracy\n'), /without a checksum/],
    ['a page', new TextEncoder().encode('<!doctype html><p>'), /an HTML page/],
    ['a model file', undefined, /must be a checkpoint of version 2, got a model without training state/],
  ])('%s is refused, and what to do is said', async (_, bytes, message) => {
    const { model } = await make();
    const failure = await attempt(bytes ?? model.encode());
    model.dispose();
    expect(failure).toBeInstanceOf(FormatError);
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).toMatch(
      /^fit: the checkpoint in its store must be whole; delete it to begin anew, or give another place: /,
    );
  });

  /** What lies within a state. */
  const within = (state: unknown, ...keys: readonly (string | number)[]) =>
    keys.reduce<unknown>((inner, key) => (inner as State)[key], state) as State & unknown[];

  /** The checkpoint with its training state changed, sealed again: what a checksum does not tell. */
  async function forged(change: (state: Record<string, unknown>) => void): Promise<Uint8Array> {
    const { tensors, metadata } = openSealed(await killed());
    const list = [...tensors.values()];
    const json = list.find(({ name }) => name === 'training/json')!;
    const state = JSON.parse(new TextDecoder().decode(json.data as Uint8Array)) as Record<string, unknown>;
    change(state);
    const data = new TextEncoder().encode(JSON.stringify(state));
    const { checksum: _, ...rest } = metadata;
    return seal(
      [...list.filter((one) => one !== json), { ...json, shape: [data.length], data } as never],
      rest,
    );
  }

  type State = Record<string, unknown>;
  test.each([
    ['no epoch', (state: State) => Reflect.deleteProperty(state, 'epoch')],
    ['epoch 0', (state: State) => Object.assign(state, { epoch: 0 })],
    ['an epoch beyond the last', (state: State) => Object.assign(state, { epoch: 99 })],
    ['a step beyond the last', (state: State) => Object.assign(within(state, 'progress'), { step: 6 })],
    ['a step of one half', (state: State) => Object.assign(within(state, 'progress'), { step: 0.5 })],
    ['moments of another parameter', (state: State) => within(state, 'slots').reverse()],
    ['no moments', (state: State) => Object.assign(state, { slots: [] })],
    ['one moment', (state: State) => Object.assign(state, { slots: [[], [], [], []] })],
    [
      'moments that are no array',
      (state: State) =>
        Object.assign(state, {
          slots: [
            [1, 2],
            [1, 2],
            [1, 2],
            [1, 2],
          ],
        }),
    ],
    ['an array that is not there', (state: State) => Object.assign(state, { rewindPoint: { $tensor: 999 } })],
    ['a number that is none', (state: State) => Object.assign(state, { epoch: { $number: 'two' } })],
    ['another format', (state: State) => Object.assign(state, { formats: ['csr', 'csr', 'csr', 'csr'] })],
    [
      'a format that there is not',
      (state: State) => Object.assign(state, { formats: ['x', 'dense', 'dense', 'dense'] }),
    ],
    ['a history of words', (state: State) => Object.assign(within(state, 'history'), { loss: ['low'] })],
    [
      'a history that is too long',
      (state: State) => Object.assign(within(state, 'history'), { loss: [1, 2, 3, 4, 5] }),
    ],
    ['no clock', (state: State) => Object.assign(state, { clock: null })],
    ['states of callbacks that there are not', (state: State) => Object.assign(state, { callbacks: [1] })],
    ['a rewind point of other parameters', (state: State) => within(state, 'rewindPoint').pop()],
    [
      'weights to go back to of another size',
      (state: State) => within(state, 'progress', 'before', 'weights').reverse(),
    ],
    [
      'a tower of lists',
      (state: State) => Object.assign(state, { rewindPoint: JSON.parse('['.repeat(99) + ']'.repeat(99)) }),
    ],
  ] as readonly (readonly [string, (state: State) => unknown])[])(
    '%s is refused, and nothing changes',
    async (_, change) => {
      expect(await attempt(await forged((state) => void change(state as State)))).toBeInstanceOf(FormatError);
    },
  );

  test('forged shadows are refused, and nothing changes', async () => {
    const store = memoryStore();
    const pruned = async () => ({ ...(await make()), options: { ...(await make()).options, pruning: l0() } });
    await process(pruned, store, 1, killAfter(8));
    const { tensors, metadata } = openSealed(store.bytes!);
    const { checksum: _, ...rest } = metadata;
    const list = [...tensors.values()];
    const json = list.find(({ name }) => name === 'training/json')!;
    const text = new TextDecoder().decode(json.data as Uint8Array);
    for (const change of [
      (state: State) => Object.assign(within(state, 'pruning', 'state'), { shadows: null }),
      (state: State) => Object.assign(within(state, 'pruning', 'state'), { running: 1 }),
      (state: State) => Object.assign(within(state, 'pruning', 'state', 'shadows', 0), { own: [] }),
      (state: State) => Object.assign(state, { pruning: null }),
    ]) {
      const state = JSON.parse(text) as State;
      change(state);
      const data = new TextEncoder().encode(JSON.stringify(state));
      const bytes = seal(
        [...list.filter((one) => one !== json), { ...json, shape: [data.length], data } as never],
        rest,
      );
      const script = await pruned();
      const print = fingerprint(script.model);
      const options = { ...script.options, checkpoint: memoryStore(bytes) };
      await expect(script.model.fit(x, y, options)).rejects.toThrow(FormatError);
      expect(fingerprint(script.model)).toBe(print);
      script.model.dispose();
    }
  });
});

describe('a disk that fails', () => {
  const full = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));

  test('ends the fit with a FileError; the checkpoint before stays, and the fit goes on from it', async () => {
    const whole = await uninterrupted(make);
    const file = inFolder('run');
    for (const failing of [2, 3, 5]) {
      fs.rmSync(file, { force: true });
      let renames = 0;
      const rename = fs.promises.rename;
      vi.spyOn(fs.promises, 'rename').mockImplementation((...names) =>
        ++renames === failing ? full() : rename(...names),
      );
      const first = await make();
      const options = { ...first.options, checkpoint: { path: file, everySteps: 3 } };
      await expect(first.model.fit(x, y, options)).rejects.toThrow(FileError);
      expect(fs.readdirSync(folder)).toEqual(['run']);
      first.model.dispose();
      const script = await make();
      const history = await script.model.fit(x, y, {
        ...script.options,
        checkpoint: { path: file, everySteps: 3 },
      });
      expect(outcomeOf(script, history)).toEqual(whole);
      script.model.dispose();
      vi.restoreAllMocks();
    }
  });

  test.each([
    ['a folder that is not there', () => inFolder('none/run'), FileError],
    ['a folder', () => folder, FileError],
  ])('%s is noticed before the first step', async (_, file, kind) => {
    const { model, options } = await make();
    const steps: number[] = [];
    const callbacks: Callback[] = [{ onStep: ({ step }) => void steps.push(step) }];
    const print = fingerprint(model);
    await expect(model.fit(x, y, { ...options, callbacks, checkpoint: file() })).rejects.toThrow(kind);
    expect(steps).toEqual([]);
    expect(fingerprint(model)).toBe(print);
    await model.fit(x, y, options);
    model.dispose();
  });

  test('a page without a file system is told before anything happens', async () => {
    const { model, options } = await make();
    vi.stubGlobal('process', undefined);
    await expect(model.fit(x, y, { ...options, checkpoint: 'run' })).rejects.toThrow(
      'must have a file system',
    );
    vi.unstubAllGlobals();
    model.dispose();
  });

  test('a store that gives something else is refused', async () => {
    const { model, options } = await make();
    const checkpoint = { read: async () => 'text' as never, write: async () => {} };
    await expect(model.fit(x, y, { ...options, checkpoint })).rejects.toThrow(DataError);
    const none = { read: async () => null as never, write: async () => {} };
    await model.fit(x, y, { ...options, checkpoint: none });
    model.dispose();
  });
});
