import { describe, expect, test } from 'vitest';
import { createSession, dense, OptionError, type SrSteOptions, sequential, srSte } from '../../src/index.js';
import { values } from '../model/support.js';
import { build, FIT, pushed, sharedTests, x, y } from './shadowSupport.js';

describe('the rule of SR-STE', () => {
  test('keeps the largest of every run, lets others learn, and draws them to zero', async () => {
    const weights = [1, -2, 2, 0.5, 3, 8, 1, 1];
    const none = weights.map(() => 0);
    const { masks } = await pushed(weights, none, 0, 1, () => srSte({ n: 2, m: 4 }));
    expect(masks).toEqual(['01101100']);
    const tie = await pushed([1, -1, 1, 1, 5], none.slice(3), 0, 1, () => srSte({ n: 2, m: 4 }));
    expect(tie.masks).toEqual(['11001']);
    // From 1 the first weight grows by 0.5 a step: it passes 2, and then comes with its value.
    const { masks: grown, seen } = await pushed([1, -2], [-1, 0], 0.5, 4, () =>
      srSte({ n: 1, m: 2, decay: 0, until: 1 }),
    );
    expect(grown).toEqual(['01', '10', '10', '10']);
    expect(seen).toEqual([
      [0, -2],
      [2, 0],
      [2.5, 0],
      [3, 0],
    ]);
  });

  test('decays pruned weights alone', async () => {
    // The first weight is out from the first step on; the second shrinks by an eighth a step, and stays larger.
    const { seen } = await pushed([1, 1.25], [0, 0.125], 1, 4, () =>
      srSte({ n: 1, m: 2, decay: 0.5, until: 1 }),
    );
    expect(seen).toEqual([
      [0, 1.125],
      [0, 1],
      [0, 0.875],
      [0, 0.75],
    ]);
  });
});

describe('srSte', () => {
  sharedTests(() => srSte({ n: 2, m: 4 }));

  test.each([
    [2, 4],
    [1, 4],
    [2, 8],
    [3, 3],
  ])('leaves %i of %i, whatever is left over in a row', async (n, m) => {
    const model = await build('dense');
    const onStep = () => {
      for (const parameter of model.parameters) {
        if (!parameter.prunable || n === m) continue;
        const mask = parameter.readMask()!;
        for (let row = 0; row < parameter.rows; row++) {
          for (let first = 0; first < parameter.cols; first += m) {
            const run = mask.subarray(
              row * parameter.cols + first,
              row * parameter.cols + Math.min(first + m, parameter.cols),
            );
            expect(run.filter((kept) => kept === 1).length).toBe(Math.min(n, run.length));
          }
        }
      }
    };
    await model.fit(x, y, { ...FIT, pruning: srSte({ n, m }), callbacks: [{ onStep }] });
    onStep();
    model.dispose();
  });

  test('makes what the session runs as N:M', async () => {
    const model = await sequential({ inputShape: [64], seed: 1 }, [dense(32)]);
    const inputs = values(64 * 40, 2);
    const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 32);
    await model.fit(inputs, labels, { epochs: 4, batchSize: 8, pruning: srSte({ n: 2, m: 4 }) });
    const session = await createSession(model, { batch: 1, kernels: 'nm' });
    const out = session.run(inputs.subarray(0, 64));
    expect(out).toHaveLength(32);
    session.dispose();
    model.dispose();
  });

  test('refuses what cannot be', () => {
    for (const bad of [
      {},
      { n: 2 },
      { n: 5, m: 4 },
      { n: 0, m: 4 },
      { n: 2, m: 4, decay: -1 },
      { n: 2, m: 4, until: 2 },
      { n: 2, m: 4, every: 1 },
    ]) {
      expect(() => srSte(bad as unknown as SrSteOptions)).toThrow(OptionError);
    }
  });
});
