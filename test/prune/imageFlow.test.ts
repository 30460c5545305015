import { describe, expect, test } from 'vitest';
import { createModel, type Sequential } from '../../src/index.js';
import { values } from '../model/support.js';
import { imageModel, inputsOf, networks } from './imageSupport.js';
import { gathered } from './support.js';

const sum = (list: Iterable<number>) => {
  let total = 0;
  for (const value of list) total += value;
  return total;
};

/** R = sum of what an image of ones gives through sizes of weights, one of them larger by `step`; pooling takes means. */
function flowTwin({ graph, parameters }: Sequential, changed: number, at: number, step: number): number {
  const made: number[][] = [];
  const first = new Array<number>(graph.inputShape.reduce((a, b) => a * b, 1)).fill(1);
  let next = 0;
  for (const node of graph.nodes) {
    const own = parameters.slice(next, next + node.parameters.length);
    const position = next;
    next += own.length;
    const [x = first, also] = node.inputs.map((input) => made[input] ?? first);
    const kind = node.spec.kind as string;
    if (node.parameters[0]?.role === 'weight') {
      const w = Array.from(own[0]!.read(), Math.abs);
      if (position === changed) w[at]! += step;
      const groups = inputsOf(node, x);
      const [rows, cols] = [own[0]!.rows, own[0]!.cols];
      const perGroup = rows / groups.length;
      made.push(
        Array.from({ length: rows }, (_, r) =>
          groups[Math.floor(r / perGroup)]!.map((window) => sum(window.map((v, j) => v * w[r * cols + j]!))),
        ).flat(),
      );
    } else if (kind === 'batchNorm') {
      const [scale, , , variance] = own.map((one) => one.read());
      const pixels = x.length / scale!.length;
      made.push(
        x.map((v, i) => {
          const c = Math.floor(i / pixels);
          return v * Math.abs(scale![c]! / Math.sqrt(variance![c]! + (node.spec.epsilon as number)));
        }),
      );
    } else if (node.type.role === 'resample') made.push(poolTwin(node, x));
    else made.push(also ? x.map((v, i) => v + also[i]!) : x);
  }
  return sum(made.at(-1)!);
}

function poolTwin(
  { spec, inputShape, outputShape }: Sequential['graph']['nodes'][number],
  x: readonly number[],
) {
  const [channels, height, width] = inputShape as [number, number, number];
  const whole = spec.kind === 'globalAvgPool2d';
  const [h, w] = whole ? [height, width] : [spec.height as number, spec.width as number];
  const [sy, sx] = whole ? [1, 1] : [spec.strideHeight as number, spec.strideWidth as number];
  const [, rows = 1, columns = 1] = outputShape;
  const y: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let u = 0; u < h; u++) {
          for (let v = 0; v < w; v++) total += x[(c * height + i * sy + u) * width + j * sx + v]!;
        }
        y.push(total / (h * w));
      }
    }
  }
  return y;
}

describe.each(Object.keys(networks))('statistics of a network of %s', (name) => {
  test('of flow are the gradients of what sizes of weights pass on, in shares', async () => {
    const model = await imageModel(name);
    const found = await gathered(['flow'], model);
    const total = (changed: number, at: number, step: number) => flowTwin(model, changed, at, step);
    const R = total(-1, 0, 0);
    const weights = model.getWeights();
    const positions = model.parameters.flatMap(({ prunable }, i) => (prunable ? [i] : []));
    positions.forEach((p, k) => {
      const flow = found[k]!.flow!;
      // R is linear in each weight: a difference is the gradient.
      for (let i = 0; i < flow.length; i += Math.ceil(flow.length / 12)) {
        const twin = (total(p, i, 1) - R) / R;
        expect(Math.abs(flow[i]! - twin), `flow ${k} at ${i}`).toBeLessThan(1e-10 + 1e-9 * Math.abs(twin));
      }
      const share = sum(weights[p]!.map((w, i) => Math.abs(w) * flow[i]!));
      expect(share).toBeLessThan(1 + 1e-6);
    });
    model.dispose();
  });
});

test('flow neither over- nor underflows in a deep residual network', async () => {
  const model = await createModel('residual', { seed: 1 });
  for (const factor of [1e-30, 1e30]) {
    model.setWeights(
      model.parameters.map((parameter, i) =>
        parameter.prunable ? values(parameter.length, i, factor) : parameter.read(),
      ),
    );
    const found = await gathered(['flow'], model);
    const shares = found.map(({ flow }, k) => {
      const w = model.parameters.filter(({ prunable }) => prunable)[k]!.read();
      return sum(w.map((v, i) => Math.abs(v) * flow![i]!));
    });
    expect(shares.every((share) => share >= 0 && share < 1 + 1e-5)).toBe(true);
    expect(shares[0]).toBeCloseTo(1, 5);
    expect(shares.at(-1)).toBeCloseTo(1, 5);
  }
  model.dispose();
});
