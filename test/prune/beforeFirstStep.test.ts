/** A fit that ends before its first step leaves the weights as they were, whatever pruning takes part. */
import { describe, expect, test } from 'vitest';
import {
  AbortedError,
  acdc,
  batchNorm,
  batchNormSlimming,
  csvLog,
  dense,
  dynamicNetworkSurgery,
  FileError,
  type FitOptions,
  gradual,
  granet,
  l0,
  movement,
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
import { fingerprint, values } from '../model/support.js';

const x = values(24 * 12, 3);
const y = Uint8Array.from({ length: 24 }, (_, i) => i % 3);

const methods: Readonly<Record<string, () => TrainingPruning>> = {
  gradual: () => gradual({ sparsity: 0.8 }),
  l0: () => l0(),
  'l0 that is nearly shut': () => l0({ dropRate: 0.9 }),
  movement: () => movement({ sparsity: 0.8 }),
  dynamicNetworkSurgery: () => dynamicNetworkSurgery({ sparsity: 0.8 }),
  srSte: () => srSte({ n: 2, m: 4 }),
  trainableThreshold: () => trainableThreshold(),
  acdc: () => acdc({ sparsity: 0.8 }),
  granet: () => granet({ sparsity: 0.8 }),
  batchNormSlimming: () => batchNormSlimming(),
  set: () => set(),
  rigl: () => rigl(),
};

class Mine extends Error {}

const aborted = new AbortController();
aborted.abort();

const failures: Readonly<Record<string, readonly [FitOptions, new (...args: never[]) => Error]>> = {
  'a signal that is aborted already': [{ signal: aborted.signal }, AbortedError],
  'a callback that throws': [{ callbacks: [{ onFitBegin: () => Promise.reject(new Mine()) }] }, Mine],
  'a file that cannot be written': [{ callbacks: [csvLog('/nowhere/at/all.csv')] }, FileError],
};

/** With absent connections where a method wants them, and everything live where it wants that. */
async function build(method: string): Promise<Sequential> {
  const layers = [dense(16), batchNorm(), relu(), dense(3)];
  const absent = ['set', 'rigl', 'l0', 'gradual'].includes(method) ? { sparsity: 0.3 } : {};
  return sequential({ inputShape: [12], seed: 5, ...absent }, layers);
}

describe.each(Object.keys(methods))('%s', (method) => {
  test.each(Object.keys(failures))('changes nothing in a fit with %s', async (failure) => {
    const [options, kind] = failures[failure]!;
    const model = await build(method);
    const { liveBytes } = model.engine.memory;
    const before = [fingerprint(model), model.clock.steps];
    for (let turn = 0; turn < 2; turn++) {
      const fit = model.fit(x, y, { epochs: 1, batchSize: 8, pruning: methods[method]!(), ...options });
      await expect(fit).rejects.toThrow(kind);
      expect([fingerprint(model), model.clock.steps]).toEqual(before);
    }
    model.dispose();
    expect(model.engine.memory.liveBytes).toBeLessThan(liveBytes);
  });

  test('changes nothing in a fit that a callback stops before it begins', async () => {
    const model = await build(method);
    const before = fingerprint(model);
    const callbacks = [{ onFitBegin: (run: { stop(): void }) => run.stop() }];
    await model.fit(x, y, { epochs: 1, batchSize: 8, pruning: methods[method]!(), callbacks });
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });
});

test('l0 begins every fit with new gates: after a step of a second fit that learns nothing, half of each weight is left', async () => {
  const model = await build('dense');
  const still = { learningRate: 0 };
  const fitOnce = () =>
    model.fit(x, y, { epochs: 1, batchSize: 24, optimizer: sgd(still), pruning: l0(still) });
  const before = model.getWeights()[0]!;
  await fitOnce();
  expect(model.getWeights()[0]).toEqual(before.map((value) => value / 2));
  await fitOnce();
  expect(model.getWeights()[0]).toEqual(before.map((value) => value / 4));
  model.dispose();
});
