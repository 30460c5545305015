import { describe, expect, test } from 'vitest';
import {
  AbortedError,
  adam,
  block,
  type CriterionName,
  dense,
  gradual,
  iterative,
  nm,
  OptionError,
  type PruneOptions,
  prune,
  relu,
  type Sequential,
  type StorageChoice,
  sequential,
  wanda,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const INPUTS = 12;
const SAMPLES = 40;
const images = values(INPUTS * SAMPLES, 7);
const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i % 3);
const data = { images, labels };

async function trained(storage: StorageChoice = 'auto'): Promise<Sequential> {
  const layers = [dense(16), relu(), dense(9), relu(), dense(3)];
  const model = await sequential({ inputShape: [INPUTS], seed: 5, storage }, layers);
  await model.fit(images, labels, { epochs: 4, optimizer: adam({ learningRate: 0.01 }) });
  return model;
}

const TOTAL = INPUTS * 16 + 16 * 9 + 27;
const liveOf = (model: Sequential) =>
  model.layers.reduce((sum, { weight }) => {
    if (!weight) return sum;
    return sum + (weight.mask ? weight.mask.reduce((count, kept) => count + kept, 0) : weight.data.length);
  }, 0);

/** Sum of squared differences of the outputs. */
function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) * (value - b[i]!), 0);
}

const dataDriven: readonly CriterionName[] = [
  'taylor',
  'snip',
  'movement',
  'grasp',
  'synflow',
  'wanda',
  'obs',
  'sparsegpt',
];

describe('criteria that look at data', () => {
  test.each(dataDriven)(
    '%s reaches the asked sparsity to one weight, in every storage, alike',
    async (criterion) => {
      const masks: string[] = [];
      for (const storage of ['auto', 'dense', 'sparse'] as const) {
        const model = await trained(storage);
        const report = await prune(model, { sparsity: 0.6, criterion, data });
        expect(liveOf(model)).toBe(TOTAL - Math.round(0.6 * TOTAL));
        expect(report.rounds).toHaveLength(criterion === 'synflow' ? 100 : 1);
        expect(report.reached).toBeCloseTo(Math.round(0.6 * TOTAL) / TOTAL, 12);
        const again = await prune(model, { sparsity: 0.8, criterion, data });
        expect(liveOf(model)).toBe(TOTAL - Math.round(0.8 * TOTAL));
        expect(again.reached).toBeGreaterThan(report.reached);
        masks.push(model.layers.map(({ weight }) => weight?.mask?.join('')).join());
        model.dispose();
      }
      // Scores may differ in last bits between storages; masks of the same ranking should not.
      if (criterion !== 'obs' && criterion !== 'sparsegpt') expect(new Set(masks).size).toBe(1);
    },
  );

  test.each(['apoz', 'meanActivation', 'fpgm', 'unitTaylor'] as const)(
    '%s removes units',
    async (criterion) => {
      const model = await trained();
      await prune(model, { sparsity: 0.4, structure: 'neuron', criterion, data });
      expect(model.layers[0]!.outputShape[0]! + model.layers[2]!.outputShape[0]!).toBe(15);
      model.dispose();
    },
  );

  test('those that look at weights alone ask for no data', async () => {
    for (const options of [
      { criterion: 'synflow', sparsity: 0.5, schedule: iterative({ rounds: 3 }) },
      { criterion: 'fpgm', sparsity: 0.5, structure: 'neuron' },
    ] as const) {
      const model = await trained();
      expect((await prune(model, options)).reached).toBeCloseTo(0.5, 1);
      model.dispose();
    }
  });

  test('take part with blocks, N:M, rounds and retraining, with the data of fit', async () => {
    const options: readonly PruneOptions[] = [
      { sparsity: 0.5, criterion: 'taylor', structure: block(2, 1), data },
      { structure: nm(1, 3), criterion: 'wanda', data, layers: ['dense1', 'dense3'] },
      { structure: nm(1, 2), criterion: 'obs', data, layers: ['dense1', 'dense2'] },
      { sparsity: 0.5, criterion: 'wanda', structure: block(4, 1), allocation: 'uniform', data },
      {
        sparsity: 0.7,
        criterion: 'snip',
        schedule: iterative({ rounds: 3 }),
        fit: { data, batchSize: 8, optimizer: adam() },
      },
    ];
    for (const one of options) {
      const model = await trained();
      const report = await prune(model, one);
      expect(report.reached).toBeGreaterThan(0.45);
      model.dispose();
    }
  });

  test('gradual() takes those that rank all layers at once', async () => {
    const model = await trained();
    const pruning = gradual({ sparsity: 0.7, criterion: 'snip', data, every: 2 });
    await model.fit(images, labels, { epochs: 4, batchSize: 8, pruning });
    expect(liveOf(model)).toBe(TOTAL - Math.round(0.7 * TOTAL));
    expect(() => gradual({ sparsity: 0.7, criterion: 'wanda', data })).toThrow(
      /must rank all layers at once/,
    );
    await expect(
      model.fit(images, labels, { pruning: gradual({ sparsity: 0.8, criterion: 'snip' }) }),
    ).rejects.toThrow(/^gradual: data must be/);
    model.dispose();
  });

  test('tell how far they are', async () => {
    const model = await trained();
    const phases = new Set<string>();
    await prune(model, {
      sparsity: 0.5,
      criterion: 'obs',
      data,
      batchSize: 16,
      onProgress: ({ phase, done, total }) => {
        phases.add(phase);
        expect(done).toBeLessThanOrEqual(total);
      },
    });
    expect([...phases]).toEqual(
      expect.arrayContaining([
        'ranking dense1.weight',
        'scoring dense2.weight',
        'reconstructing dense3.weight',
      ]),
    );
    model.dispose();
  });
});

describe('layer by layer', () => {
  test('wanda keeps the same number in every row, by |w| times the norm of its input', async () => {
    const model = await trained();
    const [weights] = model.getWeights();
    await prune(model, { sparsity: 0.5, criterion: wanda(), data, layers: ['dense1'] });
    const { mask } = model.layers[0]!.weight!;
    const norms = Array.from({ length: INPUTS }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < SAMPLES; i++) sum += images[i * INPUTS + j]! * images[i * INPUTS + j]!;
      return Math.sqrt(sum);
    });
    for (let row = 0; row < 16; row++) {
      const scores = norms.map((norm, j) => Math.abs(weights![row * INPUTS + j]!) * norm);
      const cut = [...scores].sort((a, b) => b - a)[INPUTS / 2 - 1]!;
      expect([...mask!.slice(row * INPUTS, (row + 1) * INPUTS)]).toEqual(
        scores.map((s) => (s >= cut ? 1 : 0)),
      );
    }
    model.dispose();
  });

  test('reconstruction brings the outputs nearer to what they were, for any criterion and structure', async () => {
    for (const options of [
      { sparsity: 0.5 },
      { sparsity: 0.5, allocation: 'uniform' },
      { sparsity: 0.5, structure: block(2, 1) },
      { structure: nm(1, 2), layers: ['dense1', 'dense2'] },
    ] as const satisfies readonly PruneOptions[]) {
      const model = await trained();
      const plain = await trained();
      const before = model.predict(images);
      await prune(model, { ...options, survivors: 'reconstruct', data, damp: 1e-4 });
      await prune(plain, options);
      const [refitted, cut] = [
        distance(model.predict(images), before),
        distance(plain.predict(images), before),
      ];
      expect(refitted).toBeLessThan(0.8 * cut);
      expect(liveOf(model)).toBe(liveOf(plain));
      model.dispose();
      plain.dispose();
    }
  });

  test('moments of survivors stay, those of what goes are empty', async () => {
    for (const storage of ['dense', 'sparse'] as const) {
      const model = await trained(storage);
      const optimizer = adam({ learningRate: 0.01 });
      await prune(model, { sparsity: 0.2 });
      await model.fit(images, labels, { optimizer });
      const before = model.states.of(optimizer).readDense();
      await prune(model, { sparsity: 0.6, criterion: 'obs', data });
      const after = model.states.of(optimizer).readDense();
      const masks = model.layers.flatMap(({ weight }) => (weight ? [weight.mask!] : []));
      masks.forEach((mask, layer) => {
        const [m, old] = [after[2 * layer]![0]!, before[2 * layer]![0]!];
        mask.forEach((kept, i) => {
          expect(m[i]).toBe(kept === 1 ? old[i] : 0);
        });
      });
      model.dispose();
    }
  });

  test('a signal, a bad criterion or missing data leave the model as it was', async () => {
    const model = await trained('sparse');
    await prune(model, { sparsity: 0.3 });
    const before = fingerprint(model);
    const controller = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'reconstructing dense2.weight') controller.abort();
    };
    const { signal } = controller;
    await expect(prune(model, { sparsity: 0.6, criterion: 'obs', data, onProgress, signal })).rejects.toThrow(
      AbortedError,
    );
    expect(fingerprint(model)).toBe(before);
    let calls = 0;
    const broken = Object.assign(
      ({ weight }: { weight: Float32Array }) =>
        calls++ < 5 ? weight.map(Math.abs) : weight.map(() => Number.NaN),
      { layerwise: true },
    );
    await expect(prune(model, { sparsity: 0.6, criterion: broken })).rejects.toThrow(
      /must be numbers, got NaN/,
    );
    expect(fingerprint(model)).toBe(before);
    await expect(prune(model, { sparsity: 0.6, criterion: 'wanda' })).rejects.toThrow(OptionError);
    await expect(prune(model, { sparsity: 0.6, survivors: 'reconstruct' })).rejects.toThrow(
      /^prune: data must be \{ images, labels \}/,
    );
    await expect(
      prune(model, { sparsity: 0.6, criterion: 'snip', data: { images, labels: new Uint8Array(3) } }),
    ).rejects.toThrow(/^prune: labels must be 40/);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });
});
