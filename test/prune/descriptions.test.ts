import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as espalier from '../../src/index.js';
import { Describer } from '../../src/train/checkpoint/describe.js';

const {
  acdc,
  adam,
  adamw,
  apoz,
  augmentImages,
  batchNormScale,
  batchNormSlimming,
  block,
  channel,
  cosine,
  cubic,
  dense,
  dynamic,
  dynamicNetworkSurgery,
  earlyStopping,
  erk,
  filter,
  fpgm,
  gradual,
  granet,
  grasp,
  l0,
  lamp,
  linear,
  magnitude,
  meanActivation,
  movement,
  neuron,
  nm,
  obs,
  perLayer,
  random,
  rigl,
  sequential,
  set,
  sgd,
  snip,
  sparsegpt,
  srSte,
  standardDeviations,
  stepDecay,
  synflow,
  taylor,
  trainableThreshold,
  unitTaylor,
  wanda,
  warmup,
} = espalier;

const ramp = { start: 0.1, end: 0.2, steps: 5 };
const data = (value: number) => ({ images: new Float32Array(8).fill(value), labels: Uint8Array.of(0, 1) });

/** Everything that may stand among the options of a run: by its name, what must all be told apart. */
const made: Readonly<Record<string, readonly unknown[]>> = {
  criteria: [
    ...[magnitude(), random(), lamp(), taylor(), unitTaylor(), snip(), grasp(), synflow(), wanda(), apoz()],
    ...[meanActivation(), fpgm(), batchNormScale()],
    ...[obs(), obs({ damp: 0.1 }), sparsegpt(), sparsegpt({ damp: 0.1 }), sparsegpt({ blockSize: 64 })],
  ],
  allocations: [erk(), perLayer({ dense1: 0.5 }), perLayer({ dense1: 0.6 }), perLayer({ dense2: 0.5 })],
  thresholds: [standardDeviations(1), standardDeviations(0.5), standardDeviations({ dense1: 1 })],
  structures: [
    ...[block(4, 1), block(2, 1), block(4, 2), block(4, 1, { pool: 'l2' }), nm(2, 4), nm(1, 4)],
    ...[neuron(), neuron({ greedy: true }), filter(), filter({ pool: 'max' }), channel()],
  ],
  cosine: [cosine({ start: 0.1, steps: 5 }), cosine({ start: 0.2, steps: 5 })],
  cubic: [cubic({ end: 0.1, steps: 5 }), cubic({ end: 0.2, steps: 5 })],
  linear: [linear(ramp), linear({ ...ramp, start: 0.5 }), linear({ ...ramp, begin: 1 })],
  stepDecay: [stepDecay({ start: 0.1, every: 2 }), stepDecay({ start: 0.1, every: 3 })],
  warmup: [warmup(3, 0.1), warmup(3, 0.2), warmup(3, linear(ramp)), warmup(3, cubic({ end: 1, steps: 2 }))],
  optimizers: [sgd(), sgd({ momentum: 0.9 }), adam(), adam({ beta1: 0.8 }), adamw()],
  acdc: [
    acdc({ sparsity: 0.5 }),
    acdc({ sparsity: 0.5, dense: 2 }),
    acdc({ sparsity: 0.5, allocation: 'erk' }),
  ],
  batchNormSlimming: [batchNormSlimming(), batchNormSlimming({ strength: 0.1 })],
  dynamic: [dynamic(), dynamic({ fraction: 0.1 }), dynamic({ regrow: 'random' }), rigl(), set()],
  dynamicNetworkSurgery: [
    ...[dynamicNetworkSurgery({ c: 1 }), dynamicNetworkSurgery({ c: { dense1: 1 } })],
    ...[dynamicNetworkSurgery({ c: 1, gamma: 0.1 }), dynamicNetworkSurgery({ c: 1, every: 5 })],
    ...[dynamicNetworkSurgery({ sparsity: 0.5 }), dynamicNetworkSurgery({ sparsity: 0.5, curve: 'linear' })],
  ],
  gradual: [
    ...[gradual({ sparsity: 0.5 }), gradual({ sparsity: 0.5, criterion: lamp() })],
    ...[gradual({ sparsity: 0.5, data: data(1) }), gradual({ sparsity: 0.5, data: data(2) })],
    ...[gradual({ sparsity: 0.5, structure: block(4, 1) }), gradual({ sparsity: 0.5, curve: 'linear' })],
    ...[1, 2].map((most) => gradual({ sparsity: 0.5, curve: (p) => p / most })), // one text, two functions
  ],
  granet: [granet({ sparsity: 0.5 }), granet({ sparsity: 0.5, regrow: 'random' }), granet({ sparsity: 0.4 })],
  l0: [l0(), l0({ lambda: 0.1 }), l0({ learningRate: linear(ramp) }), l0({ learningRate: 0.2 })],
  movement: [
    ...[movement({ sparsity: 0.5 }), movement({ sparsity: 0.5, learningRate: linear(ramp) })],
    ...[1, 2].map((by) => movement({ sparsity: 0.5, learningRate: (step) => step * by })),
  ],
  srSte: [srSte({ n: 2, m: 4 }), srSte({ n: 1, m: 4 }), srSte({ n: 2, m: 4, decay: 0.1 })],
  trainableThreshold: [trainableThreshold(), trainableThreshold({ learningRate: 0.1 })],
  augmentImages: [augmentImages({ shift: 1 }), augmentImages({ shift: 2 })],
  earlyStopping: [earlyStopping(), earlyStopping({ patience: 1 })],
  losses: [
    ...[espalier.binaryCrossEntropy, espalier.meanSquaredError],
    ...[espalier.softCrossEntropy, espalier.softmaxCrossEntropy],
  ],
};

/** Public functions that make nothing which a run is told: layers tell all that they are, rounds become targets. */
const others = [
  ...['avgPool2d', 'batchNorm', 'conv2d', 'dropout', 'flatten', 'gelu', 'globalAvgPool2d', 'leakyRelu'],
  ...['maxPool2d', 'relu', 'residual', 'sigmoid', 'softmax', 'tanh', 'dense', 'sequential', 'createModel'],
  ...['checkpoint', 'csvLog', 'jsonlLog', 'progressBar', 'iterative', 'oneShot'],
  ...['lotteryTicket', 'learningRateRewinding', 'createExitSession', 'createSession', 'loadExitSession'],
  ...['exportModule', 'liveness', 'loadKernels', 'loadModel', 'loadSession', 'maskOverlap', 'probe', 'prune'],
  ...['removableLayers', 'removeLayers', 'removeUnits', 'renderReport', 'report', 'sensitivity', 'shrink'],
  ...['sensitivityChart', 'tradeOff', 'trainExit', 'unitGroups'],
];

let text: (value: unknown) => string;
beforeAll(async () => {
  const { engine } = await sequential({ inputShape: [4] }, [dense(2)]);
  text = (value) => JSON.stringify(new Describer(engine, 20).describe(value));
});

describe('what a run is told is told apart', () => {
  test.each(Object.keys(made))('%s', (name) => {
    const texts = made[name]!.map(text);
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('and no factory is left out here', () => {
    const source = readFileSync(import.meta.filename, 'utf8');
    const isError = (value: unknown) => typeof value === 'function' && /Error$/.test(value.name);
    const factories = Object.entries(espalier).filter(
      ([, one]) => typeof one === 'function' && !isError(one),
    );
    const missing = factories.filter(
      ([name]) => !others.includes(name) && !new RegExp(`\\b${name}\\(`).test(source),
    );
    expect(missing.map(([name]) => name)).toEqual([]);
  });

  test('by options and not by the text of a function, where it is built in', () => {
    const own = ['gradual', 'movement'].flatMap((name) => made[name]!.slice(-2)); // with functions of their own
    const builtIn = Object.values(made).flat();
    for (const one of builtIn) if (!own.includes(one)) expect(text(one)).not.toMatch(/"code"/);
  });

  test('after defaults', () => {
    expect(text(acdc({ sparsity: 0.5, dense: 1, finish: 0.4 }))).toBe(text(acdc({ sparsity: 0.5 })));
    expect(text(l0({ learningRate: 0.01, lambda: 0.5 }))).toBe(text(l0()));
    expect(text(srSte({ n: 2, m: 4, decay: 2e-4 }))).toBe(text(srSte({ n: 2, m: 4 })));
    expect(text(movement({ sparsity: 0.5, allocation: erk(), every: 50 }))).toBe(
      text(movement({ sparsity: 0.5 })),
    );
    const options = {
      curve: 'cubic',
      begin: 0,
      criterion: magnitude(),
      structure: 'weight',
      batchSize: 64,
    } as const;
    expect(text(gradual({ sparsity: 0.5, ...options, loss: 'softmaxCrossEntropy' }))).toBe(
      text(gradual({ sparsity: 0.5 })),
    );
    expect(text(granet({ sparsity: 0.5, regrow: 'gradient' }))).toBe(text(granet({ sparsity: 0.5 })));
    expect(text(dynamicNetworkSurgery({ c: 1, power: 1 }))).toBe(text(dynamicNetworkSurgery({ c: 1 })));
    expect(text(trainableThreshold({ alpha: 5e-4 }))).toBe(text(trainableThreshold()));
  });
});

describe("of one's own", () => {
  test('functions are told by their text, and by what they say of themselves', () => {
    const score = (share: number) => Object.assign(() => share, { options: { share } });
    expect(text(() => 1)).not.toBe(text(() => 2));
    expect(text(score(0.1))).not.toBe(text(score(0.2)));
    expect(text(score(0.1))).toBe(text(score(0.1)));
    const closure = (share: number) => () => share;
    expect(text(closure(0.1))).toBe(text(closure(0.2))); // which nothing can see
  });

  test('arrays are told by type, length and content', () => {
    expect(text(Float32Array.of(1, 2))).toMatch(/^"Float32Array\(2\) crc32c:[0-9a-f]{8}"$/);
    expect(text(Float32Array.of(1, 2))).not.toBe(text(Float32Array.of(1, 3)));
    expect(text(new Uint8Array(4))).not.toBe(text(new Int8Array(4)));
    expect(text(new Uint8Array(0))).toBe('"Uint8Array(0) crc32c:00000000"');
  });

  test('objects are told by their class and all that they hold, once', () => {
    class A {
      rate = 1;
    }
    class B {
      rate = 1;
    }
    expect(text(new A())).not.toBe(text(new B()));
    expect(text(new Map([['a', 1]]))).not.toBe(text(new Map([['a', 2]])));
    const round: { name: string; self?: unknown } = { name: 'round' };
    round.self = round;
    expect(text(round)).toBe('{"name":"round","self":"the same as 0"}');
  });
});
