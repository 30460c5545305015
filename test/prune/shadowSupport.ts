/** What the tests of methods that prune inside fit() share: a small problem, and what must hold for each of them. */
import { expect, test } from 'vitest';
import {
  AbortedError,
  adam,
  adamw,
  dense,
  type FitRun,
  type Loss,
  loadModel,
  MemoryError,
  NumericError,
  type Optimizer,
  type PruningProcess,
  prune,
  relu,
  type Sequential,
  type StorageChoice,
  sequential,
  sgd,
  type TrainingPruning,
} from '../../src/index.js';
import { denseOf } from '../../src/tensor/values.js';
import { fingerprint, values } from '../model/support.js';
import { beforeAllocations, refusedAt } from '../support/faults.js';

export const x = values(20 * 60, 1);
export const y = Uint8Array.from({ length: 60 }, (_, i) => i % 3);
/** Weights of build(). */
export const TOTAL = 20 * 17 + 17 * 3;

export const build = (storage: StorageChoice = 'auto', seed = 4) =>
  sequential({ inputShape: [20], seed, storage }, [dense(17), relu(), dense(3)]);

/** 40 steps. */
export const FIT = { epochs: 4, batchSize: 6 } as const;

export const optimizers: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ learningRate: 0.1, weightDecay: 0.01 }),
  momentum: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
  nesterov: () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true }),
  adam: () => adam({ learningRate: 0.01, weightDecay: 0.01 }),
  adamw: () => adamw({ learningRate: 0.01 }),
};

/** Live weights; biases are never pruned. */
export const liveOf = (model: Sequential) =>
  model.parameters.reduce((sum, { prunable, live }) => sum + (prunable ? live : 0), 0);

/** Values are zero where the mask is, and so is all that optimizers remember. */
export function expectConsistent(model: Sequential, optimizer?: Optimizer): void {
  const slots = optimizer ? model.states.of(optimizer).readDense() : [];
  model.parameters.forEach((parameter, p) => {
    const mask = parameter.readMask();
    const weights = parameter.read();
    expect(weights.every(Number.isFinite), parameter.name).toBe(true);
    mask?.forEach((kept, i) => {
      if (kept === 1) return;
      const rest = [weights[i]!, ...(slots[p] ?? []).map((slot) => slot[i]!)];
      if (rest.some((value) => value !== 0))
        throw new Error(`${parameter.name}: pruned weight ${i} is ${rest}`);
    });
  });
}

/**
 * One row of weights that is pulled with the same gradient whatever it computes (or with that of a step), by plain gradient
 * descent: masks and weights after every step.
 */
export async function pushed(
  weights: readonly number[],
  gradient: readonly number[] | (() => readonly number[]),
  learningRate: number,
  epochs: number,
  make: () => TrainingPruning,
): Promise<{ masks: string[]; seen: number[][] }> {
  const n = weights.length;
  const model = await sequential({ inputShape: [n], seed: 1 }, [dense(1)]);
  model.setWeights([Float32Array.from(weights), new Float32Array(1)]);
  const [masks, seen]: [string[], number[][]] = [[], []];
  const onStep = () => {
    masks.push([...(model.parameters[0]!.readMask() ?? new Uint8Array(n).fill(1))].join(''));
    seen.push([...model.getWeights()[0]!]);
  };
  /** Its gradient is 1, so that the gradient of a weight is its input. */
  const loss: Loss = {
    kind: 'output',
    targets: 'values',
    run({ dx, lanes, tiles, outputs }) {
      const floats = model.engine.memory.f32;
      floats.fill(0, dx / 4, dx / 4 + outputs * lanes * tiles);
      floats[dx / 4] = 1;
      return 0;
    },
  };
  const options = { optimizer: sgd({ learningRate }), loss };
  const input = new Float32Array(n);
  const onEpochBegin = () => input.set(typeof gradient === 'function' ? gradient() : gradient);
  const callbacks = [{ onStep, onEpochBegin }];
  await model.fit(input, Float32Array.of(0), { ...options, epochs, pruning: make(), callbacks });
  model.dispose();
  return { masks, seen };
}

/** Runs `work` with a model, which it must leave consistent; all memory must come back when the model goes. */
async function withModel(
  storage: StorageChoice,
  work: (model: Sequential) => Promise<Optimizer | undefined>,
) {
  const first = await build();
  const { memory } = first.engine;
  first.dispose();
  const before = memory.liveBytes;
  const model = await build(storage);
  expectConsistent(model, await work(model));
  model.dispose();
  expect(memory.liveBytes).toBe(before);
}

/** What every such method owes its users; `blocks` when it prunes whole columns, so that blocks can hold the rest. */
export function sharedTests(make: () => TrainingPruning, { blocks = false } = {}): void {
  test.each(Object.keys(optimizers))('leaves a consistent model that stays pruned, with %s', async (name) => {
    await withModel('dense', async (model) => {
      const optimizer = optimizers[name]!();
      await model.fit(x, y, { ...FIT, optimizer });
      const history = await model.fit(x, y, { ...FIT, optimizer, pruning: make() });
      expectConsistent(model, optimizer);
      expect(history.sparsity.at(-1)).toBeCloseTo(1 - liveOf(model) / TOTAL, 12);
      const live = liveOf(model);
      expect(live).toBeLessThan(TOTAL);
      await model.fit(x, y, { ...FIT, optimizer });
      expect(liveOf(model)).toBe(live);
      return optimizer;
    });
  });

  test.each(['dense', 'sparse', 'csr', 'auto'] as const)(
    'ends in %s storage, saved and loaded',
    async (storage) => {
      await withModel(storage, async (model) => {
        await model.fit(x, y, { ...FIT, pruning: make() });
        const weights = model.parameters.filter(({ prunable, pruned }) => prunable && pruned);
        const formats = weights.map(({ format }) => format);
        if (storage === 'dense' || storage === 'csr') expect(new Set(formats)).toEqual(new Set([storage]));
        if (storage === 'sparse') expect(formats).not.toContain('dense');
        const copy = await loadModel(model.encode(), { storage });
        expect(fingerprint(copy)).toBe(fingerprint(model));
        expect(copy.predict(x)).toEqual(model.predict(x));
        copy.dispose();
        return undefined;
      });
    },
  );

  test('shows after every step the weights that the network computes with', async () => {
    await withModel('auto', async (model) => {
      const onStep = () => expectConsistent(model);
      const onEpochEnd = async () => {
        const copy = await loadModel(model.encode());
        expect(copy.predict(x)).toEqual(model.predict(x));
        copy.dispose();
      };
      await model.fit(x, y, { ...FIT, pruning: make(), callbacks: [{ onStep, onEpochEnd }] });
      return undefined;
    });
  });

  test('gives the same bits for the same seed', async () => {
    const run = async (seed: number) => {
      const model = await build('auto', seed);
      await model.fit(x, y, { ...FIT, pruning: make() });
      const print = fingerprint(model);
      model.dispose();
      return print;
    };
    const print = await run(4);
    expect(await run(4)).toBe(print);
    expect(await run(5)).not.toBe(print);
  });

  test.each(['dense', 'csr'] as const)(
    'takes back an epoch that diverges, in %s storage',
    async (storage) => {
      for (const last of [1, 2, 4]) {
        await withModel(storage, async (model) => {
          let rate = 0.01;
          const optimizer = sgd({ learningRate: () => rate, momentum: 0.9 });
          await model.fit(x, y, { ...FIT, optimizer });
          let [epochs, saved] = [0, model.getWeights()];
          const onEpochBegin = () => {
            saved = model.getWeights();
            if (++epochs === last) rate = 1e37;
          };
          const options = { ...FIT, optimizer, pruning: make(), callbacks: [{ onEpochBegin }] };
          await expect(model.fit(x, y, options)).rejects.toThrow(NumericError);
          expect(epochs).toBe(last);
          expect(model.getWeights()).toEqual(saved);
          expectConsistent(model, optimizer);
          rate = 0.01;
          await model.fit(x, y, { ...FIT, optimizer });
          return optimizer;
        });
      }
    },
  );

  test.each(['abort', 'stop', 'throw'] as const)('leaves a consistent model after %s', async (how) => {
    await withModel('csr', async (model) => {
      const optimizer = adam();
      const control = new AbortController();
      let steps = 0;
      const onStep = (_: unknown, run: FitRun) => {
        if (++steps !== 17) return;
        if (how === 'abort') control.abort();
        else if (how === 'stop') run.stop();
        else throw new RangeError('enough');
      };
      const { signal } = control;
      const fit = model.fit(x, y, { ...FIT, optimizer, pruning: make(), signal, callbacks: [{ onStep }] });
      if (how === 'stop') await fit;
      else await expect(fit).rejects.toThrow(how === 'abort' ? AbortedError : 'enough');
      expectConsistent(model, optimizer);
      await model.fit(x, y, { ...FIT, optimizer });
      return optimizer;
    });
  });

  test('goes along with earlier weights that a callback puts back', async () => {
    await withModel('sparse', async (model) => {
      const optimizer = adam();
      let saved: ReturnType<FitRun['snapshot']> | undefined;
      let after: Float32Array[] | undefined;
      const onEpochEnd = ({ epoch }: { epoch: number }, run: FitRun) => {
        if (epoch === 1) {
          saved = run.snapshot();
          after = model.getWeights();
        }
        if (epoch !== 2) return;
        run.restore(saved!);
        expect(model.getWeights()).toEqual(after);
        expectConsistent(model);
      };
      const onFitEnd = (_: unknown, run: FitRun) => run.restore(saved!);
      await model.fit(x, y, { ...FIT, optimizer, pruning: make(), callbacks: [{ onEpochEnd, onFitEnd }] });
      expect(model.getWeights()).toEqual(after);
      return optimizer;
    });
  });

  test('rewinds to where it was told to', async () => {
    await withModel('auto', async (model) => {
      let steps = 0;
      let weights: Float32Array[] = [];
      const onStep = () => {
        if (++steps === 7) weights = model.getWeights();
      };
      await model.fit(x, y, { ...FIT, pruning: make(), rewindAt: 7, callbacks: [{ onStep }] });
      expect(model.rewindPoint!.map(denseOf)).toEqual(weights);
      return undefined;
    });
  });

  test(blocks ? 'ends in blocks when it is told to' : 'refuses blocks, which it cannot keep', async () => {
    await withModel('block4', async (model) => {
      const print = fingerprint(model);
      const fit = model.fit(x, y, { ...FIT, pruning: make() });
      if (blocks) {
        await fit;
        expect(model.parameters.some(({ format }) => format === 'block4')).toBe(true);
      } else {
        await expect(fit).rejects.toThrow(
          /storage must hold single weights, as 'auto' or 'csr' do, got 'block4'/,
        );
        expect(fingerprint(model)).toBe(print);
      }
      return undefined;
    });
  });

  test('changes nothing when memory does not suffice at the start', async () => {
    await withModel('csr', async (model) => {
      await prune(model, { sparsity: 0.3 });
      const { memory } = model.engine;
      const run = { steps: 40, stepsPerEpoch: 10, moments: () => [] };
      const state = () => [
        fingerprint(model),
        memory.liveBytes,
        ...model.parameters.map(({ format, pruned }) => `${format} ${pruned}`),
      ];
      const before = state();
      let refused = 0;
      let process: PruningProcess | undefined;
      while (
        refusedAt(memory, refused + 1, () => {
          process = make().start(model, run);
        })
      ) {
        refused++;
        expect(state()).toEqual(before);
      }
      process!.end?.();
      return undefined;
    });
  });

  test('leaves a consistent model when memory runs out later', async () => {
    let refusals = 0;
    for (const at of [0, 1, 2, 3, 5, 8, 13, 21, 34, 55]) {
      await withModel('csr', async (model) => {
        let left = -1;
        const end = beforeAllocations(model.engine.memory, () => {
          if (left >= 0 && left-- === 0)
            throw new MemoryError('Memory: refused by a test, got an allocation');
        });
        const onFitBegin = () => {
          left = at;
        };
        try {
          await model.fit(x, y, { ...FIT, pruning: make(), callbacks: [{ onFitBegin }] });
        } catch (error) {
          expect(error).toBeInstanceOf(MemoryError);
          refusals++;
        } finally {
          end();
        }
        return undefined;
      });
    }
    expect(refusals).toBeGreaterThan(0);
  });
}
