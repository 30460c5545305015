import { describe, expect, test } from 'vitest';
import { sliceNetwork } from '../../src/graph/slice.js';
import {
  createExitSession,
  createSession,
  DataError,
  DisposedError,
  dense,
  loadSession,
  OptionError,
  relu,
  ShapeError,
  sequential,
  softmax,
} from '../../src/index.js';
import { values } from '../model/support.js';
import { build, INPUTS, networks, runTwin } from './runtimeTwin.js';

const SAMPLES = 45;
/** About a third of the inputs are zero. */
const x = values(SAMPLES * INPUTS, 3, 1.5).map((value) => (value > -0.5 ? value : 0));
const sampleOf = (s: number) => x.subarray(s * INPUTS, (s + 1) * INPUTS);

const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;

describe.each(Object.keys(networks))('the profile of %s', (name) => {
  test.each([0, 0.2])(
    'counts what the float64 twin counts, threshold %s, in all kernels and batches',
    async (t) => {
      for (const sparsity of [0, 0.7]) {
        const model = await build(networks[name]!, sparsity);
        const network = model.toNetwork();
        const counts = Array.from(
          { length: SAMPLES },
          (_, s) => runTwin(network, sampleOf(s), t).multiplyAdds,
        );
        const sorted = [...counts].sort((a, b) => a - b);
        const weights = network.parameters.flatMap(([weight]) => [...(weight?.values ?? [])]);
        for (const kernels of ['auto', 'dense', 'csr'] as const) {
          for (const batch of [1, 3, 8, 13, 32]) {
            const session = await createSession(model, { batch, kernels, activationThreshold: t });
            const { samples, multiplyAdds, accuracy, exits } = session.profile(x);
            expect([samples, accuracy, exits]).toEqual([SAMPLES, undefined, undefined]);
            const { histogram, ...figures } = multiplyAdds;
            expect(figures, `${kernels}, batch ${batch}`).toEqual({
              dense: weights.length,
              live: weights.filter(Boolean).length,
              mean: mean(counts),
              min: sorted[0],
              p10: sorted[4],
              p50: sorted[22],
              p90: sorted[40],
              max: sorted[44],
            });
            expect(histogram.reduce((sum, bin) => sum + bin.samples, 0)).toBe(SAMPLES);
            for (const bin of histogram) {
              expect(bin.samples).toBe(counts.filter((n) => n >= bin.from && n <= bin.to).length);
            }
            expect(histogram.length).toBeLessThanOrEqual(10);
            expect([histogram[0]!.from, histogram.at(-1)!.to]).toEqual([sorted[0], sorted[44]]);
            for (let s = 0; s < 3; s++)
              expect(session.profile(sampleOf(s)).multiplyAdds.mean).toBe(counts[s]);
            session.dispose();
          }
        }
        model.dispose();
      }
    },
  );
});

describe('a profile', () => {
  test('of a network with exits counts the layers up to the exit, and the heads on the way', async () => {
    const model = await build(networks['a perceptron']!, 0.6);
    const network = model.toNetwork();
    const places = ['relu1', 'relu2'] as const;
    const ends = [2, 4];
    const heads = await Promise.all(
      places.map((_, i) => sequential({ inputShape: [[23], [13]][i]!, seed: i + 1 }, [dense(5)])),
    );
    for (const batch of [1, 8, 32]) {
      for (const activationThreshold of [0, 0.3]) {
        const exits = places.map((after, i) => ({ after, head: heads[i]!, margin: 0.4 }));
        const session = await createExitSession(model, { batch, exits, activationThreshold });
        const alone = Array.from({ length: SAMPLES }, (_, s) => session.profile(sampleOf(s)));
        alone.forEach((profile, s) => {
          const by = profile.exits!.findIndex((exit) => exit.samples === 1);
          let needed = 0;
          const reach = ends[by] ?? network.graph.nodes.length;
          needed += runTwin(sliceNetwork(network, 0, reach), sampleOf(s), activationThreshold).multiplyAdds;
          for (let i = 0; i <= Math.min(by, 1); i++) {
            const features = runTwin(
              sliceNetwork(network, 0, ends[i]!),
              sampleOf(s),
              activationThreshold,
            ).values;
            needed += runTwin(heads[i]!.toNetwork(), features, activationThreshold, true).multiplyAdds;
          }
          expect(profile.multiplyAdds.mean).toBe(needed);
        });
        const labels = new Uint8Array(SAMPLES).map((_, s) => s % 5);
        const all = session.profile(x, labels);
        expect(all.multiplyAdds.mean).toBeCloseTo(
          mean(alone.map(({ multiplyAdds }) => multiplyAdds.mean)),
          9,
        );
        expect(all.multiplyAdds.dense).toBe(11 * 23 + 23 * 13 + 13 * 5);
        const nonzeros = [...model.getWeights(), ...heads.flatMap((head) => head.getWeights())]
          .filter((_, i) => i % 2 === 0)
          .map((array) => array.filter(Boolean).length);
        expect(all.multiplyAdds.live).toBe(nonzeros.reduce((a, b) => a + b, 0));
        expect(all.exits!.map(({ after }) => after)).toEqual(['relu1', 'relu2', 'dense3']);
        expect(all.exits!.map(({ samples }) => samples)).toEqual(
          [0, 1, 2].map((place) => alone.filter(({ exits: taken }) => taken![place]!.samples === 1).length),
        );
        expect(all.exits!.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
        const right = all.exits!.reduce(
          (sum, { samples, accuracy }) => sum + (samples === 0 ? 0 : samples * accuracy!),
          0,
        );
        expect(right / SAMPLES).toBeCloseTo(all.accuracy!, 12);
        session.dispose();
      }
    }
  });

  test('counts neither dropped units nor folded ones', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(3), relu(), dense(2)]);
    // Unit 1 is read by nobody, unit 2 is constant.
    model.setWeights(
      [
        [1, 1, 1, 1, 0, 0],
        [0, 0, 1],
        [1, 0, 1, 1, 0, 1],
        [0, 0],
      ].map((a) => new Float32Array(a)),
    );
    for (const batch of [1, 8]) {
      const session = await createSession(model, { batch });
      const { multiplyAdds } = session.profile(Float32Array.of(1, 1, 1, 0, 0, 0, -1, -1));
      const { dense: all, live, min, p50, max } = multiplyAdds;
      expect({ all, live, min, p50, max }).toEqual({ all: 12, live: 4, min: 0, p50: 2, max: 4 });
      session.dispose();
    }
    const full = await createSession(model, { kernels: 'dense' });
    expect(full.profile(Float32Array.of(1, 1)).multiplyAdds).toMatchObject({ dense: 12, live: 8, mean: 8 });
    full.dispose();
  });

  test('tells the accuracy: ties go to the lower class, NaN is never right', async () => {
    const model = await sequential({ inputShape: [3] }, [dense(3, { bias: false })]);
    model.setWeights([Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)]);
    const session = await createSession(model, { batch: 1, kernels: 'csr' });
    const rows = [1, 2, 3, 5, 5, 1, -Infinity, -Infinity, -Infinity, Number.NaN, Number.NaN, Number.NaN];
    const samples = Float32Array.from(rows);
    expect(session.profile(samples, Uint8Array.of(2, 0, 0, 0)).accuracy).toBe(0.75);
    expect(session.profile(samples, Int32Array.of(2, 1, 1, 1)).accuracy).toBe(0.25);
    session.dispose();
  });

  test('prints as an aligned table, with a histogram and the exits', async () => {
    const model = await sequential({ inputShape: [2], seed: 1 }, [dense(2), relu(), dense(2)]);
    model.setWeights(
      [
        [1, 0, 0, 1],
        [0, 0],
        [1, 0, 0, 1],
        [0, 0],
      ].map((a) => new Float32Array(a)),
    );
    const samples = Float32Array.of(1, 0, 0, 2, 3, 4, 0, 0);
    const plain = await createSession(model, { batch: 1 });
    expect(String(plain.profile(samples, Uint8Array.of(0, 1, 1, 1)))).toBe(
      [
        'profile: 4 samples, accuracy 75.00 %',
        'multiply-adds  a sample  of dense',
        'dense                 8   100.0 %',
        'live                  4    50.0 %',
        'mean                  2    25.0 %',
        'min                   0     0.0 %',
        'p10                   0     0.0 %',
        'p50                   2    25.0 %',
        'p90                   4    50.0 %',
        'max                   4    50.0 %',
        '',
        'from      to  samples',
        '   0  to   0        1  ####################',
        '   1  to   1        0',
        '   2  to   2        2  ########################################',
        '   3  to   3        0',
        '   4  to   4        1  ####################',
      ].join('\n'),
    );
    const head = await sequential({ inputShape: [2] }, [dense(2)]);
    head.setWeights(
      [
        [1, 0, 0, 1],
        [0, 0],
      ].map((a) => new Float32Array(a)),
    );
    const session = await createExitSession(model, { exits: [{ after: 'relu1', head, margin: 0.7 }] });
    const text = String(session.profile(samples, Uint8Array.of(0, 1, 1, 1)));
    expect(text.split('\n').slice(-3)).toEqual([
      'answered after  samples   share  accuracy',
      'relu1                 1  25.0 %  100.00 %',
      'dense2                3  75.0 %   66.67 %',
    ]);
    expect(String(session.profile(samples)).split('\n').slice(-3)).toEqual([
      'answered after  samples   share',
      'relu1                 1  25.0 %',
      'dense2                3  75.0 %',
    ]);
    for (const line of text.split('\n')) expect(line).not.toMatch(/\s$/);
    for (const each of [plain, session]) each.dispose();
  });

  test('of equal samples has one bin, and a network without weights needs nothing', async () => {
    const model = await build(networks['a perceptron']!, 0.5);
    const session = await createSession(model);
    const { histogram, min } = session.profile(
      new Float32Array([...sampleOf(0), ...sampleOf(0)]),
    ).multiplyAdds;
    expect(histogram).toEqual([{ from: min, to: min, samples: 2 }]);
    session.dispose();
    const none = await sequential({ inputShape: [3] }, [softmax()]);
    const empty = await createSession(none);
    const profile = empty.profile(new Float32Array(6), Uint8Array.of(0, 1));
    expect(profile).toMatchObject({ accuracy: 0.5, multiplyAdds: { dense: 0, live: 0, max: 0 } });
    expect(String(profile)).toContain('n/a');
    empty.dispose();
  });

  test('is data that survives JSON, and leaves the session as it was', async () => {
    const model = await build(networks['a perceptron']!, 0.5);
    const session = await loadSession(model.encode(), { batch: 8 });
    const before = session.run(x);
    const profile = session.profile(x, new Uint8Array(SAMPLES));
    expect(JSON.parse(JSON.stringify(profile))).toEqual({ ...profile });
    expect(Object.keys(profile)).toEqual(['samples', 'accuracy', 'multiplyAdds']);
    expect(session.run(x)).toEqual(before);
    session.dispose();
  });

  test('refuses samples and labels that do not fit', async () => {
    const model = await build(networks['a perceptron']!, 0.5);
    const head = await sequential({ inputShape: [23] }, [dense(5)]);
    const sessions = [
      await createSession(model),
      await createExitSession(model, { exits: [{ after: 'relu1', head, margin: 0.5 }] }),
    ];
    const two = x.subarray(0, 2 * INPUTS);
    for (const session of sessions) {
      const bad: [unknown, unknown, typeof ShapeError | typeof OptionError, RegExp][] = [
        [values(12, 1), undefined, ShapeError, /x must be .* multiple of 11 values/],
        [[1], undefined, ShapeError, /x must be/],
        [new Float32Array(0), undefined, ShapeError, /samples must be at least one, got none/],
        [two, Uint8Array.of(1), ShapeError, /labels must be 2, one for each sample, got 1/],
        [two, [1, 2], OptionError, /labels must be a Uint8Array or Int32Array, got \[1, 2\]/],
        [two, new Float32Array(2), OptionError, /labels must be a Uint8Array or Int32Array/],
        [two, Uint8Array.of(1, 5), DataError, /labels must be 0 to 4, got 5 at 1/],
        [two, Int32Array.of(-1, 1), DataError, /labels must be 0 to 4, got -1 at 0/],
      ];
      for (const [samples, labels, type, message] of bad) {
        const call = () => session.profile(samples as Float32Array, labels as Uint8Array);
        expect(call).toThrow(type);
        expect(call).toThrow(message);
        expect(call).toThrow(/^(Exit)?Session\.profile: /);
      }
      session.dispose();
      expect(() => session.profile(two)).toThrow(DisposedError);
    }
  });
});
