/** Filters and channels leave a model: silenced and smaller forms agree, over branches, pooling and batch normalization. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adam,
  batchNorm,
  channel,
  conv2d,
  createModel,
  createSession,
  dense,
  filter,
  flatten,
  iterative,
  loadModel,
  maxPool2d,
  OptionError,
  prune,
  relu,
  removeUnits,
  residual,
  type Sequential,
  sequential,
  shrink,
  type UnitGroup,
  unitGroups,
} from '../../src/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { firstOutside, networkTwin, sparse, values } from '../model/support.js';
import { SeededRandom } from '../support/seededRandom.js';
import { randomModel, randomWeights } from './imageNets.js';

const optimizer = adam();

/** Positions of the rows of a group's units in all parameters of the layers that make or carry it, as [parameter, rows of a unit]. */
function rowsOf(model: Sequential, { producers, carriers, units }: UnitGroup): [number, number][] {
  let next = 0;
  return model.graph.nodes.flatMap((node) => {
    const own = node.parameters.map(({ shape }): [number, number] => [next++, shape[0]! / units]);
    return producers.includes(node) || carriers.includes(node) ? own : [];
  });
}

/** The weights of a model whose units that do not stay give zeros: their rows in makers and carriers are zero. */
function silenced(model: Sequential, keeps: ReadonlyMap<UnitGroup, Uint8Array>): Float32Array[] {
  const weights = model.getWeights();
  for (const [group, keep] of keeps) {
    for (const [position, run] of rowsOf(model, group)) {
      const { cols } = model.parameters[position]!;
      weights[position] = weights[position]!.map((value, i) =>
        keep[Math.floor(i / cols / run)] === 0 ? 0 : value,
      );
    }
  }
  return weights;
}

/** Random units of all groups, at least one of each. */
function someUnits(random: SeededRandom, model: Sequential): Map<UnitGroup, Uint8Array> {
  return new Map(
    unitGroups(model.graph).map((group) => {
      const keep = random.mask(group.units, 0.5);
      keep[random.below(group.units)] = 1;
      return [group, keep] as const;
    }),
  );
}

const byName = <T>(map: ReadonlyMap<UnitGroup, T>) =>
  new Map([...map].map(([{ name }, keep]) => [name, keep]));

/** Samples for a model. */
const inputsOf = (model: Sequential, samples: number, seed: number) =>
  values(samples * sizeOf(model.graph.inputShape), seed);

/** Throws unless two outputs agree to 1e-5 of the largest. */
function expectClose(got: Float32Array, wanted: Float32Array): void {
  const most = wanted.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  const worst = got.reduce((high, value, i) => Math.max(high, Math.abs(value - wanted[i]!)), 0);
  expect(worst).toBeLessThanOrEqual(1e-5 * most);
}

describe('units over branches', () => {
  test('leave a smaller model that gives what the silenced one gave; moments and files follow', async () => {
    const seen = { shared: 0, removed: 0, none: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), async (seed) => {
        const random = new SeededRandom(seed);
        const model = await randomModel(random, seed);
        const keeps = someUnits(random, model);
        model.setWeights(silenced(model, keeps));
        const x = inputsOf(model, 5, seed);
        const before = model.predict(x);
        const weights = model.getWeights();
        const state = model.states.of(optimizer);
        state.write(
          weights.map(
            (array) => [array.map((_, i) => i), array.map((_, i) => -i)] as [Float32Array, Float32Array],
          ),
        );
        removeUnits(model, byName(keeps));
        expect(model.predict(x)).toEqual(before);
        const moments = state.readDense();
        model.getWeights().forEach((array, i) => {
          expect(moments[i]!.map(({ length }) => length)).toEqual([array.length, array.length]);
          expect([...array]).toEqual(Array.from(moments[i]![0]!, (at) => weights[i]![at]));
          expect([...moments[i]![1]!]).toEqual(Array.from(moments[i]![0]!, (at) => -at));
        });
        for (const group of unitGroups(model.graph)) {
          expect(group.units).toBe(
            byName(keeps)
              .get(group.name)!
              .reduce((sum, byte) => sum + byte, 0),
          );
          if (group.producers.length > 1) seen.shared++;
        }
        seen.removed += [...keeps.values()].filter((keep) => keep.includes(0)).length;
        if (keeps.size === 0) seen.none++;
        const loaded = await loadModel(model.encode());
        expect(loaded.predict(x)).toEqual(before);
        const session = await createSession(loaded);
        expectClose(session.run(x), before);
        session.dispose();
        for (const each of [model, loaded]) each.dispose();
      }),
      { seed: 11, numRuns: 120 },
    );
    expect(seen.shared).toBeGreaterThan(20);
    expect(seen.removed).toBeGreaterThan(100);
    expect(seen.none).toBe(0);
  }, 120000);

  test('that are dead are found: outputs stay, bit for bit where nothing is folded', async () => {
    const seen = { folded: 0, exact: 0, unread: 0, constant: 0, kept: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.constantFrom(0.5, 0.8, 0.95, 1), async (seed, sparsity) => {
        const random = new SeededRandom(seed);
        const model = await randomModel(random, seed);
        const keeps = someUnits(random, model);
        const specs = model.graph.nodes.flatMap(({ parameters }) => parameters);
        model.setWeights(
          silenced(model, keeps).map((array, i) => {
            if (specs[i]!.role === 'scale') return sparse(array, 0.2, seed + i);
            return specs[i]!.role === 'weight' ? sparse(array, sparsity, seed + i) : array;
          }),
        );
        const x = inputsOf(model, 3, seed);
        const [graph, weights, before] = [model.graph, model.getWeights(), model.predict(x)];
        const report = shrink(model);
        const after = model.predict(x);
        const count = (key: 'folded' | 'unread' | 'constant' | 'keptWithoutBias') =>
          report.layers.reduce((sum, layer) => sum + layer[key], 0);
        if (count('folded') === 0) expect(after).toEqual(before);
        const [inputs, outputs] = [x.length / 3, after.length / 3];
        for (let i = 0; i < 3; i++) {
          const twin = networkTwin(graph, weights, x.subarray(i * inputs, (i + 1) * inputs));
          expect(firstOutside(after.subarray(i * outputs, (i + 1) * outputs), twin), `sample ${i}`).toBe(-1);
        }
        seen[count('folded') > 0 ? 'folded' : 'exact']++;
        seen.unread += count('unread');
        seen.constant += count('constant');
        seen.kept += count('keptWithoutBias');
        expect(report.parameters).toBe(model.getWeights().reduce((sum, { length }) => sum + length, 0));
        const again = shrink(model);
        expect(again.layers.every(({ unread, constant }) => unread + constant === 0)).toBe(true);
        expect(model.predict(x)).toEqual(after);
        model.dispose();
      }),
      { seed: 12, numRuns: 200 },
    );
    for (const [name, times] of Object.entries(seen)) expect(times, name).toBeGreaterThan(10);
  }, 120000);
});

/** Six filters of 1x1 over two channels, batch normalization, four of 1x1, two outputs; norms of filters and scales as given. */
async function literal(norms: readonly number[], scales: readonly number[]): Promise<Sequential> {
  const layers = [conv2d(norms.length, 1), batchNorm(), relu(), conv2d(4, 1), flatten(), dense(2)];
  const model = await sequential({ inputShape: [2, 2, 2], seed: 8 }, layers);
  const weights = model.getWeights();
  weights[0] = Float32Array.from(norms.flatMap((norm) => [norm / 2, -norm / 2]));
  weights[2] = Float32Array.from(scales);
  model.setWeights(weights);
  return model;
}

/** Units of the first layer that stayed, by their biases, which number them. */
async function staying(options: Parameters<typeof prune>[1]): Promise<number[]> {
  const model = await literal([6, 1, 5, 2, 4, 3], [0.1, -0.6, 0.2, 0.5, -0.3, 0.4]);
  const weights = model.getWeights();
  weights[1] = Float32Array.from([0, 1, 2, 3, 4, 5]);
  // Columns of the layer behind: unit u is read by 4 weights of the size (u + 1) mod 6.
  weights[6] = weights[6]!.map((_, i) => ((i % 6) + 1) % 6);
  model.setWeights(weights);
  await prune(model, { layers: ['conv2d1'], ...options });
  const left = [...model.getWeights()[1]!];
  model.dispose();
  return left;
}

describe("structures 'filter' and 'channel'", () => {
  test('rank a channel by the weights that make it, by those that read it, or by its batch normalization', async () => {
    expect(await staying({ sparsity: 0.5, structure: 'filter' })).toEqual([0, 2, 4]);
    expect(await staying({ sparsity: 0.5, structure: 'channel' })).toEqual([2, 3, 4]);
    expect(await staying({ sparsity: 0.5, structure: filter({ pool: 'l2', greedy: true }) })).toEqual([
      0, 2, 4,
    ]);
    expect(await staying({ sparsity: 0.5, structure: channel({ pool: 'max', greedy: true }) })).toEqual([
      2, 3, 4,
    ]);
    const byScale = { sparsity: 0.5, criterion: 'batchNormScale' } as const;
    expect(await staying({ ...byScale, structure: 'filter' })).toEqual([1, 3, 5]);
    expect(await staying({ ...byScale, structure: 'channel' })).toEqual([1, 3, 5]);
  });

  test('prune convolutions, and neurons dense layers; `layers` chooses among them', async () => {
    const shapes = async (options: Parameters<typeof prune>[1]) => {
      const model = await createModel('lenet5', { seed: 3 });
      const report = await prune(model, options);
      const units = unitGroups(model.graph).map((group) => group.units);
      model.dispose();
      return [report.reached, ...units];
    };
    const allocation = 'uniform';
    expect(await shapes({ sparsity: 0.5, structure: 'filter', allocation })).toEqual([0.5, 10, 25, 500]);
    expect(await shapes({ sparsity: 0.5, structure: 'neuron' })).toEqual([0.5, 20, 50, 250]);
    const layers = ['conv2d2'];
    expect(await shapes({ sparsity: 0.5, structure: 'channel', layers })).toEqual([0.5, 20, 25, 500]);
    await expect(shapes({ sparsity: 0.5, structure: 'neuron', layers })).rejects.toThrow(
      'prune: neurons can go from dense1 (those of the output layer stay), got "conv2d2"',
    );
    await expect(shapes({ sparsity: 0.5, structure: 'filter', layers: ['dense1'] })).rejects.toThrow(
      /filters can go from conv2d1, conv2d2 .*got "dense1"/,
    );
  });

  test('compare filters of layers of all sizes by the mean of their weights', async () => {
    const model = await createModel('lenet5', { seed: 1 });
    await prune(model, { sparsity: 0.5, structure: 'filter' });
    const kept = model.layers.flatMap(({ weight }) => (weight?.shape.length === 4 ? [weight.shape[0]!] : []));
    expect(kept[0]! + kept[1]!).toBe(35);
    expect(kept[0]).toBe(20); // first weights are drawn from a wider range where there are few
    model.dispose();
  });

  test('score a channel that several layers make by their mean', async () => {
    const model = await sequential({ inputShape: [1, 2, 2] }, [
      conv2d(4, 1, { bias: false }),
      residual([conv2d(4, 1, { bias: false })]),
      flatten(),
      dense(1),
    ]);
    const weights = model.getWeights();
    weights[0] = Float32Array.of(1, 8, 3, 4);
    weights[1] = new Float32Array(16);
    [7, 2, 3, 1].forEach((norm, row) => {
      weights[1]![4 * row] = norm;
    });
    model.setWeights(weights);
    const structure = filter({ pool: 'sum' });
    const { log } = await prune(model, { sparsity: 0.5, structure, layers: ['conv2d2'] });
    // 4, 5, 3 and 2.5
    expect([...model.getWeights()[0]!]).toEqual([1, 8]);
    expect([...model.getWeights()[1]!]).toEqual([7, 0, 2, 0]);
    expect(log.why('conv2d1', 3)).toEqual({ round: 1, score: 2.5, threshold: 4 });
    model.dispose();
  });
});

describe('rounds', () => {
  test('count exactly, also where a layer is down to a single channel of a single channel', async () => {
    const layers = [
      conv2d(8, 3, { padding: 1 }),
      relu(),
      conv2d(6, 3),
      relu(),
      conv2d(6, 1),
      flatten(),
      dense(2),
    ];
    const model = await sequential({ inputShape: [1, 5, 5], seed: 4 }, layers);
    const weights = model.getWeights();
    for (const i of [0, 2]) weights[i] = weights[i]!.map((value) => value / 1000);
    model.setWeights(weights);
    const schedule = iterative({ rounds: 3 });
    for (const structure of ['filter', filter({ greedy: true })] as const) {
      const one = await loadModel(model.encode());
      const left: (readonly number[])[] = [];
      const { rounds } = await prune(one, {
        ...{ sparsity: 0.75, structure, schedule },
        onRound: () => left.push(one.layers.flatMap(({ weight }) => (weight ? [weight.shape[0]!] : []))),
      });
      left.forEach(([a, b, c], i) => {
        expect(a! + b! + c!).toBe(20 - Math.round(20 * rounds[i]!.asked));
        expect(1 - (a! + b! + c!) / 20).toBeCloseTo(rounds[i]!.reached, 6);
      });
      expect(left.at(-1)).toEqual([1, 1, 3, 2]);
      one.dispose();
    }
    model.dispose();
  });
});

test.each([
  ['fpgm', [10, 25]],
  ['apoz', [10, 25]],
  ['magnitude', undefined],
] as const)(
  '%s: a first convolution of few inputs is not ranked against a wide second one by default',
  async (criterion, left) => {
    const filtersOf = async (allocation?: 'global' | 'uniform') => {
      const model = await createModel('lenet5', { seed: 2 });
      const data = { images: inputsOf(model, 8, 3), labels: Uint8Array.from({ length: 8 }, (_, i) => i) };
      const chosen = allocation && { allocation };
      await prune(model, { structure: 'filter', criterion, sparsity: 0.5, data, ...chosen });
      const filters = model.layers.flatMap(({ name, weight }) =>
        weight && name.startsWith('conv2d') ? weight.shape[0]! : [],
      );
      model.dispose();
      return filters;
    };
    expect(await filtersOf()).toEqual(left ?? (await filtersOf('global')));
    if (criterion === 'fpgm') expect(await filtersOf('global')).toEqual([1, 34]);
  },
);

describe('half of the filters of a residual network with batch normalization', () => {
  const criteria = [
    'magnitude',
    'random',
    'lamp',
    'fpgm',
    'batchNormScale',
    'apoz',
    'meanActivation',
    'unitTaylor',
  ] as const;
  const structures = ['filter', 'channel', filter({ greedy: true })] as const;
  test.each(criteria.flatMap((criterion) => structures.map((structure) => [criterion, structure] as const)))(
    'by %s as %o: silenced and smaller forms agree',
    async (criterion, structure) => {
      const model = await createModel('residual', { seed: 5 });
      const full = await createModel('residual', { seed: 5 });
      for (const each of [model, full]) each.setWeights(randomWeights(each, 9));
      const [images, labels] = [inputsOf(model, 8, 3), Uint8Array.from({ length: 8 }, (_, i) => i)];
      const data = { images, labels };
      const allocation = 'uniform';
      const { log } = await prune(model, { sparsity: 0.5, criterion, structure, allocation, data });
      const keeps = new Map(
        unitGroups(full.graph).map((group) => {
          const cut = log.cuts(1).find(({ name }) => name === group.name)!;
          const keep = new Uint8Array(group.units).fill(1);
          for (const unit of cut.positions) keep[unit] = 0;
          expect(cut.positions).toHaveLength(group.units / 2);
          return [group, keep] as const;
        }),
      );
      expect(keeps.size).toBe(6);
      full.setWeights(silenced(full, keeps));
      const outputs = model.predict(images);
      expectClose(outputs, full.predict(images));
      const session = await createSession(model);
      expectClose(session.run(images), outputs);
      session.dispose();
      for (const each of [model, full]) each.dispose();
    },
  );
});

describe('refused, and nothing changes', () => {
  test.each([
    [
      'a filter of all',
      { sparsity: 1, structure: 'filter', guard: false },
      /conv2d1 must keep at least one unit, got 4 to remove/,
    ],
    [
      'units without batch normalization',
      { sparsity: 0.5, structure: 'filter', criterion: 'batchNormScale' },
      /batchNormScale: a layer must have batchNorm\(\) behind it, got conv2d1 without/,
    ],
    [
      'weights by their batch normalization',
      { sparsity: 0.5, criterion: 'batchNormScale' },
      /structure must be 'neuron', 'filter', 'channel' or 'layer' for a criterion of units/,
    ],
    [
      'a pool that is none',
      { sparsity: 0.5, structure: 'filters' },
      /structure must be one of weight, neuron, filter, channel, layer, got "filters"/,
    ],
    [
      'units in groups',
      { sparsity: 0.5, structure: 'filter', layers: ['conv2d3'] },
      /filters can go from conv2d1 .*got "conv2d3"/,
    ],
  ] as const)('%s', async (_, options, message) => {
    const model = await sequential({ inputShape: [1, 6, 6], seed: 2 }, [
      conv2d(4, 3),
      relu(),
      conv2d(4, 1),
      conv2d(4, 1, { groups: 2 }),
      maxPool2d(2),
      flatten(),
      dense(2),
    ]);
    const before = model.getWeights();
    const rule = prune(model, options as Parameters<typeof prune>[1]);
    await expect(rule).rejects.toThrow(OptionError);
    await expect(rule).rejects.toThrow(message);
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });
});
