/** The twins' gradients against central differences of the twins: with the sweep, kernel == twin == calculus. */
import { describe, expect, it } from 'vitest';
import { activations } from '../kernelTable/activations.js';
import { dense, denseInputGradient, denseWeightGradient, rowSums } from '../kernelTable/denseTwins.js';
import {
  binaryCrossEntropy,
  meanSquaredError,
  softCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  softmaxGradient,
} from '../kernelTable/lossTwins.js';
import { expectGradient, finiteDifference } from '../support/finiteDifference.js';
import { SeededRandom } from '../support/seededRandom.js';

const SEEDS = Array.from({ length: 25 }, (_, i) => i + 1);

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const size = (random: SeededRandom): number => 1 + random.below(6);
const values = (random: SeededRandom, n: number, low = -2, high = 2): Float64Array =>
  Float64Array.from(random.floats(n, low, high));

/** With the arguments of the other losses of values. */
const softTargets = (x: Float64Array, t: Float64Array, outputs: number, scale: number) =>
  softCrossEntropy(x, t, x.length / outputs, scale);

describe.each(SEEDS)('seed %i', (seed) => {
  it('dense: input, weight and bias', () => {
    const random = new SeededRandom(seed);
    const shape = [size(random), size(random), size(random)] as const;
    const [rows, cols, samples] = shape;
    const [w, b, x] = [values(random, rows * cols), values(random, rows), values(random, cols * samples)];
    const dy = values(random, rows * samples);
    const loss = () => dot(dense(w, b, x, shape), dy);
    expectGradient(denseInputGradient(w, dy, shape), finiteDifference(loss, x));
    expectGradient(denseWeightGradient(dy, x, shape), finiteDifference(loss, w));
    expectGradient(rowSums(dy, rows, samples), finiteDifference(loss, b));
  });

  it.each(Object.entries(activations))('%s', (_, { value, slope }) => {
    // away from the corner of the relus, where no derivative exists
    const x = values(new SeededRandom(seed), 20).map((v) => v + Math.sign(v) * 1e-3);
    const dy = values(new SeededRandom(seed + 100), 20);
    expectGradient(
      dy.map((g, i) => g * slope(x[i]!)),
      finiteDifference(() => dot(x.map(value), dy), x),
    );
  });

  it('softmax', () => {
    const random = new SeededRandom(seed);
    const [features, samples] = [size(random), size(random)];
    const [x, dy] = [values(random, features * samples), values(random, features * samples)];
    expectGradient(
      softmaxGradient(dy, softmax(x, samples), samples),
      finiteDifference(() => dot(softmax(x, samples), dy), x),
    );
  });

  it('softmax and cross-entropy, with samples left out', () => {
    const random = new SeededRandom(seed);
    const [classes, samples] = [size(random), size(random)];
    const x = values(random, classes * samples);
    const labels = Array.from({ length: samples }, () => random.below(classes + 1) - 1);
    const { dx } = softmaxCrossEntropy(x, labels, 0.5);
    expectGradient(
      dx,
      finiteDifference(() => 0.5 * softmaxCrossEntropy(x, labels, 1).loss, x),
    );
    labels.forEach((label, s) => {
      if (label < 0) expect(Math.abs(dx[s]!)).toBe(0);
    });
  });

  it.each([
    ['mean squared error', meanSquaredError],
    ['binary cross-entropy', binaryCrossEntropy],
    ['soft cross-entropy', softTargets],
  ] as const)('%s', (_, lossOf) => {
    const random = new SeededRandom(seed);
    const [outputs, samples] = [size(random), size(random)];
    const x = values(random, outputs * samples, 0.05, 0.95);
    const t = values(random, outputs * samples, 0, 1);
    const { dx } = lossOf(x, t, outputs, 0.25);
    expectGradient(
      dx,
      finiteDifference(() => 0.25 * lossOf(x, t, outputs, 1).loss, x),
    );
  });
});
