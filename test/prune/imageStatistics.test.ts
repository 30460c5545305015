import { describe, expect, test } from 'vitest';
import {
  conv2d,
  dense,
  dropout,
  flatten,
  maxPool2d,
  relu,
  type Sequential,
  sequential,
  softmax,
} from '../../src/index.js';
import { settledAt } from '../../src/prune/statistics/studied.js';
import { fingerprint, networkTwin } from '../model/support.js';
import { maxAbs } from '../support/tolerance.js';
import { around, imageAt, imageModel, imagesOf, inputsOf, networks } from './imageSupport.js';
import { gathered } from './support.js';

const SAMPLES = 21;
const data = imagesOf(SAMPLES);

/** Layers with a weight, in order. */
const layersWithWeight = (model: Sequential) =>
  model.graph.nodes.filter(({ parameters }) => parameters[0]?.role === 'weight');

function expectNear(got: ArrayLike<number>, twin: ArrayLike<number>, relative: number, what: string): void {
  expect(got.length, what).toBe(twin.length);
  const room = relative * maxAbs(twin) + 1e-12;
  for (let i = 0; i < twin.length; i++) {
    if (!(Math.abs(got[i]! - twin[i]!) <= room)) throw new Error(`${what}[${i}]: ${got[i]} for ${twin[i]}`);
  }
}

const sum = (list: Iterable<number>) => {
  let total = 0;
  for (const value of list) total += value;
  return total;
};

const cases = Object.keys(networks).flatMap((name) =>
  (['dense', 'csr'] as const).map((storage) => ({ name, storage })),
);

describe.each(cases)('statistics of a network of $name, stored $storage', ({ name, storage }) => {
  // Batches of 13 leave lanes empty in tiles of 8, and 8 samples behind.
  test('of activations are those of float64, over windows and pixels', async () => {
    const model = await imageModel(name, { storage });
    const before = fingerprint(model);
    const memory = model.engine.memory.liveBytes;
    const found = await gathered(['inputNorms', 'gram', 'activity'], model, { data, batchSize: 13 });
    expect(model.engine.memory.liveBytes).toBe(memory);
    expect(fingerprint(model)).toBe(before);
    layersWithWeight(model).forEach((node, k) => {
      const sides = Array.from({ length: SAMPLES }, (_, s) =>
        around(model, node.index, imageAt(data.images, s)),
      );
      const inputs = sides.map(({ x }) => inputsOf(node, x));
      const groups = inputs[0]!.map((_, g) => inputs.flatMap((sample) => sample[g]!));
      const norms = groups.flatMap((rows) =>
        rows[0]!.map((_, j) => Math.sqrt(sum(rows.map((row) => row[j]! ** 2)))),
      );
      expectNear(found[k]!.inputNorms!, norms, 2e-6, `inputNorms of ${node.name}`);
      const constant = node.spec.bias ? [1] : [];
      const moments = groups.flatMap((rows) => {
        const full = rows.map((row) => [...row, ...constant]);
        return full[0]!.flatMap((_, a) =>
          full[0]!.map((__, b) => sum(full.map((row) => row[a]! * row[b]!)) / SAMPLES),
        );
      });
      expectNear(found[k]!.gram!, moments, 2e-6, `gram of ${node.name}`);
      const rows = node.parameters[0]!.shape[0]!;
      const settled = settledAt(model.graph, node.index);
      const outputs = Array.from(
        { length: SAMPLES },
        (_, s) => around(model, settled, imageAt(data.images, s)).y,
      );
      const pixels = outputs[0]!.length / rows;
      const over = (of: (value: number) => number) =>
        Array.from(
          { length: rows },
          (_, r) =>
            sum(outputs.map((y) => sum(y.slice(r * pixels, (r + 1) * pixels).map(of)))) / (SAMPLES * pixels),
        );
      expectNear(
        found[k]!.activity!.mean,
        over((v) => v),
        3e-6,
        `mean of ${node.name}`,
      );
      // float32 may call a value 0 that is not quite: none here.
      expectNear(
        found[k]!.activity!.nonzero,
        over((v) => (v === 0 ? 0 : 1)),
        1e-12,
        `nonzero of ${node.name}`,
      );
    });
    model.dispose();
  });

  test('of gradients are slopes of the loss', async () => {
    const model = await imageModel(name, { storage });
    const few = { images: data.images.slice(0, 84 * 9), labels: data.labels.slice(0, 9) };
    // One batch: the mean over batches is that of the batch.
    const found = await gathered(['gradient', 'taylor', 'unitTaylor'], model, { data: few, batchSize: 9 });
    const weights = model.getWeights().map((array) => Float64Array.from(array));
    const slope = (p: number, i: number) => {
      const at = (h: number) => {
        const moved = weights.map((w, q) => (q === p ? w.map((v, j) => (j === i ? v + h : v)) : w));
        return lossTwin(model, moved, few);
      };
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    };
    const positions = model.parameters.flatMap(({ prunable }, i) => (prunable ? [i] : []));
    positions.forEach((p, k) => {
      const { gradient, taylor } = found[k]!;
      const mask = model.parameters[p]!.readMask();
      const top = maxAbs(gradient!);
      for (let i = 0; i < gradient!.length; i += Math.ceil(gradient!.length / 9)) {
        const twin = mask?.[i] === 0 ? 0 : slope(p, i);
        expect(Math.abs(gradient![i]! - twin), `gradient ${k} at ${i}`).toBeLessThan(1e-4 * top + 1e-6);
        const square = (gradient![i]! * weights[p]![i]!) ** 2;
        expect(Math.abs(taylor![i]! - square)).toBeLessThanOrEqual(1e-5 * square + 1e-12);
      }
    });
    // The first layer: g w summed over the weights of a filter, and its bias where it has one.
    const { rows, cols } = model.parameters[0]!;
    const biased = model.graph.nodes[0]!.spec.bias === true;
    for (let r = 0; r < rows; r++) {
      let total = biased ? slope(1, r) * weights[1]![r]! : 0;
      for (let i = r * cols; i < (r + 1) * cols; i++) total += found[0]!.gradient![i]! * weights[0]![i]!;
      const got = Math.sqrt(found[0]!.unitTaylor![r]!);
      expect(Math.abs(got - Math.abs(total))).toBeLessThan(1e-4 * (1 + Math.abs(total)));
    }
    model.dispose();
  });
});

/** Mean cross-entropy of some samples, in float64. */
function lossTwin(
  { graph }: Sequential,
  parameters: readonly Float64Array[],
  { images, labels }: { images: Float32Array; labels: Uint8Array },
): number {
  const losses = Array.from(labels, (label, s) => {
    const { values: logits } = networkTwin(graph, parameters, imageAt(images, s));
    const top = Math.max(...logits);
    return Math.log(sum(logits.map((v) => Math.exp(v - top)))) + top - logits[label]!;
  });
  return sum(losses) / labels.length;
}

describe('units of a layer', () => {
  const settled = async (layers: Parameters<typeof sequential>[1]) => {
    const model = await sequential({ inputShape: [1, 6, 6] }, layers);
    const names = layersWithWeight(model).map(
      ({ index }) => model.graph.nodes[settledAt(model.graph, index)]!.name,
    );
    model.dispose();
    return names;
  };

  test('have their final values behind the activation, through pooling and dropout', async () => {
    expect(
      await settled([conv2d(2, 3), maxPool2d(2), dropout(0.5), relu(), flatten(), dense(3), softmax()]),
    ).toEqual(['relu1', 'dense1']);
    expect(
      await settled([conv2d(2, 3), relu(), maxPool2d(2), conv2d(2, 1), maxPool2d(2), flatten(), dense(2)]),
    ).toEqual(['relu1', 'flatten1', 'dense1']);
  });

  test('have them before a sum or a fork, which others share in', async () => {
    const model = await imageModel('residual blocks with batch normalization');
    const names = layersWithWeight(model).map(
      ({ index }) => model.graph.nodes[settledAt(model.graph, index)]!.name,
    );
    expect(names).toEqual(['relu1', 'tanh1', 'batchNorm3', 'relu3', 'conv2d5', 'batchNorm5', 'dense1']);
    model.dispose();
  });
});
