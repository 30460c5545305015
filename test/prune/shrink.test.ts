/** Exact shrink: outputs stay, dead units go, and all that trains with the model follows. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  createSession,
  DisposedError,
  dense,
  dropout,
  flatten,
  gelu,
  type LayerSpec,
  leakyRelu,
  loadModel,
  type Optimizer,
  OptionError,
  prune,
  relu,
  type Sequential,
  type StorageChoice,
  sequential,
  set,
  sgd,
  shrink,
  sigmoid,
  softmax,
  tanh,
  unitGroups,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import type { Slot } from '../../src/tensor/slot.js';
import { denseOf } from '../../src/tensor/values.js';
import { firstOutside, networkTwin, values } from '../model/support.js';
import { refusedAt } from '../support/faults.js';
import { SeededRandom } from '../support/seededRandom.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

const activations = [relu, leakyRelu, sigmoid, tanh, gelu, softmax, () => dropout(0.3), flatten];
const optimizers: readonly (() => Optimizer)[] = [
  () => sgd({ learningRate: 0.1 }),
  () => sgd({ learningRate: 0.1, momentum: 0.9 }),
  () => adam({ learningRate: 0.05, weightDecay: 0.01 }),
];
const heights: Readonly<Record<string, number>> = { block2: 2, block4: 4 };

interface Scenario {
  readonly seed: number;
  readonly inputs: number;
  readonly layers: readonly {
    readonly units: number;
    readonly bias: boolean;
    readonly after: readonly number[];
  }[];
  readonly storage: StorageChoice;
  readonly optimizer: number;
  readonly sparsity: number;
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(100000),
  inputs: fc.integer({ min: 1, max: 9 }),
  layers: fc.array(
    fc.record({
      units: fc.integer({ min: 1, max: 13 }),
      bias: fc.boolean(),
      after: fc.array(fc.nat(activations.length - 1), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  storage: fc.constantFrom('auto', 'dense', 'sparse', 'csr', 'block2', 'block4'),
  optimizer: fc.nat(optimizers.length - 1),
  sparsity: fc.constantFrom(0.3, 0.6, 0.85, 1),
});

/** A mask with whole rows and columns of zeros, and others, in blocks of `height` rows. */
function maskOf(
  random: SeededRandom,
  rows: number,
  cols: number,
  height: number,
  sparsity: number,
): Uint8Array {
  const blocks = random.mask(Math.ceil(rows / height) * cols, sparsity);
  const groups = random.mask(Math.ceil(rows / height), 0.2);
  const columns = random.mask(cols, 0.2);
  return Uint8Array.from({ length: rows * cols }, (_, i) => {
    const [group, col] = [Math.floor(Math.floor(i / cols) / height), i % cols];
    return blocks[group * cols + col]! * groups[group]! * columns[col]!;
  });
}

function train(model: Sequential, optimizer: Optimizer, steps: number, seed: number): void {
  const [inputs, outputs] = [model.graph.inputShape[0]!, model.graph.outputShape[0]!];
  for (let i = 0; i < steps; i++) {
    model.trainOnBatch(values(4 * inputs, seed + i), values(4 * outputs, seed - i), { optimizer });
  }
}

/** A model that was trained, then pruned. */
async function made({ seed, inputs, layers, storage, ...more }: Scenario) {
  const specs = layers.flatMap(({ units, bias, after }): LayerSpec[] => [
    dense(units, { bias }),
    ...after.map((i) => activations[i]!()),
  ]);
  const model = await sequential({ inputShape: [inputs], seed }, specs);
  const optimizer = optimizers[more.optimizer]!();
  train(model, optimizer, 3, seed);
  const random = new SeededRandom(seed);
  for (const parameter of model.parameters) {
    const { rows, cols, prunable } = parameter;
    if (prunable) parameter.setMask(maskOf(random, rows, cols, heights[storage] ?? 1, more.sparsity));
  }
  model.setStorage(storage);
  return { model, optimizer };
}

/** Numbers every stored value, so that it can be told where each went. */
function tagged(model: Sequential) {
  return model.parameters.map((parameter) => {
    const slot = parameter.attach();
    slot.write(Float32Array.from({ length: parameter.count }, (_, i) => i + 1));
    return { slot, before: slot.readDense(), rows: parameter.rows };
  });
}

/** Old positions of live values by new position, -1 where none is. */
function positions({ slot, before }: { slot: Slot; before: Float32Array }): number[] {
  const old = new Map([...before].flatMap((tag, i) => (tag === 0 ? [] : [[tag, i] as const])));
  return Array.from(slot.readDense(), (tag) => old.get(tag) ?? -1);
}

const taken = (from: Float32Array, places: readonly number[]) => places.map((at) => (at < 0 ? 0 : from[at]!));

function expectZeros(model: Sequential, optimizer: Optimizer): void {
  const moments = model.states.of(optimizer).readDense();
  model.parameters.forEach((parameter, i) => {
    const mask = parameter.readMask();
    const arrays = [parameter.read(), ...moments[i]!];
    mask?.forEach((kept, at) => {
      if (kept === 0) expect(arrays.map((array) => array[at])).toEqual(arrays.map(() => 0));
    });
  });
}

/** No unit that could go is left. */
function expectNoneDead(model: Sequential, report: ReturnType<typeof shrink>): void {
  const weights = model.parameters.map((parameter) => parameter.read());
  for (const { name, units, members } of unitGroups(model.graph)) {
    const layer = report.layers.find((each) => each.name === name)!;
    const [rows, cols] = [members[0]!.parameter, members.at(-1)!.parameter];
    for (let unit = 0; unit < units; unit++) {
      const width = model.parameters[rows]!.cols;
      const into = weights[rows]!.subarray(unit * width, (unit + 1) * width);
      const out = weights[cols]!.filter((_, i) => i % units === unit);
      if (out.every((value) => value === 0)) expect([units, layer.keptAsLast]).toEqual([1, true]);
      else if (into.every((value) => value === 0)) {
        expect(layer.keptWithoutBias > 0 || (units === 1 && layer.keptAsLast), `${name} ${unit}`).toBe(true);
      }
    }
  }
}

describe('shrink', () => {
  test('keeps outputs, survivors, moments and rewind point; training, pruning and files go on', async () => {
    const seen = { folded: 0, exact: 0, removed: 0, withoutBias: 0, last: 0, unread: 0 };
    await fc.assert(
      fc.asyncProperty(scenarios, async (scenario) => {
        const start = engine.memory.liveBytes;
        const { model, optimizer } = await made(scenario);
        const [graph, weights] = [model.graph, model.getWeights()];
        const moments = model.states.of(optimizer).readDense();
        const rewind = model.rewindPoint!.map(denseOf);
        const x = values(5 * scenario.inputs, scenario.seed + 7);
        const outputs = model.predict(x);
        const tags = tagged(model);

        const report = shrink(model);

        const after = model.predict(x);
        const count = (key: 'folded' | 'unread' | 'constant' | 'keptWithoutBias') =>
          report.layers.reduce((sum, layer) => sum + layer[key], 0);
        const folded = count('folded');
        if (folded === 0) expect(after).toEqual(outputs);
        for (let i = 0; i < 5; i++) {
          const width = graph.outputShape[0]!;
          const sample = x.subarray(i * scenario.inputs, (i + 1) * scenario.inputs);
          const got = after.subarray(i * width, (i + 1) * width);
          expect(firstOutside(got, networkTwin(graph, weights, sample))).toBe(-1);
        }
        seen[folded ? 'folded' : 'exact']++;
        seen.removed += count('unread') + count('constant');
        seen.withoutBias += count('keptWithoutBias');
        seen.last += report.layers.filter(({ keptAsLast }) => keptAsLast).length;
        seen.unread += report.unreadInputs.length;

        const places = tags.map(positions);
        const left = model.states.of(optimizer).readDense();
        model.parameters.forEach((parameter, i) => {
          if (parameter.prunable) expect([...parameter.read()]).toEqual(taken(weights[i]!, places[i]!));
          expect(left[i]!.map((slot) => [...slot])).toEqual(
            moments[i]!.map((slot) => taken(slot, places[i]!)),
          );
        });
        for (const { slot } of tags) slot.free();
        expectNoneDead(model, report);
        const bytes = report.layers.reduce((sum, layer) => sum + layer.bytes, 0);
        expect(report.bytes).toBe(bytes);

        const again = shrink(model);
        expect(again.parameters).toBe(report.parameters);
        expect(again.layers.every(({ unread, constant }) => unread + constant === 0)).toBe(true);
        expect(model.predict(x)).toEqual(after);

        const loaded = await loadModel(model.encode());
        expect(loaded.predict(x)).toEqual(after);
        loaded.dispose();
        train(model, optimizer, 2, scenario.seed + 50);
        expectZeros(model, optimizer);
        model.setStorage('auto');
        const { sparsity } = model.summary();
        await prune(model, { sparsity, survivors: 'rewind', guard: false });
        model.parameters.forEach((parameter, i) => {
          const mask = parameter.readMask();
          const expected = taken(rewind[i]!, places[i]!).map((value, at) => (mask?.[at] === 0 ? 0 : value));
          expect([...parameter.read()]).toEqual(expected);
        });
        await prune(model, { sparsity: (1 + sparsity) / 2, survivors: 'reinit', guard: false });
        train(model, optimizer, 1, scenario.seed + 60);
        expectZeros(model, optimizer);
        model.dispose();
        expect(engine.memory.liveBytes).toBe(start);
      }),
      { seed: 41, numRuns: 300 },
    );
    for (const [name, times] of Object.entries(seen)) expect(times, name).toBeGreaterThan(20);
  }, 60000);

  /** 3 inputs, 4 and 2 hidden units, 1 output; by hand. */
  async function byHand(bias: boolean) {
    const model = await sequential({ inputShape: [3] }, [
      dense(4),
      leakyRelu({ slope: 0.5 }),
      dense(2, { bias }),
      relu(),
      dense(1),
    ]);
    const weights = [
      // Unit 1 has no weights and gives leakyRelu(-1) = -0.5; nobody reads unit 2; input 1 is read by it alone.
      [1, 0, 2, 0, 0, 0, 5, 6, 7, 3, 0, 4],
      [0.5, -1, 9, 0.25],
      [1, 2, 0, 3, 4, 8, 0, 5],
      ...(bias ? [[1, -1]] : []),
      [1, -2],
      [0.125],
    ];
    model.setWeights(weights.map((array) => Float32Array.from(array)));
    return model;
  }

  test('folds what a constant unit gives into the biases behind it, and reports all', async () => {
    const model = await byHand(true);
    const report = shrink(model);
    expect(model.getWeights().map((array) => [...array])).toEqual([
      [1, 0, 2, 3, 0, 4],
      [0.5, 0.25],
      [1, 3, 4, 5],
      [0, -5],
      [1, -2],
      [0.125],
    ]);
    expect(report.layers[0]).toEqual({
      name: 'dense1',
      unitsBefore: 4,
      units: 2,
      parametersBefore: 16,
      parameters: 8,
      bytesBefore: 64,
      bytes: 32,
      unread: 1,
      constant: 1,
      folded: 1,
      keptWithoutBias: 0,
      keptAsLast: false,
    });
    expect([...report.unreadInputs]).toEqual([1]);
    expect([report.parametersBefore, report.parameters, report.bytesBefore, report.bytes]).toEqual([
      29, 17, 116, 68,
    ]);
    expect(report.toString().split('\n')).toEqual([
      'layer   units   parameters  bytes      notes',
      'dense1  4 -> 2  16 -> 8     64 -> 32   1 unread unit, 1 constant unit, 1 folded into biases',
      'dense2  2       10 -> 6     40 -> 24',
      'dense3  1       3           12',
      'total           29 -> 17    116 -> 68',
      '1 input read by no weight',
    ]);
    expect(model.summary().layers.map(({ outputShape }) => outputShape)).toEqual([[2], [2], [2], [2], [1]]);
    expect(model.layers[2]!.weight!.shape).toEqual([2, 2]);
    model.dispose();
  });

  test('keeps a constant unit where a layer that reads it has no bias', async () => {
    const model = await byHand(false);
    const report = shrink(model);
    expect(model.getWeights()[0]).toHaveLength(9);
    expect(report.layers[0]).toMatchObject({ units: 3, unread: 1, constant: 0, keptWithoutBias: 1 });
    expect(report.toString()).toContain('1 constant kept: no bias takes the value');
    model.dispose();
  });

  test('goes on to what becomes dead: units that a dead unit alone read, units that read constants alone', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(3), relu(), dense(3), relu(), dense(1)]);
    const weights = [
      // Unit 0 is read only by unit 0 of the next layer, which nobody reads; unit 1 gives 2.
      [1, 1, 0, 0, 1, -1],
      [0, 2, 0],
      // Unit 1 reads a constant alone: it gives 2 * 3 + 1 = 7.
      [1, 0, 0, 0, 3, 0, 0, 1, 1],
      [0, 1, 0],
      [0, 10, 1],
      [0.5],
    ];
    model.setWeights(weights.map((array) => Float32Array.from(array)));
    const report = shrink(model);
    expect(model.getWeights().map((array) => [...array])).toEqual([[1, -1], [0], [1], [2], [1], [70.5]]);
    expect(report.layers.map(({ unread, constant }) => [unread, constant])).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    model.dispose();
  });

  test('leaves one unit to a layer that is dead', async () => {
    const model = await sequential({ inputShape: [2] }, [dense(3), relu(), dense(2), tanh(), dense(2)]);
    model.setWeights(model.getWeights().map((array, i) => array.fill(i === 5 ? 1 : 0)));
    const before = model.predict(values(6, 1));
    const report = shrink(model);
    expect(report.layers.map(({ units, keptAsLast }) => [units, keptAsLast])).toEqual([
      [1, true],
      [1, true],
      [2, false],
    ]);
    expect(report.toString()).toContain('one dead unit kept: a layer needs one');
    expect(model.predict(values(6, 1))).toEqual(before);
    model.dispose();
  });

  test('leaves a NaN, which is no zero, and a constant that is not finite', async () => {
    const model = await sequential({ inputShape: [1] }, [dense(3), dense(1)]);
    const weights = [[Number.NaN, 0, 1], [0, Infinity, 0], [1, 1, 1], [0]];
    model.setWeights(weights.map((array) => Float32Array.from(array)));
    expect(shrink(model).layers[0]).toMatchObject({ units: 3, keptWithoutBias: 1 });
    model.dispose();
  });

  test('gives a session and its shrunk file the same outputs as before', async () => {
    const model = await sequential({ inputShape: [20], seed: 2 }, [
      dense(30),
      relu(),
      dense(20),
      relu(),
      dense(3),
    ]);
    await prune(model, { sparsity: 0.93 });
    const x = values(40, 3);
    const before = model.predict(x);
    const bytes = model.encode().length;
    const report = shrink(model);
    expect(report.parameters).toBeLessThan(report.parametersBefore / 2);
    expect(report.layers.every(({ folded }) => folded === 0)).toBe(true); // biases are zero still
    const session = await createSession(model);
    expect(session.run(x)).toEqual(before);
    expect(model.encode().length).toBeLessThan(bytes);
    session.dispose();
    model.dispose();
  });

  test('leaves a model that began sparse, and dynamic training, in order', async () => {
    const options = { inputShape: [12], seed: 3, sparsity: 0.8, storage: 'csr' } as const;
    const model = await sequential(options, [dense(20), relu(), dense(20), relu(), dense(3)]);
    const [x, y] = [values(120, 1), Uint8Array.from({ length: 10 }, (_, i) => i % 3)];
    const optimizer = adam();
    await model.fit(x, y, { optimizer, pruning: set({ every: 1 }), batchSize: 5 });
    const { steps } = model.clock;
    const before = model.predict(x);
    const report = shrink(model);
    expect(report.parameters).toBeLessThan(report.parametersBefore);
    model.predict(x).forEach((value, i) => {
      expect(Math.abs(value - before[i]!)).toBeLessThan(1e-5);
    });
    expect(model.clock.steps).toBe(steps);
    const { live } = model.summary();
    await model.fit(x, y, { optimizer, pruning: set({ every: 1 }), batchSize: 5 });
    expect(model.summary().live).toBe(live);
    await prune(model, { sparsity: model.summary().sparsity, survivors: 'reinit' });
    expect(model.getWeights().every((array) => array.every(Number.isFinite))).toBe(true);
    model.dispose();
  });

  test('changes nothing when memory runs out', async () => {
    const scenario: Scenario = {
      seed: 5,
      inputs: 6,
      layers: [
        { units: 9, bias: true, after: [0] },
        { units: 8, bias: true, after: [4] },
        { units: 3, bias: true, after: [] },
      ],
      storage: 'csr',
      optimizer: 2,
      sparsity: 0.85,
    };
    let refused = 0;
    for (let n = 1, more = true; more; n++) {
      const start = engine.memory.liveBytes;
      const { model, optimizer } = await made(scenario);
      const look = () => ({
        text: model.summary().toString(),
        values: model.parameters.map((parameter) => parameter.values()),
        moments: model.states.of(optimizer).readDense(),
        rewind: model.rewindPoint,
        graph: model.graph,
      });
      const before = look();
      more = refusedAt(engine.memory, n, () => void shrink(model));
      if (more) {
        expect(look(), `allocation ${n}`).toEqual(before);
        refused++;
      } else expect(look()).not.toEqual(before);
      train(model, optimizer, 1, 3);
      model.dispose();
      expect(engine.memory.liveBytes, `allocation ${n}`).toBe(start);
    }
    expect(refused).toBeGreaterThan(10);
  });

  test('is refused for other things, while a model trains, and after dispose()', async () => {
    expect(() => shrink({} as Sequential)).toThrow(OptionError);
    const model = await byHand(true);
    const onStep = () => void shrink(model);
    const fit = model.fit(values(6, 1), values(2, 1), { epochs: 1, callbacks: [{ onStep }] });
    await expect(fit).rejects.toThrow(
      'shrink: a model must not be trained or changed while it trains, got a call during fit',
    );
    expect(model.layers[0]!.weight!.shape).toEqual([4, 3]);
    model.dispose();
    expect(() => shrink(model)).toThrow(DisposedError);
  });
});
