/** What the tests of checkpoints share: runs that are interrupted anywhere, and what they must end as. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import {
  AbortedError,
  adam,
  type Callback,
  type CheckpointStore,
  dense,
  type FitOptions,
  type History,
  type Optimizer,
  relu,
  type Sequential,
  sequential,
  type Targets,
} from '../../src/index.js';
import type { TensorValues } from '../../src/tensor/values.js';
import { values } from '../model/support.js';

/** A script that trains: everything is made anew at every call, as in another process. */
export interface Script {
  readonly model: Sequential;
  readonly x: Float32Array;
  readonly y: Targets;
  readonly options: FitOptions & { readonly optimizer: Optimizer };
}

/** A place in memory, which holds copies as a file does. */
export function memoryStore(
  initial?: Uint8Array,
): CheckpointStore & { bytes: Uint8Array | undefined; writes: number } {
  return {
    bytes: initial,
    writes: 0,
    async read() {
      return this.bytes?.slice();
    },
    async write(bytes) {
      this.bytes = bytes.slice();
      this.writes++;
    },
  };
}

export class Killed extends Error {}

/** Ends the fit without warning after that many steps of this process. */
export function killAfter(steps: number): Callback {
  let left = steps;
  return {
    onStep() {
      if (--left <= 0) throw new Killed();
    },
  };
}

function hashOf(data: readonly TensorValues[] | null): string {
  const hash = createHash('sha256');
  for (const { format, ...values } of data ?? []) {
    hash.update(format);
    for (const value of Object.values(values)) {
      hash.update(
        ArrayBuffer.isView(value)
          ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
          : String(value),
      );
    }
  }
  return hash.digest('hex');
}

/** Everything that a fit leaves behind, but for times. */
export function outcomeOf({ model, options }: Script, history: History) {
  const { seconds: _s, samplesPerSecond: _r, ...figures } = history;
  const state = model.states.of(options.optimizer);
  const moments = createHash('sha256');
  for (const slot of state.read().flat()) moments.update(new Uint8Array(slot.buffer));
  const { steps, epochs } = model.clock;
  return {
    weights: hashOf(model.parameters.map((parameter) => parameter.values())),
    formats: model.parameters.map(({ format }) => format).join(' '),
    moments: moments.digest('hex'),
    step: state.step,
    steps,
    epochs,
    rewindPoint: hashOf(model.rewindPoint),
    figures,
  };
}

export type Outcome = ReturnType<typeof outcomeOf>;

/** The outcome of a script that nobody interrupts, and that keeps nothing. */
export async function uninterrupted(make: () => Promise<Script>): Promise<Outcome> {
  const script = await make();
  const history = await script.model.fit(script.x, script.y, script.options);
  const outcome = outcomeOf(script, history);
  script.model.dispose();
  return outcome;
}

/** One process: trains with a checkpoint until it is killed or done. */
export async function process(
  make: () => Promise<Script>,
  store: CheckpointStore,
  everySteps: number,
  kill?: Callback,
): Promise<Outcome | undefined> {
  const script = await make();
  const { model, x, y, options } = script;
  const before = model.engine.memory.liveBytes;
  const callbacks = [...(options.callbacks ?? []), ...(kill ? [kill] : [])];
  try {
    const history = await model.fit(x, y, { ...options, callbacks, checkpoint: { store, everySteps } });
    return outcomeOf(script, history);
  } catch (error) {
    if (!(error instanceof Killed || error instanceof AbortedError)) throw error;
    return undefined;
  } finally {
    model.dispose();
    expect(model.engine.memory.liveBytes).toBeLessThan(before);
  }
}

/** Kills a script every few steps until it ends, `life` steps a process; gives its outcome and the number of kills. */
export async function killedEvery(make: () => Promise<Script>, life: number, everySteps: number) {
  const store = memoryStore();
  for (let kills = 0; ; kills++) {
    const outcome = await process(make, store, everySteps, killAfter(life));
    if (outcome) return { outcome, kills };
    if (kills > 1000) throw new Error('a script that never comes to its end');
  }
}

/** Kills a script after `steps` steps, once, and lets it go on. */
export async function killedAt(
  make: () => Promise<Script>,
  steps: number,
  everySteps: number,
): Promise<Outcome> {
  const store = memoryStore();
  const first = await process(make, store, everySteps, killAfter(steps));
  return first ?? (await process(make, store, everySteps))!;
}

/** A small script: five steps an epoch, 20 in all. */
export const x = values(6 * 20, 1);
export const y = Uint8Array.from({ length: 20 }, (_, i) => i % 3);
export const build = (seed = 4) => sequential({ inputShape: [6], seed }, [dense(5), relu(), dense(3)]);
export const FIT = { epochs: 4, batchSize: 4 } as const;
export const make = async (): Promise<Script> => ({
  model: await build(),
  x,
  y,
  options: { ...FIT, optimizer: adam({ learningRate: 0.01 }) },
});

/** A checkpoint of that script, killed after so many steps. */
export async function killed(steps = 8, everySteps = 1): Promise<Uint8Array> {
  const store = memoryStore();
  await process(make, store, everySteps, killAfter(steps));
  return store.bytes!;
}
