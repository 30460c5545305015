import { describe, expect, test } from 'vitest';
import { adam, adamw, dense, type Optimizer, OptionError, sequential, sgd } from '../../src/index.js';
import { power } from '../../src/train/optimizers/optimizer.js';
import { OptimizerStates } from '../../src/train/optimizers/state.js';
import { values } from '../model/support.js';
import { refusedAt } from '../support/faults.js';

type Twin = (w: number, g: number, memory: { m: number; v: number }, t: number, decays: boolean) => number;

/** Updates of one number in float64. */
const twins: [string, () => Optimizer, Twin][] = [
  ['sgd', () => sgd({ learningRate: 0.1 }), (w, g) => w - 0.1 * g],
  [
    'sgd with momentum and decay',
    () => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.2 }),
    (w, g, s, _t, decays) => {
      s.m = 0.9 * s.m + g + (decays ? 0.2 * w : 0);
      return w - 0.1 * s.m;
    },
  ],
  [
    'nesterov',
    () => sgd({ learningRate: 0.1, momentum: 0.8, nesterov: true }),
    (w, g, s) => {
      s.m = 0.8 * s.m + g;
      return w - 0.1 * (g + 0.8 * s.m);
    },
  ],
  [
    'adam with decay',
    () => adam({ learningRate: 0.05, weightDecay: 0.1 }),
    (w, g, s, t, decays) => {
      const d = g + (decays ? 0.1 * w : 0);
      s.m = 0.9 * s.m + 0.1 * d;
      s.v = 0.999 * s.v + 0.001 * d * d;
      return w - (0.05 * (s.m / (1 - 0.9 ** t))) / (Math.sqrt(s.v / (1 - 0.999 ** t)) + 1e-8);
    },
  ],
  [
    'adamw',
    () => adamw({ learningRate: 0.05, weightDecay: 0.3, beta1: 0.8, beta2: 0.99 }),
    (w, g, s, t, decays) => {
      s.m = 0.8 * s.m + 0.2 * g;
      s.v = 0.99 * s.v + 0.01 * g * g;
      const step = s.m / (1 - 0.8 ** t) / (Math.sqrt(s.v / (1 - 0.99 ** t)) + 1e-8);
      return w - 0.05 * step - (decays ? 0.05 * 0.3 * w : 0);
    },
  ],
];

describe('optimizers', () => {
  test.each(twins)('%s follows its formula, decay on weights only', async (_, make, twin) => {
    const model = await sequential({ inputShape: [3], seed: 2 }, [dense(5)]);
    const optimizer = make();
    const expected = model.getWeights().map((array) => Array.from(array));
    const memory = expected.map((array) => array.map(() => ({ m: 0, v: 0 })));
    const x = values(3, 1);
    for (let t = 1; t <= 12; t++) {
      const y = values(5, t);
      const now = expected.map((array) => [...array]);
      for (let o = 0; o < 5; o++) {
        const out = x.reduce((sum, value, i) => sum + value * now[0]![o * 3 + i]!, now[1]![o]!);
        const slope = (2 * (out - y[o]!)) / 5;
        for (let i = 0; i < 3; i++) {
          const at = o * 3 + i;
          expected[0]![at] = twin(now[0]![at]!, slope * x[i]!, memory[0]![at]!, t, true);
        }
        expected[1]![o] = twin(now[1]![o]!, slope, memory[1]![o]!, t, false);
      }
      model.trainOnBatch(x, y, { optimizer });
    }
    model.getWeights().forEach((array, p) => {
      array.forEach((value, i) => {
        expect(Math.abs(value - expected[p]![i]!)).toBeLessThan(2e-4);
      });
    });
    model.dispose();
  });

  test('are frozen recipes that hold no state', () => {
    for (const [, make] of twins) expect(Object.isFrozen(make())).toBe(true);
  });

  test('refuse unknown options and values out of range', () => {
    const refused: [() => unknown, RegExp][] = [
      [() => sgd({ momentun: 0.9 } as never), /^sgd: option .*got "momentun" \(did you mean "momentum"\?\)/],
      [() => sgd({ momentum: 1.5 }), /^sgd: momentum must be in \[0, 1\], got 1.5/],
      [() => sgd({ nesterov: true }), /^sgd: nesterov must come with momentum/],
      [() => sgd({ nesterov: 1 as never }), /^sgd: nesterov must be true or false, got 1/],
      [() => sgd({ weightDecay: -1 }), /^sgd: weightDecay must be a number >= 0, got -1/],
      [() => sgd({ learningRate: -0.1 }), /^sgd: learningRate: must be .*got -0.1/],
      [() => adam({ beta1: 1 }), /^adam: beta1 must be .*got 1/],
      [() => adam({ epsilon: 0 }), /^adam: epsilon must be .*got 0/],
      [() => adam({ learningrate: 1 } as never), /^adam: option .*did you mean "learningRate"/],
      [() => adamw({ beta2: Number.NaN }), /^adamw: beta2 must be .*got NaN/],
      [() => adam({ learningRate: Number.NaN }), /^adam: learningRate: must be .*got NaN/],
    ];
    for (const [call, message] of refused) {
      expect(call).toThrow(OptionError);
      expect(call).toThrow(message);
    }
  });

  test('power multiplies as often as it must', () => {
    expect([power(0.5, 0), power(0.5, 1), power(0.5, 10), power(0, 0), power(0, 3)]).toEqual([
      1,
      0.5,
      2 ** -10,
      1,
      0,
    ]);
    expect(power(0.999, 12345)).toBeCloseTo(0.999 ** 12345, 15);
  });
});

describe('OptimizerStates', () => {
  test('gives one state an object, zeroed at first, and its memory back', async () => {
    const model = await sequential({ inputShape: [3] }, [dense(5)]);
    const { engine, parameters } = model;
    const before = engine.memory.liveBytes;
    const states = new OptimizerStates(parameters);
    const [a, b] = [adam(), adam()];
    const state = states.of(a);
    expect(states.of(a)).toBe(state);
    expect(states.of(b)).not.toBe(state);
    expect(
      state
        .read()
        .flat()
        .map((slot) => slot.length > 0 && slot.every((value) => value === 0)),
    ).toEqual(Array(4).fill(true));
    expect(states.of(sgd()).read().flat()).toEqual([]);
    states.reset();
    expect(engine.memory.liveBytes).toBe(before);
    model.dispose();
  });
});

test('moments are attached for all parameters or for none, whichever is refused', async () => {
  const model = await sequential({ inputShape: [12], seed: 1 }, [dense(9), dense(3)]);
  const { memory } = model.engine;
  const seen = () => [memory.liveBytes, ...model.parameters.map(({ bytes }) => bytes)];
  const before = seen();
  const optimizer = adam();
  let n = 1;
  for (; refusedAt(memory, n, () => void model.states.of(optimizer)); n++) expect(seen()).toEqual(before);
  expect(n).toBe(9); // two moments of four parameters, and the turn that comes through
  expect(seen()).not.toEqual(before);
  model.dispose();
});
