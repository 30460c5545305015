/** Channels that cannot change the outputs leave a session: the same bits, with less to do. */
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
  sigmoid,
  tanh,
} from '../../src/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { sparse, values } from '../model/support.js';
import { SeededRandom } from '../support/seededRandom.js';

type Layers = readonly (LayerSpec | readonly LayerSpec[])[];
const networks: Readonly<Record<string, readonly [shape: readonly number[], layers: Layers]>> = {
  'a LeNet': [
    [1, 12, 12],
    [
      conv2d(6, 5),
      relu(),
      maxPool2d(2),
      conv2d(9, 3),
      maxPool2d(2),
      relu(),
      flatten(),
      dense(7),
      relu(),
      dense(4),
    ],
  ],
  'padding, strides, dilation': [
    [3, 9, 10],
    [
      conv2d(5, 3, { stride: 2, padding: 'same' }),
      relu(),
      conv2d(7, [1, 3], { padding: [0, 1] }),
      leakyRelu(),
      avgPool2d(2, { stride: 1 }),
      conv2d(4, 3, { dilation: 2, padding: 2, bias: false }),
      tanh(),
      flatten(),
      dense(3),
    ],
  ],
  'batch normalization, folded and not': [
    [2, 8, 8],
    [
      conv2d(6, 3),
      batchNorm(),
      relu(),
      batchNorm(),
      relu(),
      conv2d(5, 3),
      maxPool2d(2),
      batchNorm(),
      relu(),
      globalAvgPool2d(),
      dense(3),
    ],
  ],
  'sums and groups, which stay': [
    [4, 8, 8],
    [
      conv2d(6, 3, { padding: 1 }),
      relu(),
      conv2d(6, 3, { groups: 6, padding: 1 }),
      relu(),
      residual([conv2d(8, 1), relu(), conv2d(6, 3, { padding: 1 })]),
      relu(),
      conv2d(4, 3, { groups: 2 }),
      sigmoid(),
      conv2d(3, 1),
    ],
  ],
};

/** Whole filters and whole channels without a weight, biases below and above 0. */
async function build(name: string, seed: number): Promise<Sequential> {
  const [inputShape, layers] = networks[name]!;
  const model = await sequential({ inputShape, seed }, layers);
  const random = new SeededRandom(seed);
  const specs = model.graph.nodes.flatMap(({ parameters }) => parameters);
  const kept = (count: number) => Array.from({ length: count }, () => random.mask(1, 0.4)[0]!);
  const weights = model.getWeights().map((array, i) => {
    const { role, shape } = specs[i]!;
    const own = values(array.length, seed * 50 + i, 0.5);
    if (role === 'variance' || role === 'scale') return own.map((value) => 1 + value);
    if (role !== 'weight') return own;
    const [rows, cols] = [kept(shape[0]!), kept(shape[1]!)];
    const area = sizeOf(shape.slice(2));
    return sparse(own, 0.3, i).map((value, at) => {
      const row = Math.floor(at / (shape[1]! * area));
      return value * rows[row]! * cols[Math.floor(at / area) % shape[1]!]!;
    });
  });
  model.setWeights(weights);
  return model;
}

const bitsOf = (array: Float32Array) => Buffer.from(array.buffer).toString('hex');

describe.each(Object.keys(networks))('a session of %s', (name) => {
  test('gives the bits of one that drops nothing, whatever filters are without weights', async () => {
    let dropped = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const model = await build(name, seed);
      const x = values(sizeOf(model.graph.inputShape) * 11, seed);
      const plain = await createSession(model, { batch: 11, kernels: 'dense' });
      const expected = bitsOf(plain.run(x));
      plain.dispose();
      for (const kernels of ['auto', 'csr', 'block2'] as const) {
        for (const batch of [1, 11]) {
          const session = await createSession(model, { batch, kernels });
          const text = session.explain();
          if (/channels?( of zeros)? dropped/.test(text)) dropped++;
          if (!text.includes('constant')) expect(bitsOf(session.run(x)), `${seed} ${kernels}`).toBe(expected);
          session.dispose();
        }
      }
      model.dispose();
    }
    expect(dropped).toBeGreaterThan(20);
  });
});

/** One convolution behind another: filter 0 is read, 1 is not, 2 has no weight and a bias. */
async function three(bias: number, layers: Layers = [relu()], next: Partial<{ padding: number }> = {}) {
  const model = await sequential({ inputShape: [1, 4, 4], seed: 1 }, [
    conv2d(3, 1),
    ...layers,
    conv2d(2, 3, next),
  ]);
  const weights = model.getWeights();
  weights[0]!.set([1.5, 2, 0]);
  weights[1]!.set([0.25, 0.5, bias]);
  for (const filter of [0, 1]) weights[2]!.fill(0, filter * 27 + 9, filter * 27 + 18);
  model.setWeights(weights);
  return model;
}

async function layersOf(model: Sequential) {
  const session = await createSession(model, { batch: 4, kernels: 'csr' });
  const { layers } = session;
  session.dispose();
  model.dispose();
  return layers;
}

describe('channels', () => {
  test('that nobody reads go, and those that are zero behind their activation, with their multiply-adds', async () => {
    const [first, , last] = await layersOf(await three(-1));
    expect(first!.why).toMatch(/; 1 dead channel and 1 channel of zeros dropped$/);
    expect([first!.multiplyAdds, last!.multiplyAdds]).toEqual([16, 2 * 9 * 4]);
    expect(last!.why).toMatch(/; 2 input channels dropped$/);
    expect([first!.shape, first!.nnz]).toEqual([[3, 1, 1, 1], 2]); // told as the model has them
  });

  test('of another constant stay, and those that a later layer makes zero go', async () => {
    const [first] = await layersOf(await three(1));
    expect(first!.why).toMatch(/; 1 dead channel dropped$/);
    const [through] = await layersOf(await three(-1, [maxPool2d(1), relu()]));
    expect(through!.why).toMatch(/1 dead channel and 1 channel of zeros dropped$/);
    const [squashed] = await layersOf(await three(0, [sigmoid()]));
    expect(squashed!.why).toMatch(/1 dead channel dropped$/);
  });

  test('of zeros stay where an infinite weight reads them', async () => {
    const model = await three(-1);
    const x = values(16 * 3, 2);
    const weights = model.getWeights();
    weights[2]![20] = Infinity;
    model.setWeights(weights);
    const session = await createSession(model, { batch: 3 });
    const out = session.run(x);
    expect(out.some(Number.isNaN)).toBe(true);
    session.dispose();
    model.dispose();
  });

  test('keep one where all of them could go', async () => {
    const model = await three(-1);
    const weights = model.getWeights();
    weights[2]!.fill(0);
    weights[3]!.set([3, -4]);
    model.setWeights(weights);
    const session = await createSession(model, { batch: 2 });
    expect(session.explain()).toContain('2 dead channels dropped');
    expect([...new Set(session.run(values(32, 1)))]).toEqual([3, -4]);
    session.dispose();
    model.dispose();
  });
});
