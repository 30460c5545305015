/** The Hessian of a loss times its gradient in float64, by Pearlmutter's R-operator: exact but for rounding, gates fixed. */
import type { GraphNode } from '../../src/graph/graph.js';
import type { Graph, Sequential } from '../../src/index.js';
import { poolGeometry } from '../../src/layers/pooling.js';
import { convolutionGradients, convolve } from '../train/convTwin.js';

type Values = Float64Array<ArrayBuffer>;

/** A layer that is linear in its weight and in its input: y = f(w, x), and both transposes. */
interface Linear {
  readonly forward: (w: Values, x: Values) => Values;
  readonly backward: (w: Values, dy: Values, x: Values) => { readonly dw: Values; readonly dx: Values };
}

const plus = (a: Values, b: Values): Values => a.map((value, i) => value + b[i]!);

/** Features lie [features, samples]. */
function denseOf({ spec }: GraphNode, samples: number): Linear {
  const rows = spec.units as number;
  const each = (cols: number, visit: (weight: number, y: number, x: number) => void) => {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        for (let s = 0; s < samples; s++) visit(r * cols + c, r * samples + s, c * samples + s);
      }
    }
  };
  return {
    forward(w, x) {
      const y = new Float64Array(rows * samples);
      each(x.length / samples, (at, to, from) => {
        y[to]! += w[at]! * x[from]!;
      });
      return y;
    },
    backward(w, dy, x) {
      const [dw, dx] = [new Float64Array(w.length), new Float64Array(x.length)];
      each(x.length / samples, (at, to, from) => {
        dw[at]! += dy[to]! * x[from]!;
        dx[from]! += dy[to]! * w[at]!;
      });
      return { dw, dx };
    },
  };
}

const convolutionOf = (node: GraphNode, samples: number): Linear => ({
  forward: (w, x) => convolve(node, w, undefined, x, samples),
  backward: (w, dy, x) => convolutionGradients(node, w, dy, x, samples),
});

/** For every output of a layer without weights: where it comes from, and the factor. */
function gatesOf({ spec, inputShape }: GraphNode, x: Values, samples: number): [number, number][] {
  if (spec.kind === 'maxPool2d') {
    const g = poolGeometry(spec, inputShape);
    const out: [number, number][] = [];
    for (let c = 0; c < g.channels; c++) {
      for (let pixel = 0; pixel < g.outHeight * g.outWidth; pixel++) {
        const top = Math.floor(pixel / g.outWidth) * g.strideHeight;
        const left = (pixel % g.outWidth) * g.strideWidth;
        for (let s = 0; s < samples; s++) {
          let best = -1;
          for (let u = 0; u < g.kernelHeight * g.kernelWidth; u++) {
            const [i, j] = [top + Math.floor(u / g.kernelWidth), left + (u % g.kernelWidth)];
            const at = ((c * g.height + i) * g.width + j) * samples + s;
            if (best < 0 || x[at]! > x[best]!) best = at;
          }
          out.push([best, 1]);
        }
      }
    }
    return out;
  }
  const below = spec.kind === 'relu' ? 0 : spec.kind === 'leakyRelu' ? (spec.slope as number) : 1;
  return Array.from(x, (value, i) => [i, value > 0 ? 1 : below]);
}

const through = (gates: readonly [number, number][], x: Values): Values =>
  Float64Array.from(gates, ([from, factor]) => factor * x[from]!);

function backThrough(gates: readonly [number, number][], dy: Values, length: number): Values {
  const dx = new Float64Array(length);
  gates.forEach(([from, factor], i) => {
    dx[from]! += factor * dy[i]!;
  });
  return dx;
}

/** Gradient with respect to the logits of the mean softmax cross-entropy at a temperature, and its change along `rz`. */
function lossOf(z: Values, rz: Values, labels: Uint8Array, temperature: number) {
  const samples = labels.length;
  const [d, rd] = [new Float64Array(z.length), new Float64Array(z.length)];
  for (let s = 0; s < samples; s++) {
    const at = Array.from({ length: z.length / samples }, (_, c) => c * samples + s);
    const e = at.map((i) => Math.exp(z[i]! / temperature));
    const p = e.map((value) => value / e.reduce((a, b) => a + b, 0));
    const mean = p.reduce((sum, value, c) => sum + value * rz[at[c]!]!, 0);
    at.forEach((i, c) => {
      d[i] = (p[c]! - (labels[s] === c ? 1 : 0)) / temperature / samples;
      rd[i] = (p[c]! * (rz[i]! - mean)) / temperature / temperature / samples;
    });
  }
  return { d, rd };
}

/** Gradients of all weights, and their derivatives along `direction`; networks are chains. */
function derivatives(
  graph: Graph,
  weights: readonly Values[],
  direction: readonly Values[],
  images: Float32Array,
  labels: Uint8Array,
): { readonly g: Values[]; readonly product: Values[] } {
  const samples = labels.length;
  const size = images.length / samples;
  const x0 = Float64Array.from(images, (_, i) => images[(i % samples) * size + Math.floor(i / samples)]!);
  const xs: Values[] = [x0];
  const rs: Values[] = [new Float64Array(x0.length)];
  let next = 0;
  const layers = graph.nodes.map((node) => {
    const first = next;
    next += node.parameters.length;
    if (node.parameters.length === 0) return { node, first };
    return { node, first, linear: (node.spec.kind === 'dense' ? denseOf : convolutionOf)(node, samples) };
  });
  const gates = layers.map(({ node, first, linear }, l) => {
    const [x, r] = [xs[l]!, rs[l]!];
    if (!linear) {
      const found = gatesOf(node, x, samples);
      xs.push(through(found, x));
      rs.push(through(found, r));
      return found;
    }
    const [w, v, bias] = [weights[first]!, direction[first]!, weights[first + 1]];
    const y = linear.forward(w, x);
    const channel = y.length / node.outputShape[0]!;
    const biased = node.parameters.length > 1;
    xs.push(biased ? y.map((value, i) => value + bias![Math.floor(i / channel)]!) : y);
    rs.push(plus(linear.forward(v, x), linear.forward(w, r)));
    return [];
  });
  let { d, rd } = lossOf(xs.at(-1)!, rs.at(-1)!, labels, 200);
  const zeros = () => weights.map((w) => new Float64Array(w.length));
  const [g, product] = [zeros(), zeros()];
  for (let l = layers.length - 1; l >= 0; l--) {
    const { first, linear } = layers[l]!;
    const [x, r] = [xs[l]!, rs[l]!];
    if (!linear) {
      [d, rd] = [backThrough(gates[l]!, d, x.length), backThrough(gates[l]!, rd, x.length)];
      continue;
    }
    const [w, v] = [weights[first]!, direction[first]!];
    const own = linear.backward(w, d, x);
    const change = linear.backward(w, rd, x);
    const mixed = linear.backward(v, d, r);
    g[first] = own.dw;
    product[first] = plus(change.dw, mixed.dw);
    [d, rd] = [own.dx, plus(change.dx, mixed.dx)];
  }
  return { g, product };
}

/** H g by parameter, logits divided by 200; 0 where pruned, and for biases. */
export function hessianGradientTwin(model: Sequential, images: Float32Array, labels: Uint8Array): Values[] {
  const weights = model.getWeights().map((w) => Float64Array.from(w));
  const masks = model.parameters.map((parameter) => parameter.readMask());
  const prunable = model.parameters.map((parameter) => parameter.prunable);
  const masked = (all: readonly Values[]) =>
    all.map((values, p) => values.map((v, i) => (prunable[p] && masks[p]?.[i] !== 0 ? v : 0)));
  const still = weights.map((w) => new Float64Array(w.length));
  const { g } = derivatives(model.graph, weights, still, images, labels);
  return masked(derivatives(model.graph, weights, masked(g), images, labels).product);
}
