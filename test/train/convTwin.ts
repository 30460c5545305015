/** Convolutions in float64, term by term: outputs and both gradients over features [features, samples]. */
import type { GraphNode } from '../../src/graph/graph.js';
import { conv2dGeometry } from '../../src/layers/conv2d.js';

/** Calls `visit` with every product of a convolution: places of output, weight and input. */
function eachTerm(
  { spec, inputShape }: GraphNode,
  visit: (output: number, weight: number, input: number) => void,
): void {
  const g = conv2dGeometry(spec, inputShape);
  const [filters, groups] = [spec.filters as number, spec.groups as number];
  const channels = g.channels / groups;
  let weight = 0;
  for (let f = 0; f < filters; f++) {
    const first = Math.floor((f * groups) / filters) * channels;
    for (let c = first; c < first + channels; c++) {
      for (let u = 0; u < g.kernelHeight; u++) {
        for (let v = 0; v < g.kernelWidth; v++, weight++) {
          for (let pixel = 0; pixel < g.outHeight * g.outWidth; pixel++) {
            const i = Math.floor(pixel / g.outWidth) * g.strideHeight + u * g.dilationHeight - g.top;
            const j = (pixel % g.outWidth) * g.strideWidth + v * g.dilationWidth - g.left;
            if (i < 0 || i >= g.height || j < 0 || j >= g.width) continue;
            visit(f * g.outHeight * g.outWidth + pixel, weight, (c * g.height + i) * g.width + j);
          }
        }
      }
    }
  }
}

/** y = W * x + b. */
export function convolve(
  node: GraphNode,
  w: ArrayLike<number>,
  b: ArrayLike<number> | undefined,
  x: Float64Array,
  samples: number,
): Float64Array<ArrayBuffer> {
  const [filters, height, width] = node.outputShape as [number, number, number];
  const plane = height * width * samples;
  const y = Float64Array.from({ length: filters * plane }, (_, i) => b?.[Math.floor(i / plane)] ?? 0);
  eachTerm(node, (output, weight, input) => {
    for (let s = 0; s < samples; s++) y[output * samples + s]! += w[weight]! * x[input * samples + s]!;
  });
  return y;
}

/** dw, db and dx. */
export function convolutionGradients(
  node: GraphNode,
  w: ArrayLike<number>,
  dy: Float64Array,
  x: Float64Array,
  samples: number,
): Readonly<Record<'dw' | 'db' | 'dx', Float64Array<ArrayBuffer>>> {
  const [filters, height, width] = node.outputShape as [number, number, number];
  const plane = height * width * samples;
  const [dw, db, dx] = [
    new Float64Array(w.length),
    new Float64Array(filters),
    new Float64Array(x.length),
  ] as const;
  dy.forEach((value, i) => {
    db[Math.floor(i / plane)]! += value;
  });
  eachTerm(node, (output, weight, input) => {
    for (let s = 0; s < samples; s++) {
      dw[weight]! += dy[output * samples + s]! * x[input * samples + s]!;
      dx[input * samples + s]! += dy[output * samples + s]! * w[weight]!;
    }
  });
  return { dw, db, dx };
}
