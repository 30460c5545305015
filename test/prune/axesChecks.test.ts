/** What users pass for an axis by mistake: typed errors that say which, and nothing has changed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Allocation,
  type Criterion,
  createSession,
  DisposedError,
  dense,
  erk,
  granet,
  MemoryError,
  magnitude,
  OptionError,
  prune,
  relu,
  removableLayers,
  type Sequential,
  sequential,
  standardDeviations,
  type Threshold,
  unitGroups,
} from '../../src/index.js';
import { Random } from '../../src/tensor/random.js';
import { fingerprint } from '../model/support.js';

const hint = 'a function (did you forget to call it, with ()?)';
let model: Sequential;
beforeEach(async () => {
  model = await sequential({ inputShape: [4], seed: 1 }, [dense(5), relu(), dense(3)]);
});
afterEach(() => model.dispose());

async function expectRefused(options: Parameters<typeof prune>[1], message: string): Promise<void> {
  const before = fingerprint(model);
  const pruning = prune(model, options);
  await expect(pruning).rejects.toMatchObject({ code: expect.stringMatching(/OPTION|SHAPE/), message });
  expect(fingerprint(model)).toBe(before);
}

describe('axes that return what they must not', () => {
  test.each<[string, unknown, string]>([
    ['a factory', erk, hint],
    ['null', () => null, 'null'],
    ['a number', () => 3, '3'],
  ])('an allocation: %s', async (_, allocation, shown) => {
    const message = `prune: allocation must return a list of masks, got ${shown}`;
    await expectRefused({ sparsity: 0.5, allocation: allocation as Allocation }, message);
  });

  test('an allocation that returns lists in place of masks', async () => {
    const allocation = () => [[1], [1]] as never;
    const message = 'prune: an allocation must return one mask for every weight, got others';
    await expectRefused({ sparsity: 0.5, allocation }, message);
  });

  test('a criterion that was not called', async () => {
    const message = `prune: scores of dense1.weight must be a Float32Array of 20, got ${hint}`;
    await expectRefused({ sparsity: 0.5, criterion: magnitude as unknown as Criterion }, message);
  });

  test.each<[string, unknown, string]>([
    ['too few limits', () => [0.1], '[0.1]'],
    ['NaN', () => [0.1, Number.NaN], '[0.1, NaN]'],
    ['text', () => ['0.1', 0.1], '["0.1", 0.1]'],
    ['nothing', () => undefined, 'undefined'],
    ['a factory', () => standardDeviations, hint],
  ])('a threshold: %s', async (_, threshold, shown) => {
    const message = `prune: threshold must return 2 numbers, one for each weight, got ${shown}`;
    await expectRefused({ threshold: threshold as Threshold }, message);
  });

  test('reconstruction without samples says what wants them', async () => {
    const message = "prune: data must be { images, labels } for survivors 'reconstruct', got undefined";
    await expectRefused({ sparsity: 0.5, survivors: 'reconstruct' }, message);
    const scored =
      'prune: data must be { images, labels } for a criterion that looks at samples, got undefined';
    await expectRefused({ sparsity: 0.5, survivors: 'reconstruct', criterion: 'wanda' }, scored);
  });

  test('granet() without options', () => {
    expect(() => granet(undefined as never)).toThrow(OptionError);
    expect(() => granet(undefined as never)).toThrow('granet: options must be an object, got undefined');
  });
});

describe('graphs, models and sizes', () => {
  test('unitGroups and removableLayers want a graph', () => {
    expect(unitGroups(model.graph).map(({ name }) => name)).toEqual(['dense1']);
    for (const [name, list] of Object.entries({ unitGroups, removableLayers })) {
      for (const wrong of [model, undefined, null, 3]) {
        expect(() => list(wrong as never)).toThrow(OptionError);
        expect(() => list(wrong as never)).toThrow(
          `${name}: graph must be that of a model, as model.graph, got`,
        );
      }
    }
  });

  test('a session of a disposed model is refused by its own name', async () => {
    const gone = await sequential({ inputShape: [2] }, [dense(1)]);
    gone.dispose();
    for (const options of [{}, { relaxed: true }]) {
      const session = createSession(gone, options);
      await expect(session).rejects.toThrow(DisposedError);
      await expect(session).rejects.toThrow('createSession: a model must not be used after dispose()');
    }
  });

  test('shapes and seeds that are too large say so', async () => {
    const make = (options: { inputShape: number[]; seed?: number }) => sequential(options, [dense(1)]);
    await expect(make({ inputShape: [512, 4096, 4096] })).rejects.toThrow(
      /inputShape must make fewer than 2\^31 values, got \[512, 4096, 4096\]$/,
    );
    await expect(make({ inputShape: [0] })).rejects.toThrow(/must be a list of whole numbers >= 1/);
    await expect(make({ inputShape: [2], seed: 2 ** 53 })).rejects.toThrow(
      'sequential: seed must be a whole number >= 0 and < 2^53, got 9007199254740992',
    );
    await expect(make({ inputShape: [2], seed: 1.5 })).rejects.toThrow(
      /seed must be a whole number >= 0, got 1.5$/,
    );
  });

  test('a sparse layer with more places or connections than memory has is refused at once', async () => {
    for (const [size, sparsity, connections] of [
      [66000, 0.9999, 435600],
      [60000, 0.5, 1800000000],
    ] as const) {
      const making = sequential({ inputShape: [size], sparsity }, [dense(size)]);
      await expect(making).rejects.toThrow(MemoryError);
      await expect(making).rejects.toThrow(
        `sequential: dense1.weight must have at most 2^32 places and 2^29 connections, got ${connections} of [${size}, ${size}]`,
      );
    }
    const random = new Random({ low: 1, high: 2 });
    expect(() => random.below(2 ** 32 + 1)).toThrow(OptionError);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
  });
});
