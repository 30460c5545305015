/** Networks over images that sessions and exported modules are tested with. */
import {
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  flatten,
  globalAvgPool2d,
  type LayerSpec,
  leakyRelu,
  maxPool2d,
  relu,
  residual,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { sparse, values } from '../model/support.js';

type Layers = readonly (LayerSpec | readonly LayerSpec[])[];

/** Networks over images, with their input shapes. */
export const imageNetworks: Readonly<Record<string, readonly [shape: readonly number[], layers: Layers]>> = {
  'a small LeNet': [
    [1, 12, 12],
    [conv2d(6, 5), maxPool2d(2), conv2d(9, 3), relu(), maxPool2d(2), flatten(), dense(11), relu(), dense(4)],
  ],
  'padding, strides and dilation': [
    [3, 9, 10],
    [
      conv2d(5, 3, { stride: 2, padding: 'same' }),
      relu(),
      conv2d(7, [1, 3], { padding: [0, 1] }),
      leakyRelu(),
      conv2d(4, 3, { dilation: 2, padding: 2, bias: false }),
      avgPool2d(2, { stride: 1 }),
      flatten(),
      dense(3),
    ],
  ],
  'windows of stride three over narrow images': [
    [2, 11, 7],
    [conv2d(6, [3, 2], { stride: 3 }), relu(), conv2d(5, 2), flatten(), dense(3)],
  ],
  'groups and depthwise': [
    [4, 8, 8],
    [
      conv2d(4, 3, { groups: 4, padding: 1 }),
      relu(),
      conv2d(12, 1),
      conv2d(12, 3, { groups: 2, padding: 1, stride: 2 }),
      relu(),
      conv2d(24, 3, { groups: 12 }),
      globalAvgPool2d(),
      dense(3),
    ],
  ],
  'residual sums with batch normalization': [
    [2, 8, 8],
    [
      conv2d(6, 3, { padding: 1 }),
      batchNorm(),
      relu(),
      residual([
        conv2d(6, 3, { padding: 1, bias: false }),
        batchNorm(),
        relu(),
        conv2d(6, 3, { padding: 1 }),
        batchNorm(),
      ]),
      relu(),
      residual(
        [conv2d(8, 3, { padding: 1, stride: 2 }), relu(), residual([conv2d(8, 1)])],
        [conv2d(8, 1, { stride: 2 }), batchNorm()],
      ),
      batchNorm(),
      relu(),
      globalAvgPool2d(),
      dense(5),
    ],
  ],
  'many channels, whose windows are gathered first': [
    [400, 3, 4],
    [conv2d(60, 1), relu(), conv2d(5, 3, { padding: 1 }), flatten(), dense(3)],
  ],
  'batch normalization of features': [
    [10],
    [dense(12), batchNorm(), relu(), batchNorm(), dense(4), batchNorm()],
  ],
};

/** A model with random weights of which a share is zero, and statistics that are not those of the start. */
export async function imageModel(name: string, sparsity: number): Promise<Sequential> {
  const [inputShape, layers] = imageNetworks[name]!;
  const model = await sequential({ inputShape, seed: 3 }, layers);
  const specs = model.graph.nodes.flatMap(({ parameters }) => parameters);
  const weights = model.getWeights().map((array, i) => {
    const { role } = specs[i]!;
    const random = values(array.length, i + 40, role === 'weight' ? 0.5 : 0.3);
    if (role === 'variance') return random.map((value) => 1 + value);
    if (role === 'scale') return random.map((value) => 1 + value);
    return role === 'weight' ? sparse(random, sparsity, i) : random;
  });
  model.setWeights(weights);
  return model;
}
