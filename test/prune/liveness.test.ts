import { describe, expect, test } from 'vitest';
import {
  type ArchitectureName,
  architectures,
  batchNorm,
  conv2d,
  createModel,
  DisposedError,
  dense,
  flatten,
  type LayerSpec,
  leakyRelu,
  liveness,
  maxPool2d,
  OptionError,
  prune,
  relu,
  renderReport,
  residual,
  sequential,
  sigmoid,
  softmax,
} from '../../src/index.js';

/** 4 inputs, 3 units, 3 units, 2 outputs, with literal masks [units, inputs]. */
async function masked(activation: LayerSpec, masks: readonly (readonly number[])[]) {
  const model = await sequential({ inputShape: [4], seed: 5 }, [
    dense(3),
    activation,
    dense(3),
    activation,
    dense(2),
  ]);
  model.parameters
    .filter(({ prunable }) => prunable)
    .forEach((weight, i) => {
      weight.setMask(Uint8Array.from(masks[i]!));
    });
  return model;
}

// dense1: unit 0 reads inputs 0 and 1, unit 1 reads nothing, unit 2 reads input 3.
// dense2: unit 0 reads unit 0; unit 1 reads unit 1 alone, which nothing enters; unit 2 reads unit 2.
// dense3: output 0 reads units 0 and 1, output 1 reads nothing; nothing reads unit 2.
const masks = [
  [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  [1, 0, 0, 0, 1, 0, 0, 0, 1],
  [1, 1, 0, 0, 0, 0],
];

describe('liveness of images', () => {
  test('follows channels through depthwise convolutions, pooling and both ways of a block', async () => {
    const model = await sequential({ inputShape: [3, 4, 4], seed: 5 }, [
      ...[conv2d(3, 3, { padding: 1, groups: 3 }), conv2d(3, 1), batchNorm()],
      residual([conv2d(3, 1), relu()]),
      ...[maxPool2d(2), flatten(), dense(2)],
    ]);
    const imageMasks = [
      // Channel 2 has no kernel left, channel 1 has one weight.
      Array.from({ length: 27 }, (_, i) => (i < 9 || i === 13 ? 1 : 0)),
      // Filter 0 reads channel 0, filter 1 the dead channel 2, filter 2 channels 1 and 2.
      [1, 0, 0, 0, 0, 1, 0, 1, 1],
      // In the block filter 1 reads filter 0, filter 2 reads itself.
      [0, 0, 0, 1, 0, 0, 0, 0, 1],
      // Output 0 reads one pixel of channel 1; output 1 nothing.
      Array.from({ length: 24 }, (_, i) => (i === 5 ? 1 : 0)),
    ];
    const weights = model.parameters.filter(({ prunable }) => prunable);
    for (const [i, weight] of weights.entries()) weight.setMask(Uint8Array.from(imageMasks[i]!));
    const { inputs, layers } = liveness(model);
    expect(inputs).toEqual({ shape: [3, 4, 4], size: 48, live: 16 });
    const counts = layers.map(({ name, units, live, constant, unread, liveWeights, effectiveWeights }) => {
      return [name, units, live, constant, unread, liveWeights, effectiveWeights];
    });
    expect(counts).toEqual([
      ['conv2d1', 3, 1, 1, 1, 10, 9],
      ['conv2d2', 3, 1, 1, 1, 4, 1],
      ['conv2d3', 3, 1, 0, 2, 2, 1],
      ['dense1', 2, 1, 1, 0, 1, 1],
    ]);
    expect([...layers[0]!.readers]).toEqual([9, 0, 0]);
    expect([...layers[1]!.readers]).toEqual([1, 0, 0]);
    expect([...layers[3]!.readers].indexOf(1)).toBe(5);
    model.dispose();
  });

  test('is drawn in a report of every kind of network', async () => {
    for (const name of Object.keys(architectures) as ArchitectureName[]) {
      const model = await createModel(name, { seed: 2 });
      const pruning = await prune(model, { sparsity: 0.5 });
      const page = renderReport({ pruning, models: { pruned: model } });
      expect(page.includes('Filters that stay')).toBe(name !== 'lenet300');
      expect(page.includes('Weights that read each pixel')).toBe(name === 'lenet300');
      expect(page).not.toContain('NaN');
      model.dispose();
    }
  });
});

describe('liveness', () => {
  test('follows paths through the whole chain, whatever the activation', async () => {
    for (const activation of [relu(), sigmoid(), leakyRelu()]) {
      const model = await masked(activation, masks);
      const { inputs, layers, sparsity, effectiveSparsity } = liveness(model);
      expect(inputs).toEqual({ shape: [4], size: 4, live: 2 });
      expect(
        layers.map(({ name, units, live, constant, unread }) => [name, units, live, constant, unread]),
      ).toEqual([
        ['dense1', 3, 1, 1, 1],
        ['dense2', 3, 1, 1, 1],
        ['dense3', 2, 1, 1, 0],
      ]);
      expect(layers.map(({ liveWeights, effectiveWeights }) => [liveWeights, effectiveWeights])).toEqual([
        [3, 2],
        [3, 1],
        [2, 1],
      ]);
      expect([...layers[0]!.readers]).toEqual([1, 1, 0, 0]);
      expect([...layers[0]!.fanIn]).toEqual([2, 0, 0]);
      expect([...layers[1]!.fanIn]).toEqual([1, 0, 0]);
      expect(sparsity).toBe(1 - 8 / 27);
      expect(effectiveSparsity).toBe(1 - 4 / 27);
      model.dispose();
    }
  });

  test('a softmax between layers joins all units', async () => {
    const model = await masked(softmax(), masks);
    const { inputs, layers } = liveness(model);
    // Unit 1 of dense1 varies with the others, and every unit reaches output 0 through the second softmax.
    expect(inputs.live).toBe(3);
    expect(layers.map(({ live, constant, unread }) => [live, constant, unread])).toEqual([
      [3, 0, 0],
      [3, 0, 0],
      [1, 1, 0],
    ]);
    expect(layers.map(({ effectiveWeights }) => effectiveWeights)).toEqual([3, 3, 2]);
    model.dispose();
  });

  test('agrees with what outputs do: dead weights and inputs change nothing', async () => {
    const model = await sequential({ inputShape: [12], seed: 9 }, [
      dense(10),
      sigmoid(),
      dense(8),
      sigmoid(),
      dense(3),
    ]);
    await prune(model, { sparsity: 0.8, criterion: 'random' });
    const { inputs, layers } = liveness(model);
    const x = Float32Array.from({ length: 12 }, (_, i) => (i % 5) - 2);
    const before = model.predict(x);
    const moved = Array.from({ length: 12 }, (_, i) => {
      const other = x.slice();
      other[i]! += 3;
      return model.predict(other).some((value, j) => value !== before[j]);
    });
    expect(moved).toEqual(Array.from(layers[0]!.readers, (count) => count > 0));
    expect(moved.filter(Boolean)).toHaveLength(inputs.live);
    expect(inputs.live).toBeLessThan(12);
    expect(inputs.live).toBeGreaterThan(0);
    model.dispose();
  });

  test('is the same in every storage, and whole for a dense model', async () => {
    const make = (storage: 'dense' | 'sparse') =>
      sequential({ inputShape: [2, 3], seed: 4, storage }, [flattened(), dense(9), relu(), dense(2)]);
    const [a, b] = [await make('dense'), await make('sparse')];
    const whole = liveness(a);
    expect(whole).toMatchObject({
      sparsity: 0,
      effectiveSparsity: 0,
      inputs: { shape: [2, 3], size: 6, live: 6 },
    });
    expect(whole.layers.map(({ live }) => live)).toEqual([9, 2]);
    for (const model of [a, b]) await prune(model, { sparsity: 0.8 });
    expect(b.layers[1]!.weight!.storage).toBe('csr');
    expect(JSON.stringify(liveness(a))).toBe(JSON.stringify(liveness(b)));
    for (const model of [a, b]) model.dispose();
  });

  test('prints a table', async () => {
    const model = await masked(relu(), masks);
    const lines = liveness(model).toString().split('\n');
    expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
      'layer',
      'inputs',
      'dense1',
      'dense2',
      'dense3',
      'total',
    ]);
    expect(lines.at(-1)!.split(/ {2,}/)).toEqual([
      'total',
      '8',
      '3',
      '3',
      '2',
      '27',
      '8',
      '4',
      '70.37 %',
      '85.19 %',
    ]);
    model.dispose();
  });

  test('refuses what is no model, and a model after dispose()', async () => {
    for (const wrong of [null, {}, 'model', 3]) expect(() => liveness(wrong as never)).toThrow(OptionError);
    const model = await masked(relu(), masks);
    model.dispose();
    expect(() => liveness(model)).toThrow(DisposedError);
  });
});

function flattened(): LayerSpec {
  return { kind: 'flatten' };
}
