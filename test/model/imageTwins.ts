/** Layers over images in float64, from their definitions, with bounds for a float32 computation. */
import { poolGeometry } from '../../src/layers/pooling.js';
import { type Bounded, EPS } from './support.js';

type Spec = Readonly<Record<string, unknown>>;
type Image = readonly number[];

/** Windows over one channel: calls `visit` with the position of each input and its place in the window. */
interface Windows {
  readonly height: number;
  readonly width: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly before: readonly [number, number];
  readonly out: readonly [number, number];
}

function along(size: number, kernel: number, stride: number, dilation: number, padding: unknown) {
  const span = (kernel - 1) * dilation + 1;
  if (padding === 'same') {
    const out = Math.ceil(size / stride);
    return { before: Math.floor(Math.max(0, (out - 1) * stride + span - size) / 2), out };
  }
  return { before: padding as number, out: Math.floor((size + 2 * (padding as number) - span) / stride) + 1 };
}

function convWindows(spec: Spec, [, height = 1, width = 1]: Image): Windows {
  const n = (name: string) => spec[name] as number;
  const y = along(height, n('kernelHeight'), n('strideHeight'), n('dilationHeight'), spec.paddingHeight);
  const x = along(width, n('kernelWidth'), n('strideWidth'), n('dilationWidth'), spec.paddingWidth);
  return {
    height,
    width,
    kernel: [n('kernelHeight'), n('kernelWidth')],
    stride: [n('strideHeight'), n('strideWidth')],
    dilation: [n('dilationHeight'), n('dilationWidth')],
    before: [y.before, x.before],
    out: [y.out, x.out],
  };
}

/** Positions (row * width + column) of the inputs of one window with their places, zeros around left out. */
function* inputsOf(w: Windows, i: number, j: number): Generator<readonly [position: number, place: number]> {
  for (let u = 0; u < w.kernel[0]; u++) {
    for (let v = 0; v < w.kernel[1]; v++) {
      const y = i * w.stride[0] + u * w.dilation[0] - w.before[0];
      const x = j * w.stride[1] + v * w.dilation[1] - w.before[1];
      if (y >= 0 && y < w.height && x >= 0 && x < w.width) yield [y * w.width + x, u * w.kernel[1] + v];
    }
  }
}

function convolution(
  spec: Spec,
  x: Bounded,
  [weight, bias]: readonly ArrayLike<number>[],
  input: Image,
): Bounded {
  const w = convWindows(spec, input);
  const [filters, groups] = [spec.filters as number, spec.groups as number];
  const channels = input[0]! / groups;
  const area = w.kernel[0] * w.kernel[1];
  const out: Bounded = { values: [], errors: [] };
  for (let f = 0; f < filters; f++) {
    const first = Math.floor(f / (filters / groups)) * channels;
    for (let i = 0; i < w.out[0]; i++) {
      for (let j = 0; j < w.out[1]; j++) {
        let [sum, size, error] = [bias?.[f] ?? 0, Math.abs(bias?.[f] ?? 0), 0];
        for (let c = 0; c < channels; c++) {
          for (const [position, place] of inputsOf(w, i, j)) {
            const at = (first + c) * w.height * w.width + position;
            const value = weight![(f * channels + c) * area + place]!;
            sum += value * x.values[at]!;
            size += Math.abs(value * x.values[at]!);
            error += Math.abs(value) * x.errors[at]!;
          }
        }
        out.values.push(sum);
        out.errors.push(error + size * (channels * area + 2) * EPS + EPS * EPS);
      }
    }
  }
  return out;
}

function pooling(spec: Spec, x: Bounded, input: Image): Bounded {
  const g = poolGeometry(spec as never, input);
  const out: Bounded = { values: [], errors: [] };
  for (let c = 0; c < g.channels; c++) {
    for (let i = 0; i < g.outHeight; i++) {
      for (let j = 0; j < g.outWidth; j++) {
        const values: number[] = [];
        let worst = 0;
        for (let u = 0; u < g.kernelHeight; u++) {
          for (let v = 0; v < g.kernelWidth; v++) {
            const at = (c * g.height + i * g.strideHeight + u) * g.width + j * g.strideWidth + v;
            values.push(x.values[at]!);
            worst = Math.max(worst, x.errors[at]!);
          }
        }
        const sum = values.reduce((a, b) => a + b, 0);
        const size = values.reduce((a, b) => a + Math.abs(b), 0);
        const max = spec.kind === 'maxPool2d';
        out.values.push(
          max ? (values.some(Number.isNaN) ? Number.NaN : Math.max(...values)) : sum / values.length,
        );
        out.errors.push(worst + (max ? 0 : (size * (values.length + 2) * EPS) / values.length));
      }
    }
  }
  return out;
}

/** Batch normalization with running statistics. */
function batchNorm(spec: Spec, x: Bounded, parameters: readonly ArrayLike<number>[], input: Image): Bounded {
  const [scale, bias, mean, variance] = parameters;
  const pixels = x.values.length / input[0]!;
  const factor = (i: number) => {
    const c = Math.floor(i / pixels);
    return scale![c]! / Math.sqrt(variance![c]! + (spec.epsilon as number));
  };
  const shift = (i: number) => {
    const c = Math.floor(i / pixels);
    return bias![c]! - mean![c]! * factor(i);
  };
  return {
    values: x.values.map((value, i) => value * factor(i) + shift(i)),
    errors: x.errors.map(
      (error, i) =>
        Math.abs(factor(i)) * error +
        4 * EPS * (Math.abs(x.values[i]! * factor(i)) + Math.abs(shift(i))) +
        EPS * EPS,
    ),
  };
}

/** One sample through a layer over images; undefined for other layers. */
export function imageTwin(
  spec: Spec,
  x: Bounded,
  parameters: readonly ArrayLike<number>[],
  input: Image,
): Bounded | undefined {
  switch (spec.kind) {
    case 'conv2d':
      return convolution(spec, x, parameters, input);
    case 'maxPool2d':
    case 'avgPool2d':
    case 'globalAvgPool2d':
      return pooling(spec, x, input);
    case 'batchNorm':
      return batchNorm(spec, x, parameters, input);
    default:
      return undefined;
  }
}

/** Sum of two branches. */
export function addTwin(a: Bounded, b: Bounded): Bounded {
  const values = a.values.map((value, i) => value + b.values[i]!);
  return { values, errors: values.map((value, i) => a.errors[i]! + b.errors[i]! + EPS * Math.abs(value)) };
}
