/** What several test files share: seeded values, fingerprints, a network in float64 with error bounds. */
import { createHash } from 'node:crypto';
import type { Graph, NetworkSource } from '../../src/index.js';
import { deriveSeed, Random } from '../../src/tensor/random.js';
import { addTwin, imageTwin } from './imageTwins.js';

/** Unit of float32: twice its rounding error. */
export const EPS = 2 ** -23;

/** Values in [-scale, scale), seeded. */
export function values(length: number, seed: number, scale = 1): Float32Array {
  const random = new Random(deriveSeed(seed, 99));
  return Float32Array.from({ length }, () => ((random.next() / 2 ** 32) * 2 - 1) * scale);
}

/** SHA-256 of all values and masks. */
export function fingerprint(model: NetworkSource): string {
  const hash = createHash('sha256');
  for (const { values, mask } of model.toNetwork().parameters.flat()) {
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    hash.update(mask ?? 'none');
  }
  return hash.digest('hex');
}

/** A copy of `weights` where a share `sparsity` of the positions is zero. */
export function sparse(weights: Float32Array, sparsity: number, seed: number): Float32Array {
  const order = Uint32Array.from(weights, (_, i) => i);
  new Random(deriveSeed(seed, 98)).shuffle(order);
  const copy = weights.slice();
  for (const i of order.subarray(0, Math.round(sparsity * copy.length))) copy[i] = 0;
  return copy;
}

/** Values in float64, and how far a float32 computation may be from each. */
export interface Bounded {
  readonly values: number[];
  readonly errors: number[];
}

const SQRT_2_PI = Math.sqrt(2 / Math.PI);

const curves: Readonly<Record<string, (x: number, slope: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x, slope) => (x >= 0 ? x : slope * x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  gelu: (x) => (x / 2) * (1 + Math.tanh(SQRT_2_PI * (x + 0.044715 * x * x * x))),
};

function product(
  x: Bounded,
  weight: ArrayLike<number>,
  bias: ArrayLike<number> | undefined,
  rows: number,
): Bounded {
  const cols = x.values.length;
  const out: Bounded = { values: [], errors: [] };
  for (let row = 0; row < rows; row++) {
    let [sum, size, error] = [bias?.[row] ?? 0, Math.abs(bias?.[row] ?? 0), 0];
    for (let col = 0; col < cols; col++) {
      const w = weight[row * cols + col]!;
      sum += w * x.values[col]!;
      size += Math.abs(w * x.values[col]!);
      error += Math.abs(w) * x.errors[col]!;
    }
    out.values.push(sum);
    out.errors.push(error + size * (cols + 2) * EPS + EPS * EPS);
  }
  return out;
}

function softmax(x: Bounded): Bounded {
  const top = Math.max(...x.values);
  const powers = x.values.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  const worst = Math.max(...x.errors);
  const out = powers.map((power) => power / sum);
  const spread = Math.max(...x.values.map(Math.abs));
  return { values: out, errors: out.map((p) => 2 * worst + p * (out.length + 8 + 4 * spread) * EPS + EPS) };
}

/** One sample through one layer in float64. Dropout and flatten do nothing. */
export function layerTwin(
  spec: Readonly<Record<string, unknown>>,
  x: Bounded,
  parameters: readonly ArrayLike<number>[],
  inputShape: readonly number[] = [x.values.length],
): Bounded {
  const kind = spec.kind as string;
  const image = imageTwin(spec, x, parameters, inputShape);
  if (image) return image;
  if (kind === 'dense') return product(x, parameters[0]!, parameters[1], spec.units as number);
  if (kind === 'softmax') return softmax(x);
  if (['flatten', 'dropout', 'fork', 'swap'].includes(kind)) return x;
  const curve = curves[kind]!;
  return {
    values: x.values.map((value) => curve(value, spec.slope as number)),
    // No curve is steeper than 1.13; the functions err by a few units of their size and of their argument.
    errors: x.values.map((value, i) => 1.2 * x.errors[i]! + 8 * EPS * Math.min(1 + Math.abs(value), 30)),
  };
}

/** One sample through a whole network in float64. */
export function networkTwin(
  graph: Graph,
  parameters: readonly ArrayLike<number>[],
  sample: ArrayLike<number>,
): Bounded {
  let next = 0;
  const first: Bounded = { values: Array.from(sample), errors: Array.from(sample, () => 0) };
  const made: Bounded[] = [];
  for (const node of graph.nodes) {
    const own = parameters.slice(next, next + node.parameters.length);
    next += own.length;
    const [x = first, also] = node.inputs.map((input) => made[input] ?? first);
    made.push(also ? addTwin(x, also) : layerTwin(node.spec, x, own, node.inputShape));
  }
  return made.at(-1) ?? first;
}

/** Index of the first value that is further off than allowed, or -1. */
export function firstOutside(got: ArrayLike<number>, { values, errors }: Bounded): number {
  return values.findIndex((value, i) => !(Math.abs(got[i]! - value) <= errors[i]!));
}

/** Parameters of batch normalization with the statistics of the values that come in. */
function batchStatistics(
  batch: readonly Bounded[],
  [scale, bias]: readonly ArrayLike<number>[],
): readonly ArrayLike<number>[] {
  const channels = scale!.length;
  const pixels = batch[0]!.values.length / channels;
  const of = (c: number) => batch.flatMap(({ values }) => values.slice(c * pixels, (c + 1) * pixels));
  const average = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const mean = Array.from({ length: channels }, (_, c) => average(of(c)));
  const variance = mean.map((m, c) => average(of(c).map((value) => (value - m) ** 2)));
  return [scale!, bias!, mean, variance];
}

/** A batch through a whole network in float64, as while training: batch normalization takes its own statistics. */
export function batchTwin(
  graph: Graph,
  parameters: readonly ArrayLike<number>[],
  samples: readonly ArrayLike<number>[],
): Bounded[] {
  let next = 0;
  const first = samples.map((sample): Bounded => {
    const exact = Array.from(sample);
    return { values: exact, errors: exact.map(() => 0) };
  });
  const made: Bounded[][] = [];
  for (const { spec, inputs, inputShape, parameters: own } of graph.nodes) {
    const given = parameters.slice(next, next + own.length);
    next += own.length;
    const [x = first, also] = inputs.map((input) => made[input] ?? first);
    const used = spec.kind === 'batchNorm' ? batchStatistics(x, given) : given;
    made.push(
      x.map((sample, s) => (also ? addTwin(sample, also[s]!) : layerTwin(spec, sample, used, inputShape))),
    );
  }
  return made.at(-1) ?? first;
}
