import { describe, expect, test } from 'vitest';
import {
  adam,
  block,
  type Criterion,
  dense,
  dropout,
  erk,
  iterative,
  loadModel,
  magnitude,
  neuron,
  OptionError,
  type PruneOptions,
  prune,
  relu,
  type Sequential,
  sequential,
  softmax,
  tanh,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

/** 2 inputs, 4 units, 2 outputs; the L1 norms of the units are as given. */
async function literal(norms: readonly number[]): Promise<Sequential> {
  const model = await sequential({ inputShape: [2], seed: 8 }, [dense(4), relu(), dense(2)]);
  model.setWeights([
    Float32Array.from(norms.flatMap((norm) => [norm / 2, -norm / 2])),
    Float32Array.of(1, 2, 3, 4),
    Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    Float32Array.of(0.5, 0.25),
  ]);
  return model;
}

const shapes = (model: Sequential) =>
  model.layers.flatMap(({ weight }) => (weight ? [weight.shape.join('x')] : []));

describe("structure 'neuron'", () => {
  test('removes the units of the smallest mean weight, with bias and the inputs they fed', async () => {
    const model = await literal([2, 8, 1, 4]);
    const report = await prune(model, { sparsity: 0.5, structure: 'neuron' });
    expect(model.getWeights().map((array) => [...array])).toEqual([
      [4, -4, 2, -2],
      [2, 4],
      [2, 4, 6, 8],
      [0.5, 0.25],
    ]);
    expect(report).toMatchObject({ asked: 0.5, reached: 0.5 });
    expect(report.log.why('dense1', 2)).toEqual({ round: 1, score: 0.5, threshold: 2 });
    expect(report.log.why('dense1', 1).round).toBeNull();
    model.dispose();
  });

  test('leaves small layers in proportion: by default units with few inputs do not rank below all others', async () => {
    const layers = [dense(60), relu(), dense(20), relu(), dense(3)];
    const model = await sequential({ inputShape: [400], seed: 3 }, layers);
    await prune(model, { sparsity: 0.5, structure: 'neuron' });
    expect(model.layers[2]!.outputShape[0]).toBe(20); // larger weights; all that go are of dense1
    model.dispose();
    const bySum = await sequential({ inputShape: [400], seed: 3 }, layers);
    await prune(bySum, { sparsity: 0.5, structure: neuron({ pool: 'sum' }) });
    expect(bySum.layers[2]!.outputShape[0]).toBe(1);
    bySum.dispose();
  });

  test('the model answers as it did with those units set to zero', async () => {
    const layers = [dense(13), relu(), dropout(0.2), dense(9), tanh(), dense(3)];
    const model = await sequential({ inputShape: [7], seed: 3 }, layers);
    const masked = await sequential({ inputShape: [7], seed: 3 }, layers);
    const weights = model.getWeights();
    const { log } = await prune(model, { sparsity: 0.4, structure: 'neuron', allocation: 'uniform' });
    const gone = log.cuts(1).map(({ positions }) => new Set(positions));
    const zeroed = weights.map((array) => array.slice());
    [13, 9].forEach((units, i) => {
      const inputs = i === 0 ? 7 : 13;
      const next = i === 0 ? 9 : 3;
      for (const unit of gone[i]!) {
        zeroed[2 * i]!.fill(0, unit * inputs, (unit + 1) * inputs);
        zeroed[2 * i + 1]![unit] = 0;
        for (let row = 0; row < next; row++) zeroed[2 * i + 2]![row * units + unit] = 0;
      }
    });
    masked.setWeights(zeroed);
    const x = values(7 * 20, 5);
    expect(shapes(model)).toEqual(['8x7', '5x8', '3x5']);
    expect(model.predict(x)).toEqual(masked.predict(x)); // bit by bit: what is gone added zeros
    model.dispose();
    masked.dispose();
  });

  test('shares in rounds count the units it began with, exactly', async () => {
    const model = await sequential({ inputShape: [6], seed: 3 }, [
      dense(17),
      relu(),
      dense(11),
      relu(),
      dense(3),
    ]);
    const y = Uint8Array.from({ length: 12 }, (_, i) => i % 3);
    const x = values(72, 4);
    const optimizer = adam({ learningRate: 0.01 });
    const left: number[] = [];
    const report = await prune(model, {
      sparsity: 0.8,
      structure: 'neuron',
      schedule: iterative({ rounds: 3 }),
      fit: { data: { images: x, labels: y }, optimizer, epochs: 2, batchSize: 5 },
      onRound: () => {
        left.push(model.layers[0]!.outputShape[0]! + model.layers[2]!.outputShape[0]!);
      },
    });
    expect(left.at(-1)).toBe(28 - Math.round(0.8 * 28));
    expect(report.reached).toBeCloseTo(1 - left.at(-1)! / 28, 12);
    expect(left).toEqual(report.rounds.map(({ asked }) => 28 - Math.round(asked * 28)));
    const again = await loadModel(model.encode());
    expect(again.predict(x)).toEqual(model.predict(x));
    again.dispose();
    model.dispose();
  });

  test('greedy ranking forgets the inputs that are gone; independent ranking does not', async () => {
    const build = async () => {
      const model = await sequential({ inputShape: [1], seed: 1 }, [
        dense(2),
        relu(),
        dense(2),
        relu(),
        dense(1),
      ]);
      model.setWeights([
        Float32Array.of(9, 1), // unit 1 goes
        new Float32Array(2),
        Float32Array.of(1, 5, 2, 0), // norms 6 and 2; without input 1: 1 and 2
        new Float32Array(2),
        Float32Array.of(10, 20),
        new Float32Array(1),
      ]);
      return model;
    };
    for (const [greedy, last] of [
      [false, 10],
      [true, 20],
    ] as const) {
      const model = await build();
      await prune(model, { sparsity: 0.5, allocation: 'uniform', structure: neuron({ greedy }) });
      expect([...model.getWeights()[4]!]).toEqual([last]);
      expect([...model.getWeights()[0]!]).toEqual([9]);
      model.dispose();
    }
  });

  test('ranks by the L2 norm or the largest weight when asked', async () => {
    const model = await sequential({ inputShape: [2], seed: 1 }, [dense(2), relu(), dense(1)]);
    const weights = [
      Float32Array.of(3, 3, 5, 0),
      new Float32Array(2),
      Float32Array.of(1, 2),
      new Float32Array(1),
    ];
    for (const [pool, last] of [
      ['sum', 1],
      ['l2', 2],
      ['max', 2],
    ] as const) {
      model.setWeights(weights);
      const copy = await loadModel(model.encode());
      await prune(copy, { sparsity: 0.5, structure: neuron({ pool }) });
      expect([...copy.getWeights()[2]!]).toEqual([last]);
      copy.dispose();
    }
    model.dispose();
  });

  test('takes criteria of units, and works after single weights were pruned, in any storage', async () => {
    const unitCriterion: Criterion = Object.assign(
      ({ shape }: { shape: readonly number[] }) => Float32Array.from({ length: shape[0]! }, (_, i) => i),
      { scores: 'units' as const },
    );
    for (const storage of ['dense', 'sparse'] as const) {
      const model = await sequential({ inputShape: [6], seed: 3, storage }, [dense(8), relu(), dense(3)]);
      await prune(model, { sparsity: 0.5 });
      const rows = model.layers[0]!.weight!.data.slice(4 * 6);
      await prune(model, { sparsity: 0.5, structure: 'neuron', criterion: unitCriterion });
      expect(model.layers[0]!.weight!.data).toEqual(rows);
      expect(model.layers[0]!.weight!.mask).toEqual(Uint8Array.from(rows, (w) => (w === 0 ? 0 : 1)));
      model.dispose();
    }
  });

  test('rewinding goes back to the first values of the units that are left', async () => {
    const model = await sequential({ inputShape: [6], seed: 3 }, [dense(8), relu(), dense(3)]);
    const [first] = model.getWeights();
    const y = Uint8Array.from({ length: 12 }, (_, i) => i % 3);
    await model.fit(values(72, 4), y, { epochs: 3 });
    const { log } = await prune(model, { sparsity: 0.5, structure: 'neuron', survivors: 'rewind' });
    const gone = new Set(log.cuts(1)[0]!.positions);
    const kept = first!.filter((_, i) => !gone.has(Math.floor(i / 6)));
    expect(model.getWeights()[0]).toEqual(kept);
    model.dispose();
  });
});

describe('units of weights that are stored in blocks', () => {
  test.each([block(2, 1), block(4, 1)])('score as they do in dense storage', async (structure) => {
    const left: Float32Array[][] = [];
    for (const storage of ['dense', structure.kind === 'block(2, 1)' ? 'block2' : 'block4'] as const) {
      for (const greedy of [false, true]) {
        const model = await sequential({ inputShape: [9], seed: 3 }, [
          dense(16),
          relu(),
          dense(8),
          relu(),
          dense(4),
        ]);
        await prune(model, { sparsity: 0.5, structure });
        model.setStorage(storage);
        await prune(model, { sparsity: 0.4, structure: neuron({ greedy }) });
        left.push(model.getWeights());
        model.dispose();
      }
    }
    expect(left[2]).toEqual(left[0]);
    expect(left[3]).toEqual(left[1]);
  });
});

describe("structure 'layer'", () => {
  test('the log counts the layers that it began with', async () => {
    const layers = [dense(3), relu(), dense(3), relu(), dense(3), relu(), dense(2)];
    const model = await sequential({ inputShape: [3], seed: 3 }, layers);
    const scales = [1, 0, 3, 0, 2, 0, 1, 0];
    model.setWeights(model.getWeights().map((list, i) => list.map(() => scales[i]!)));
    const schedule = iterative({ rounds: 3, per: 'original' });
    const { log } = await prune(model, { sparsity: 1, structure: 'layer', schedule });
    expect([0, 1, 2].map((at) => log.why('layers', at).round)).toEqual([1, 3, 2]);
    expect(shapes(model)).toEqual(['2x3']);
    model.dispose();
  });

  test('removes the layers whose weights score least, where shapes allow', async () => {
    const layers = [dense(4), relu(), dense(4), relu(), dense(4), relu(), dense(2)];
    const model = await sequential({ inputShape: [3], seed: 3 }, layers);
    const weights = model.getWeights();
    weights[2] = weights[2]!.map((w) => w * 5);
    model.setWeights(weights);
    const report = await prune(model, { sparsity: 0.5, structure: 'layer' });
    expect(shapes(model)).toEqual(['4x3', '4x4', '2x4']);
    expect(model.getWeights()[2]).toEqual(weights[2]);
    expect(report).toMatchObject({ asked: 0.5, reached: 0.5 });
    model.dispose();
  });
});

const refused: readonly [string, PruneOptions, RegExp][] = [
  ["the output layer's units", { sparsity: 0.5, structure: 'neuron', layers: ['dense3'] }, /output layer/],
  ['all units of a layer', { sparsity: 1, structure: 'neuron', guard: false }, /keep at least one unit/],
  [
    'a criterion of units for weights',
    { sparsity: 0.5, criterion: Object.assign(() => new Float32Array(5), { scores: 'units' as const }) },
    /^prune: structure must be 'neuron', 'filter', 'channel' or 'layer' for a criterion of units, got "weight"/,
  ],
  [
    'scores of another length',
    {
      sparsity: 0.5,
      structure: 'neuron',
      criterion: Object.assign(() => new Float32Array(30), { scores: 'units' as const }),
    },
    /^prune: scores of dense1.weight must be a Float32Array of 5, got Float32Array\(30\)/,
  ],
  [
    'layers of other shapes',
    { sparsity: 0.5, structure: 'layer' },
    /^prune: the model must have layers that can go/,
  ],
  [
    'reconstruction',
    { sparsity: 0.5, structure: 'neuron', survivors: 'reconstruct' },
    /must not be given together/,
  ],
];

describe('what removal refuses', () => {
  test.each(refused)('%s: a typed error, and the model is untouched', async (_, options, message) => {
    const model = await sequential({ inputShape: [6], seed: 2 }, [
      dense(5),
      relu(),
      dense(4),
      relu(),
      dense(2),
    ]);
    const before = fingerprint(model);
    await expect(prune(model, options)).rejects.toThrow(message);
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('a model without hidden units, or with units that depend on each other', async () => {
    const model = await sequential({ inputShape: [6], seed: 2 }, [dense(5), softmax(), dense(2)]);
    await expect(prune(model, { sparsity: 0.5, structure: 'neuron' })).rejects.toThrow(OptionError);
    await prune(model, { sparsity: 0.5, allocation: erk(), criterion: magnitude() });
    model.dispose();
  });
});
