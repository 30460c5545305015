import { describe, expect, test } from 'vitest';
import {
  avgPool2d,
  batchNorm,
  conv2d,
  createSession,
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
import { sizeOf } from '../../src/tensor/shape.js';
import { firstOutside, networkTwin, sparse, values } from '../model/support.js';

type Layers = readonly (LayerSpec | readonly LayerSpec[])[];

/** Networks over images, with their input shapes. */
const networks: Readonly<Record<string, readonly [shape: readonly number[], layers: Layers]>> = {
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
async function modelOf(name: string, sparsity: number): Promise<Sequential> {
  const [inputShape, layers] = networks[name]!;
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

test('what lies far apart is gathered, what lies close is read where it is', async () => {
  const wide = await modelOf('many channels, whose windows are gathered first', 0.6);
  const session = await createSession(wide, { batch: 8, kernels: 'csr' });
  expect(session.layers.map(({ kernel }) => kernel)).toEqual(
    expect.arrayContaining(['conv_csr_panels_f32', 'conv_csr_f32']),
  );
  session.dispose();
  wide.dispose();
});

describe.each(Object.keys(networks))('a session of %s', (name) => {
  test.each([0, 0.6, 0.95, 1])('equals its float64 twin, %d of the weights zero', async (sparsity) => {
    const model = await modelOf(name, sparsity);
    const weights = model.getWeights();
    const inputs = sizeOf(model.graph.inputShape);
    const x = values(inputs * 5, 7);
    for (const kernels of ['dense', 'auto', 'csr', 'block2', 'block4'] as const) {
      const session = await createSession(model, { batch: 5, kernels });
      const got = session.run(x);
      const outputs = got.length / 5;
      for (let s = 0; s < 5; s++) {
        const twin = networkTwin(model.graph, weights, x.subarray(s * inputs, (s + 1) * inputs));
        expect(
          firstOutside(got.subarray(s * outputs, (s + 1) * outputs), twin),
          `${kernels}, sample ${s}`,
        ).toBe(-1);
      }
      session.dispose();
    }
    const batch = model.predict(x);
    const twin = networkTwin(model.graph, weights, x.subarray(0, inputs));
    expect(firstOutside(batch, twin)).toBe(-1);
    model.dispose();
  });

  test('gives the same bits whatever the batch, the kernels and the place of a sample', async () => {
    const model = await modelOf(name, 0.7);
    const inputs = sizeOf(model.graph.inputShape);
    const x = values(inputs * 45, 8);
    const reference = await createSession(model, { batch: 1, kernels: 'csr' });
    const expected = reference.run(x);
    reference.dispose();
    for (const batch of [1, 3, 4, 8, 16, 32, 45]) {
      for (const kernels of ['dense', 'csr', 'block2', 'block4', 'auto'] as const) {
        const session = await createSession(model, { batch, kernels });
        // Folding a constant unit into a bias moves its term: auto may differ from dense there, and only there.
        if (!session.explain().includes('constant')) {
          expect(
            Buffer.from(session.run(x).buffer).equals(Buffer.from(expected.buffer)),
            `${batch} ${kernels}`,
          ).toBe(true);
        }
        session.dispose();
      }
    }
    model.dispose();
  });
});
