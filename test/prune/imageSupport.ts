/** Models over images for tests of pruning, and what their convolutions read, in plain loops. */

import type { GraphNode } from '../../src/graph/graph.js';
import {
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalAvgPool2d,
  type LayerSpec,
  maxPool2d,
  relu,
  residual,
  type Sequential,
  type StorageChoice,
  sequential,
  tanh,
} from '../../src/index.js';
import { conv2dGeometry } from '../../src/layers/conv2d.js';
import { networkTwin, values } from '../model/support.js';
import { SeededRandom } from '../support/seededRandom.js';

type Layers = readonly (LayerSpec | readonly LayerSpec[])[];

/** Small networks of every kind, over images [2, 7, 6], in four classes. */
export const networks: Readonly<Record<string, Layers>> = {
  'convolutions and pooling': [
    conv2d(5, 3),
    maxPool2d(2, { stride: 1 }),
    relu(),
    conv2d(6, [2, 3], { stride: [2, 1], padding: 1, bias: false }),
    relu(),
    avgPool2d(2),
    flatten(),
    dense(7),
    relu(),
    dense(4),
  ],
  'residual blocks with batch normalization': [
    conv2d(4, 3, { padding: 'same', bias: false }),
    batchNorm(),
    relu(),
    residual([conv2d(4, 3, { padding: 1, bias: false }), batchNorm(), tanh(), conv2d(4, 1), batchNorm()]),
    relu(),
    residual(
      [
        conv2d(6, 3, { stride: 2, padding: 1, bias: false }),
        batchNorm(),
        relu(),
        conv2d(6, 3, { padding: 1 }),
      ],
      [conv2d(6, 1, { stride: 2, bias: false }), batchNorm()],
    ),
    relu(),
    globalAvgPool2d(),
    dense(4),
  ],
  'groups, depthwise, dilated': [
    conv2d(4, 3, { groups: 2, padding: 2, dilation: 2 }),
    relu(),
    conv2d(4, 3, { groups: 4, padding: 1, bias: false }),
    batchNorm(),
    relu(),
    conv2d(6, 1),
    globalAvgPool2d(),
    dense(4),
  ],
};

export const INPUT_SHAPE = [2, 7, 6];
const SIZE = 84;

/** Samples with labels of four classes. */
export const imagesOf = (samples: number, seed = 5) => ({
  images: values(SIZE * samples, seed),
  labels: Uint8Array.from({ length: samples }, (_, i) => (i * 7) % 4),
});

export const imageAt = (images: Float32Array, sample: number): Float32Array =>
  images.slice(sample * SIZE, (sample + 1) * SIZE);

interface ImageModelOptions {
  readonly sparsity?: number;
  readonly seed?: number;
  readonly storage?: StorageChoice;
}

/** A network by name with seeded values, running statistics too; a share `sparsity` of each weight is pruned at random. */
export async function imageModel(
  name: string,
  { sparsity = 0.5, seed = 1, storage }: ImageModelOptions = {},
): Promise<Sequential> {
  const model = await sequential({ inputShape: INPUT_SHAPE, seed }, networks[name]!);
  model.setWeights(
    model.parameters.map(({ length, spec }, i) => {
      const random = values(length, seed + i, 0.7);
      return spec.role === 'variance' || spec.role === 'scale'
        ? random.map((value) => 0.8 + value / 2)
        : random;
    }),
  );
  const random = new SeededRandom(seed);
  for (const parameter of model.parameters) {
    if (parameter.prunable && sparsity > 0) parameter.setMask(random.mask(parameter.length, sparsity));
  }
  if (storage) model.setStorage(storage);
  return model;
}

/** What comes in at a layer and what it gives, for one sample, in float64. */
export function around(model: Sequential, at: number, sample: ArrayLike<number>) {
  const { graph } = model;
  const weights = model.getWeights();
  const upTo = (end: number) =>
    end < 0
      ? Array.from(sample)
      : networkTwin({ ...graph, nodes: graph.nodes.slice(0, end + 1) }, weights, sample).values;
  return { x: upTo(graph.nodes[at]!.inputs[0]!), y: upTo(at) };
}

/** The windows of a convolution over one sample: [groups][windows][values of a window]. */
export function windowsOf({ spec, inputShape }: GraphNode, x: readonly number[]): number[][][] {
  const g = conv2dGeometry(spec, inputShape);
  const groups = spec.groups as number;
  const channels = g.channels / groups;
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: g.outHeight * g.outWidth }, (__, pixel) => {
      const [row, column] = [Math.floor(pixel / g.outWidth), pixel % g.outWidth];
      const window: number[] = [];
      for (let c = group * channels; c < (group + 1) * channels; c++) {
        for (let u = 0; u < g.kernelHeight; u++) {
          for (let v = 0; v < g.kernelWidth; v++) {
            const i = row * g.strideHeight + u * g.dilationHeight - g.top;
            const j = column * g.strideWidth + v * g.dilationWidth - g.left;
            const inside = i >= 0 && i < g.height && j >= 0 && j < g.width;
            window.push(inside ? x[(c * g.height + i) * g.width + j]! : 0);
          }
        }
      }
      return window;
    }),
  );
}

/** Samples of the inputs of a layer with a weight: [groups][samples or windows][inputs]. */
export function inputsOf(node: GraphNode, x: readonly number[]): number[][][] {
  return node.spec.kind === 'conv2d' ? windowsOf(node, x) : [[[...x]]];
}
