/** What changes a model happens as a whole or not at all, wherever memory runs out. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  acdc,
  adam,
  block,
  dense,
  gradual,
  granet,
  l0,
  MemoryError,
  movement,
  neuron,
  type Optimizer,
  type PruneOptions,
  prune,
  relu,
  rigl,
  type Sequential,
  type SequentialOptions,
  type StorageChoice,
  sequential,
  set,
  type TrainingPruning,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { demandOf, withRefusals } from '../support/faults.js';
import { fingerprint, values } from './support.js';

const x = values(24 * 12, 3);
const y = Uint8Array.from({ length: 24 }, (_, i) => i % 3);
const data = { images: x, labels: y };

interface Subject {
  readonly model: Sequential;
  readonly optimizer: Optimizer;
}

interface Scenario {
  readonly name: string;
  make(): Promise<Subject>;
  run(subject: Subject): unknown;
}

async function perceptron(options: Partial<SequentialOptions> = {}): Promise<Subject> {
  const layers = [dense(16), relu(), dense(8), relu(), dense(3)];
  const model = await sequential({ inputShape: [12], seed: 5, ...options }, layers);
  return { model, optimizer: adam() };
}

const fitOnce = ({ model, optimizer }: Subject, pruning?: TrainingPruning) =>
  model.fit(x, y, { epochs: 1, batchSize: 8, optimizer, ...(pruning && { pruning }) });

/** Pruned, in that storage, and with moments. */
const stored =
  (storage: StorageChoice, structure: PruneOptions['structure'] = 'weight') =>
  async () => {
    const subject = await perceptron();
    await prune(subject.model, { sparsity: 0.6, structure });
    subject.model.setStorage(storage);
    await fitOnce(subject);
    return subject;
  };

/** Whole weights in a model whose pruned weights are to be sparse, with moments. */
const whole = async () => {
  const subject = await perceptron({ storage: 'csr' });
  await fitOnce(subject);
  return subject;
};

const fitting = (
  name: string,
  pruning?: () => TrainingPruning,
  options: Partial<SequentialOptions> = {},
): Scenario => ({
  name: `fit, ${name}`,
  make: () => perceptron(options),
  run: (subject) => fitOnce(subject, pruning?.()),
});

const pruning = (name: string, make: () => Promise<Subject>, options: PruneOptions): Scenario => ({
  name: `prune, ${name}`,
  make,
  run: ({ model }) => prune(model, options),
});

const csr = { sparsity: 0.7, storage: 'csr' } as const;
const changed = ({ model }: Subject) => model.getWeights().map((list) => list.map((value) => value + 1));

const fits: readonly Scenario[] = [
  fitting('plain'),
  fitting('gradual', () => gradual({ sparsity: 0.7, every: 1 })),
  fitting('gradual, sparse', () => gradual({ sparsity: 0.9, every: 1 }), { ...csr, sparsity: 0.3 }),
  fitting('l0', () => l0()),
  fitting('l0, sparse', () => l0({ until: 0.3 }), csr),
  fitting('movement, sparse', () => movement({ sparsity: 0.8 }), csr),
  fitting('acdc', () => acdc({ sparsity: 0.5, warmup: 0.4, finish: 0.4 }), { storage: 'csr' }),
  fitting('granet', () => granet({ sparsity: 0.7, every: 1 }), { storage: 'csr' }),
  fitting('set', () => set({ every: 1 }), csr),
  fitting('rigl', () => rigl({ every: 1 }), csr),
];

/** Layers so many that their masks together take more than their ranking. */
const many = async () => {
  const layers = Array.from({ length: 12 }, () => dense(8));
  const model = await sequential({ inputShape: [8], seed: 5, storage: 'dense' }, layers);
  return { model, optimizer: adam() };
};

const calls: readonly Scenario[] = [
  { name: 'setWeights', make: stored('csr'), run: (one) => one.model.setWeights(changed(one)) },
  {
    name: 'setWeights with keepMasks',
    make: stored('csr'),
    run: ({ model }) =>
      model.setWeights(
        model.getWeights().map((list) => list.map((value) => 2 * value)),
        { keepMasks: true },
      ),
  },
  {
    name: 'setMasks',
    make: stored('csr'),
    run: ({ model }) => model.setMasks({ dense1: Uint8Array.from({ length: 192 }, (_, i) => i % 2) }),
  },
];

const prunings: readonly Scenario[] = [
  pruning('rows', stored('csr'), { sparsity: 0.8 }),
  pruning('whole weights that become sparse', whole, { sparsity: 0.5 }),
  pruning('blocks', stored('block4', block(4, 1)), { sparsity: 0.8, structure: block(4, 1) }),
  pruning('rows, rewound', stored('csr'), { sparsity: 0.8, survivors: 'rewind' }),
  pruning('rows, drawn anew', stored('csr'), { sparsity: 0.8, survivors: 'reinit' }),
  pruning('rows, reconstructed', stored('csr'), { sparsity: 0.8, survivors: 'reconstruct', data }),
  pruning('blocks, reconstructed', stored('block4', block(4, 1)), {
    ...{ sparsity: 0.8, structure: block(4, 1), survivors: 'reconstruct', data },
  }),
  pruning('by second order', stored('csr'), { sparsity: 0.8, criterion: 'obs', data }),
  pruning('many layers', many, { sparsity: 0.5 }),
  pruning('units', stored('csr'), { sparsity: 0.5, structure: 'neuron' }),
  pruning('units, greedily', stored('csr'), { sparsity: 0.5, structure: neuron({ greedy: true }) }),
];

/** Values, masks, moments, steps: all but how it is stored. */
function stateOf({ model, optimizer }: Subject) {
  const state = model.states.of(optimizer);
  const moments = createHash('sha256');
  for (const slot of state.readDense().flat()) moments.update(new Uint8Array(slot.buffer));
  const { steps, epochs } = model.clock;
  return [fingerprint(model), moments.digest('hex'), state.step, steps, epochs];
}

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

/** How a scenario ends that has all the memory. */
interface Outcome {
  readonly state: unknown;
  readonly weights: readonly Float32Array[];
}

/** Runs a scenario under refusals, and once more where it failed; gives whether it did. */
async function expectWhole(scenario: Scenario, refuses: Parameters<typeof withRefusals>[1], done: Outcome) {
  const { memory } = engine;
  const start = memory.liveBytes;
  const subject = await scenario.make();
  const before = stateOf(subject);
  const base = memory.liveBytes;
  const failure: unknown = await withRefusals(
    memory,
    (bytes, n, live) => refuses(bytes, n, live - base),
    () => scenario.run(subject),
  ).catch((error: unknown) => error);
  if (failure !== undefined) {
    expect(failure).toBeInstanceOf(MemoryError);
    expect(stateOf(subject)).toEqual(before);
    await scenario.run(subject);
    expect(stateOf(subject)).toEqual(done.state);
  } else {
    // Where only another storage was refused, steps went on in the one at hand, whose sums have another order.
    const apart = subject.model
      .getWeights()
      .map((list, i) => list.findIndex((value, at) => Math.abs(value - done.weights[i]![at]!) > 1e-5));
    expect(apart).toEqual(apart.map(() => -1));
  }
  subject.model.dispose();
  expect(memory.liveBytes).toBe(start);
  return failure !== undefined;
}

/** The end of a scenario that has all the memory, and what it asks for. */
async function reference(scenario: Scenario) {
  const first = await scenario.make();
  await scenario.run(first); // kernels are loaded from here on
  first.model.dispose();
  const subject = await scenario.make();
  stateOf(subject); // makes the moments, as in the runs to come
  const demand = await demandOf(engine.memory, () => scenario.run(subject));
  const done: Outcome = { state: stateOf(subject), weights: subject.model.getWeights() };
  subject.model.dispose();
  return { ...demand, done };
}

describe('with a limit to what can be held, at every level', () => {
  test.each([...fits, ...calls, ...prunings])('$name', async (scenario) => {
    const { levels, done } = await reference(scenario);
    let refused = 0;
    for (const level of levels) {
      const beyond = (bytes: number, _: number, live: number) => live + bytes >= level;
      if (await expectWhole(scenario, beyond, done)) refused++;
    }
    expect(refused > 0 || levels.length === 0).toBe(true);
  });
});

describe('with one allocation refused, whichever it is', () => {
  test.each([...fits, ...calls])('$name', async (scenario) => {
    const { count, done } = await reference(scenario);
    for (let k = 1; k <= count; k++) await expectWhole(scenario, (_, n) => n === k, done);
  });
});
