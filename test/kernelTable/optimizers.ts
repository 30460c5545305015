/** Optimizers, one step. Twins change their arrays in place. */
import { relative } from '../support/tolerance.js';
import { grid, kernel, LENGTHS } from './row.js';

export interface SgdOptions {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
}

/** Sutskever et al. 2013, with decay as part of the gradient; v null for no momentum. */
export function sgd(
  w: Float64Array,
  g: ArrayLike<number>,
  v: Float64Array | null,
  options: SgdOptions,
): void {
  const { learningRate, momentum, nesterov, weightDecay } = options;
  for (let i = 0; i < w.length; i++) {
    const gradient = g[i]! + weightDecay * w[i]!;
    let step = gradient;
    if (v) {
      v[i] = momentum * v[i]! + gradient;
      step = nesterov ? gradient + momentum * v[i]! : v[i]!;
    }
    w[i]! -= learningRate * step;
  }
}

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Coupled decay: part of the gradient. */
  readonly l2: number;
  /** Decoupled decay, AdamW. */
  readonly weightDecay: number;
}

export interface AdamState {
  readonly w: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** Step t = 1, 2, ... of Kingma & Ba 2014, algorithm 1, written with its own corrected moments. */
export function adam({ w, m, v }: AdamState, g: ArrayLike<number>, t: number, options: AdamOptions): void {
  const { learningRate, beta1, beta2, epsilon, l2, weightDecay } = options;
  for (let i = 0; i < w.length; i++) {
    const gradient = g[i]! + l2 * w[i]!;
    m[i] = beta1 * m[i]! + (1 - beta1) * gradient;
    v[i] = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    const mean = m[i]! / (1 - beta1 ** t);
    const square = v[i]! / (1 - beta2 ** t);
    w[i] = w[i]! - learningRate * weightDecay * w[i]! - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  }
}

/** The scalars adam_f32 takes after n, for step t. */
export function adamScalars(
  t: number,
  options: AdamOptions,
): [number, number, number, number, number, number, number] {
  const { learningRate, beta1, beta2, epsilon, l2, weightDecay } = options;
  const rate = learningRate / (1 - beta1 ** t);
  return [rate, beta1, beta2, epsilon, 1 / Math.sqrt(1 - beta2 ** t), l2, learningRate * weightDecay];
}

/** Options as the kernels see them. */
export const asFloats = <Options extends object>(options: Options): Options =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      typeof value === 'number' ? Math.fround(value) : value,
    ]),
  ) as Options;

const sgdRow = kernel('sgd_f32', {
  shapes: grid({ n: LENGTHS, momentum: [0, 0.9], nesterov: [0, 1], weightDecay: [0, 0.01] }),
  bench: { n: 200704, momentum: 0.9, nesterov: 0, weightDecay: 0 },
  flops: ({ n }) => 6 * n,
  setUp({ n, momentum, nesterov, weightDecay }, random) {
    const [w, g, v] = [random.floats(n), random.floats(n), random.floats(n)];
    const options = asFloats({ learningRate: 0.1, momentum, nesterov: nesterov === 1, weightDecay });
    return {
      inputs: { g },
      outputs: { w, v },
      args: (at) => [at('w'), at('g'), momentum ? at('v') : 0, n, 0.1, momentum, nesterov, weightDecay],
      expected: () => {
        const [w64, v64] = [Float64Array.from(w), Float64Array.from(v)];
        sgd(w64, g, momentum ? v64 : null, options);
        const tolerance = relative(2, 2 ** -23);
        return { w: { values: w64, tolerance }, v: { values: v64, tolerance } };
      },
    };
  },
});

const adamRow = kernel('adam_f32', {
  shapes: grid({ n: LENGTHS, t: [1, 2, 1000], l2: [0, 0.01], weightDecay: [0, 0.01] }),
  bench: { n: 200704, t: 10, l2: 0, weightDecay: 0 },
  flops: ({ n }) => 14 * n,
  setUp({ n, t, l2, weightDecay }, random) {
    const [w, g, m, v] = [random.floats(n), random.floats(n), random.floats(n), random.floats(n, 0.01, 1)];
    const options = asFloats({
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      l2,
      weightDecay,
    });
    return {
      inputs: { g },
      outputs: { w, m, v },
      args: (at) => [at('w'), at('g'), at('m'), at('v'), n, ...adamScalars(t, options)],
      expected: () => {
        const state = { w: Float64Array.from(w), m: Float64Array.from(m), v: Float64Array.from(v) };
        adam(state, g, t, options);
        return {
          w: { values: state.w, tolerance: relative(4, 2 ** -23) },
          m: { values: state.m, tolerance: relative(2, 2 ** -24) },
          v: { values: state.v, tolerance: relative(4) },
        };
      },
    };
  },
});

export const optimizerKernels = [sgdRow, adamRow];
