import { beforeAll, describe, expect, test } from 'vitest';
import {
  createSession,
  dense,
  loadSession,
  OptionError,
  relu,
  type SessionOptions,
  sequential,
  sigmoid,
  tanh,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { productFormats } from '../../src/session/products/index.js';
import { firstOutside, values } from '../model/support.js';
import { build, INPUTS, networks, runTwin } from './runtimeTwin.js';

const choices = ['auto', ...(Object.keys(productFormats) as (keyof typeof productFormats)[])] as const;
const SAMPLES = 45;
const x = values(SAMPLES * INPUTS, 3, 1.5);

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

async function outputsOf(model: Parameters<typeof createSession>[0], options: SessionOptions) {
  const session = await createSession(model, options);
  const out = session.run(x);
  session.dispose();
  return out;
}

describe.each(Object.keys(networks))('an activation threshold in %s', (name) => {
  test.each([0.05, 0.2, 0.5])(
    'of %s gives the float64 twin, and the same bits in all kernels and batches',
    async (t) => {
      for (const sparsity of [0, 0.5, 0.8]) {
        const model = await build(networks[name]!, sparsity);
        const expected = await outputsOf(model, { batch: 1, kernels: 'dense', activationThreshold: t });
        const network = model.toNetwork();
        for (let s = 0; s < SAMPLES; s++) {
          const twin = runTwin(network, x.subarray(s * INPUTS, (s + 1) * INPUTS), t);
          expect(firstOutside(expected.subarray(5 * s, 5 * s + 5), twin), `sample ${s}`).toBe(-1);
        }
        for (const kernels of choices) {
          for (const batch of [1, 3, 4, 8, 13, 16, 32, 45]) {
            const got = await outputsOf(model, { batch, kernels, activationThreshold: t });
            expect(got, `${kernels}, batch ${batch}`).toEqual(expected);
          }
        }
        expect(await outputsOf(model, {})).not.toEqual(expected);
        model.dispose();
      }
    },
  );

  test('of 0 changes no bit', async () => {
    for (const sparsity of [0, 0.8]) {
      const model = await build(networks[name]!, sparsity);
      for (const batch of [1, 8, 32]) {
        expect(await outputsOf(model, { batch, activationThreshold: 0 })).toEqual(
          await outputsOf(model, { batch }),
        );
      }
      model.dispose();
    }
  });

  test('leaves only biases where it is larger than every activation', async () => {
    const model = await build(networks[name]!, 0.5);
    const bias = model.layers.at(-1)!.bias!;
    const out = await outputsOf(model, { activationThreshold: 1e30 });
    for (let s = 0; s < SAMPLES; s++) expect(out.subarray(5 * s, 5 * s + 5)).toEqual(bias);
    model.dispose();
  });
});

describe('an activation threshold', () => {
  test('is inclusive, spares inputs of the network, and keeps NaN and infinities', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(3), dense(3)]);
    model.setWeights(
      [
        [1, 0, 0, 1, 1, 0],
        [0, 0, 0.1],
        [1, 0, 0, 0, 1, 0, 0, 0, 1],
        [0, 0, 0],
      ].map((a) => new Float32Array(a)),
    );
    for (const batch of [1, 4, 32]) {
      const session = await createSession(model, { batch, activationThreshold: 0.5 });
      expect([...session.run(Float32Array.of(0.5, -0.50001))]).toEqual([
        0,
        Math.fround(-0.50001),
        Math.fround(0.6),
      ]);
      expect([...session.run(Float32Array.of(-0.3, -0.5))]).toEqual([0, 0, 0]);
      const nan = session.run(Float32Array.of(Number.NaN, Infinity));
      expect([nan[0], nan[2]]).toEqual([Number.NaN, Number.NaN]);
      session.dispose();
    }
    const dropping = await createSession(model, { kernels: 'csr', batch: 1, activationThreshold: 0.5 });
    expect(dropping.run(Float32Array.of(0.7, -Infinity))[1]).toBe(-Infinity);
    dropping.dispose();
    model.dispose();
  });

  test('takes units that never vary into account when they are folded', async () => {
    const model = await sequential({ inputShape: [4], seed: 2 }, [
      dense(5),
      sigmoid(),
      dense(4),
      tanh(),
      dense(3),
    ]);
    const weights = model.getWeights();
    weights[0]!.fill(0, 8, 16); // units 2 and 3 are constant: sigmoid(-5), which the threshold takes, and sigmoid(2)
    weights[1]!.set([0.1, 0.2, -5, 2, 0.3]);
    model.setWeights(weights);
    const samples = values(4 * 20, 1);
    for (const t of [0.001, 0.2, 0.95]) {
      const full = await createSession(model, { kernels: 'dense', activationThreshold: t });
      const expected = full.run(samples);
      for (const batch of [1, 8, 32]) {
        const session = await createSession(model, { batch, activationThreshold: t });
        expect(session.layers[0]!.why).toContain('2 constant units dropped');
        session.run(samples).forEach((value, i) => {
          expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6);
        });
        session.dispose();
      }
      full.dispose();
    }
    model.dispose();
  });

  test('is told by explain, at the layers whose inputs it touches', async () => {
    const model = await build(networks['a perceptron']!, 0.5);
    const session = await createSession(model, { activationThreshold: 0.25 });
    const told = session.layers.map(({ why }) => why.includes('inputs up to 0.25 are zero'));
    expect(told).toEqual([false, false, true, false, true]);
    expect(session.explain()).toContain('inputs up to 0.25 are zero');
    expect(session.layers.length).toBe(5);
    session.dispose();
    model.dispose();
  });

  test('works with measured kernels, and from a file', async () => {
    const model = await build(networks['a perceptron']!, 0.8);
    const expected = await outputsOf(model, { activationThreshold: 0.3 });
    expect(await outputsOf(model, { batch: 8, measure: true, activationThreshold: 0.3 })).toEqual(expected);
    for (const batch of [1, 32]) {
      const loaded = await loadSession(model.encode(), { batch, activationThreshold: 0.3 });
      expect(loaded.run(x)).toEqual(expected);
      loaded.dispose();
    }
    model.dispose();
  });

  test.each([-0.1, Number.NaN, Infinity, 1e39, '0.1', true])('of %s is refused', async (t) => {
    const model = await build(networks['a perceptron']!, 0);
    const activationThreshold = t as number;
    const before = engine.memory.liveBytes;
    const wrong = /: activationThreshold must be in \[0, /;
    await expect(createSession(model, { activationThreshold })).rejects.toThrow(OptionError);
    await expect(createSession(model, { activationThreshold })).rejects.toThrow(wrong);
    await expect(loadSession(model.encode(), { activationThreshold })).rejects.toThrow(wrong);
    expect(engine.memory.liveBytes).toBe(before);
    model.dispose();
  });

  test('gives back all memory on dispose', async () => {
    const model = await build([dense(9), relu(), dense(5)], 0.7);
    const before = engine.memory.liveBytes;
    for (const batch of [1, 7, 32]) {
      const session = await createSession(model, { batch, activationThreshold: 0.1 });
      session.run(x);
      session.dispose();
    }
    expect(engine.memory.liveBytes).toBe(before);
    model.dispose();
  });
});
