/** Training in float64, in plain loops: gradients of a network, absent weights included, and masked steps. */
import type { Graph } from '../../src/index.js';
import { activations } from '../kernelTable/activations.js';
import { meanSquaredError, softmax, softmaxCrossEntropy, softmaxGradient } from '../kernelTable/lossTwins.js';
import { type AdamOptions, asFloats, type SgdOptions, sgd } from '../kernelTable/optimizers.js';
import { convolutionGradients, convolve } from './convTwin.js';

type Mask = Uint8Array | null;

/** x [samples, features] as [features, samples]. */
function columns(x: ArrayLike<number>, samples: number): Float64Array {
  const features = x.length / samples;
  return Float64Array.from(
    { length: x.length },
    (_, i) => x[(i % samples) * features + Math.floor(i / samples)]!,
  );
}

/** y [rows, samples] = w [rows, cols] x [cols, samples] + b. */
function product(
  w: ArrayLike<number>,
  b: ArrayLike<number> | undefined,
  x: Float64Array,
  rows: number,
  samples: number,
): Float64Array<ArrayBuffer> {
  const cols = x.length / samples;
  const y = new Float64Array(rows * samples);
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < samples; s++) {
      let sum = b?.[r] ?? 0;
      for (let c = 0; c < cols; c++) sum += w[r * cols + c]! * x[c * samples + s]!;
      y[r * samples + s] = sum;
    }
  }
  return y;
}

/** Transposed matrix [rows, cols] -> [cols, rows]. */
function turned(w: ArrayLike<number>, rows: number, cols: number): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, i) => w[(i % rows) * cols + Math.floor(i / rows)]!);
}

/**
 * Loss (summed over the samples) and gradients of its mean for all parameters, pruned ones as well: labels for
 * softmaxCrossEntropy, floats [samples, outputs] for meanSquaredError.
 */
export function gradientTwin(
  graph: Graph,
  parameters: readonly ArrayLike<number>[],
  x: Float32Array,
  y: Uint8Array | Float32Array,
): { readonly loss: number; readonly gradients: Float64Array<ArrayBuffer>[] } {
  const inputs = graph.inputShape.reduce((a, b) => a * b, 1);
  const outputs = graph.outputShape.reduce((a, b) => a * b, 1);
  const samples = x.length / inputs;
  const values = [columns(x, samples)];
  let next = 0;
  const firsts = graph.nodes.map((node) => {
    const first = next;
    next += node.parameters.length;
    return first;
  });
  graph.nodes.forEach((node, i) => {
    const [from, kind] = [values[i]!, node.spec.kind as string];
    if (kind === 'dense') {
      const bias = node.parameters.length > 1 ? parameters[firsts[i]! + 1] : undefined;
      values.push(product(parameters[firsts[i]!]!, bias, from, node.spec.units as number, samples));
    } else if (kind === 'conv2d') {
      const [weight, bias] = [parameters[firsts[i]!]!, parameters[firsts[i]! + 1]];
      values.push(convolve(node, weight, node.parameters.length > 1 ? bias : undefined, from, samples));
    } else if (kind === 'softmax') values.push(softmax(from, samples));
    else if (kind in activations) {
      values.push(from.map(activations[kind as keyof typeof activations].value));
    } else values.push(from);
  });
  const last = values.at(-1)!;
  const { loss, dx } =
    y instanceof Float32Array
      ? meanSquaredError(last, columns(y, samples), outputs, 1 / samples)
      : softmaxCrossEntropy(last, y, 1 / samples);
  const gradients = parameters.map((parameter) => new Float64Array(parameter.length));
  let dy: Float64Array<ArrayBufferLike> = dx;
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const [node, from] = [graph.nodes[i]!, values[i]!];
    const kind = node.spec.kind as string;
    if (kind === 'dense') {
      const [rows, cols] = [node.spec.units as number, from.length / samples];
      gradients[firsts[i]!] = product(dy, undefined, turned(from, cols, samples), rows, cols);
      if (node.parameters.length > 1) {
        gradients[firsts[i]! + 1] = product(dy, undefined, new Float64Array(samples).fill(1), rows, 1);
      }
      dy = product(turned(parameters[firsts[i]!]!, rows, cols), undefined, dy, cols, samples);
    } else if (kind === 'conv2d') {
      const { dw, db, dx } = convolutionGradients(node, parameters[firsts[i]!]!, dy, from, samples);
      gradients[firsts[i]!] = dw;
      if (node.parameters.length > 1) gradients[firsts[i]! + 1] = db;
      dy = dx;
    } else if (kind === 'softmax') dy = softmaxGradient(dy, values[i + 1]!, samples);
    else if (kind in activations) {
      const { slope } = activations[kind as keyof typeof activations];
      dy = dy.map((g, j) => g * slope(from[j]!));
    }
  }
  return { loss, gradients };
}

export type OptimizerTwin =
  | { readonly kind: 'sgd'; readonly options: SgdOptions }
  | { readonly kind: 'adam'; readonly options: AdamOptions };

/** Step t = 1 of an optimizer from empty moments, masked; decay acts on weights alone. */
export function stepTwin(
  { kind, options }: OptimizerTwin,
  parameters: readonly ArrayLike<number>[],
  gradients: readonly Float64Array[],
  masks: readonly Mask[],
  decays: readonly boolean[],
): Float64Array[] {
  return parameters.map((parameter, p) => {
    const w = Float64Array.from(parameter);
    const g = gradients[p]!.map((value, i) => (masks[p]?.[i] === 0 ? 0 : value));
    const empty = () => new Float64Array(w.length);
    if (kind === 'sgd') {
      const weightDecay = decays[p] ? options.weightDecay : 0;
      sgd(w, g, options.momentum > 0 ? empty() : null, asFloats({ ...options, weightDecay }));
    } else adamTwin(w, g, decays[p] ? options : { ...options, l2: 0, weightDecay: 0 });
    return w;
  });
}

/** The first step of Adam: decays of moments are float32 in the kernel, their corrections are made before that. */
function adamTwin(w: Float64Array, g: Float64Array, options: AdamOptions): void {
  const { learningRate, beta1, beta2, epsilon, l2, weightDecay } = options;
  const [c1, c2] = [1 - Math.fround(beta1), 1 - Math.fround(beta2)];
  for (let i = 0; i < w.length; i++) {
    const gradient = g[i]! + l2 * w[i]!;
    const mean = (c1 * gradient) / (1 - beta1);
    const square = (c2 * gradient * gradient) / (1 - beta2);
    w[i] = w[i]! * (1 - learningRate * weightDecay) - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  }
}
