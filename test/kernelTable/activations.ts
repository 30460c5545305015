/** Activations and their gradients, element by element. */
import { EPS, type Tolerance, ulps } from '../support/tolerance.js';
import { atLeast } from './denseTwins.js';
import { blank, grid, type KernelRow, kernel, LENGTHS } from './row.js';

export const SLOPE = Math.fround(0.01);

/** Float64 twin of an activation: value and derivative. */
export interface Activation {
  value(x: number): number;
  slope(x: number): number;
}

const geluTanh = (x: number): number => Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));

/** The twins, by name. */
export const activations = {
  relu: { value: (x) => atLeast(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  leakyRelu: { value: (x) => (x < 0 ? SLOPE * x : x), slope: (x) => (x < 0 ? SLOPE : 1) },
  sigmoid: {
    value: (x) => 1 / (1 + Math.exp(-x)),
    slope: (x) => Math.exp(-Math.abs(x)) / (1 + Math.exp(-Math.abs(x))) ** 2,
  },
  tanh: { value: (x) => Math.tanh(x), slope: (x) => 1 / Math.cosh(x) ** 2 },
  gelu: {
    value: (x) => (x / 2) * (1 + geluTanh(x)),
    slope: (x) => {
      const t = geluTanh(x);
      return (1 + t + x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x)) / 2;
    },
  },
} satisfies Record<string, Activation>;

/** Up to 1e3 in size, most of them near zero. */
const wide = (values: Float32Array): Float32Array => values.map((u, i) => (i % 16 === 7 ? u * 1000 : u * 8));

type Forward = 'relu_f32' | 'sigmoid_f32' | 'tanh_f32' | 'gelu_f32';
type Backward = 'relu_grad_f32' | 'sigmoid_grad_f32' | 'tanh_grad_f32' | 'gelu_grad_f32';

function forward(
  name: Forward | 'leaky_relu_f32',
  twin: Activation,
  flops: number,
  tolerance: (x: Float32Array) => Tolerance,
): KernelRow {
  return kernel(name, {
    shapes: grid({ n: LENGTHS, inPlace: [0, 1] }),
    bench: { n: 32768, inPlace: 0 },
    flops: ({ n }) => n * flops,
    setUp({ n, inPlace }, random) {
      const x = wide(random.floats(n));
      return {
        inputs: { x },
        outputs: { y: inPlace ? x.slice() : blank(n) },
        args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), n, SLOPE],
        expected: () => ({ y: { values: Float64Array.from(x, twin.value), tolerance: tolerance(x) } }),
      };
    },
  });
}

function backward(
  name: Backward | 'leaky_relu_grad_f32',
  twin: Activation,
  flops: number,
  tolerance: (dy: Float32Array, x: Float32Array) => Tolerance,
): KernelRow {
  return kernel(name, {
    shapes: grid({ n: LENGTHS, inPlace: [0, 1] }),
    bench: { n: 32768, inPlace: 0 },
    flops: ({ n }) => n * flops,
    setUp({ n, inPlace }, random) {
      const x = wide(random.floats(n));
      const dy = random.floats(n);
      return {
        inputs: { x, dy },
        outputs: { dx: inPlace ? dy.slice() : blank(n) },
        args: (at) => [at('dx'), at(inPlace ? 'dx' : 'dy'), at('x'), n, SLOPE],
        expected: () => ({
          dx: { values: Float64Array.from(dy, (g, i) => g * twin.slope(x[i]!)), tolerance: tolerance(dy, x) },
        }),
      };
    },
  });
}

const exact = (): Tolerance => 0;
/** Exact but for the sign of zero. */
const exactSize = (): Tolerance => Number.MIN_VALUE;
/** Where 1 - s or 1 + t cancels, what is left is absolute: a few eps of the factor. */
const cancelling =
  (count: number) =>
  (factor: Float32Array): Tolerance =>
  (_, i) =>
    count * EPS * Math.abs(factor[i]!) + EPS * EPS;

const LEVEL = 0.5;

const threshold = kernel('threshold_f32', {
  shapes: grid({ n: LENGTHS, inPlace: [0, 1] }),
  bench: { n: 32768, inPlace: 0 },
  flops: ({ n }) => n,
  setUp({ n, inPlace }, random) {
    const x = random.floats(n).map((value, i) => (i % 5 === 3 ? Math.sign(value) * LEVEL : value));
    return {
      inputs: { x },
      outputs: { y: inPlace ? x.slice() : blank(n) },
      args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), n, LEVEL],
      expected: () => ({
        y: {
          values: Float64Array.from(x, (value) => (Math.abs(value) <= LEVEL ? 0 : value)),
          tolerance: exact(),
        },
      }),
    };
  },
});

export const activationKernels = [
  threshold,
  forward('relu_f32', activations.relu, 1, exact),
  forward('leaky_relu_f32', activations.leakyRelu, 2, exact),
  forward('sigmoid_f32', activations.sigmoid, 23, () => ulps(4)),
  forward('tanh_f32', activations.tanh, 37, () => ulps(4)),
  forward('gelu_f32', activations.gelu, 44, cancelling(4)),
  backward('relu_grad_f32', activations.relu, 1, exactSize),
  backward('leaky_relu_grad_f32', activations.leakyRelu, 2, exact),
  backward('sigmoid_grad_f32', activations.sigmoid, 26, cancelling(4)),
  backward('tanh_grad_f32', activations.tanh, 40, cancelling(4)),
  backward(
    'gelu_grad_f32',
    activations.gelu,
    54,
    (dy, x) => (_, i) => 2 * EPS * Math.abs(dy[i]!) * (1 + Math.min(x[i]! ** 2, 30)),
  ),
];
