import { describe, expect, test } from 'vitest';
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  createExitSession,
  DataError,
  dense,
  flatten,
  OptionError,
  prune,
  relu,
  type Sequential,
  ShapeError,
  sequential,
  softmax,
  type TrainExitOptions,
  trainExit,
} from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint } from './support.js';

const { images, labels } = syntheticDigits({ samples: 800 });
const data = { images: images.subarray(0, 600 * 784), labels: labels.subarray(0, 600) };
const held = { images: images.subarray(600 * 784), labels: labels.subarray(600) };
const recipe = () => ({ optimizer: adam({ learningRate: 0.01 }), epochs: 6, batchSize: 32 });

async function trained(): Promise<Sequential> {
  const layers = [dense(32), relu(), dense(24), relu(), dense(10)];
  const model = await sequential({ inputShape: [784], seed: 1 }, layers);
  await model.fit(data.images, data.labels, recipe());
  await prune(model, { sparsity: 0.8 });
  await model.fit(data.images, data.labels, recipe());
  return model;
}

describe('trainExit', () => {
  test('gives a head that many samples leave by, as sure as it says', async () => {
    const model = await trained();
    const before = fingerprint(model);
    const head = await trainExit(model, { after: 'relu1', data, validation: held, ...recipe() });
    expect(fingerprint(model)).toBe(before);
    expect(head.graph.nodes.map(({ spec }) => spec)).toEqual([dense(10)]);
    expect(head.graph.inputShape).toEqual([32]);
    const session = await createExitSession(model, { exits: [{ after: 'relu1', head, margin: 0.9 }] });
    const { accuracy, exits, multiplyAdds } = session.profile(held.images, held.labels);
    expect(exits![0]!.share).toBeGreaterThan(0.3);
    expect(exits![0]!.accuracy).toBeGreaterThan(0.95);
    expect(accuracy).toBeGreaterThan(0.9);
    expect(multiplyAdds.mean).toBeLessThan(multiplyAdds.live);
    for (const each of [session, head, model]) each.dispose();
  });

  test('gives the same bits again, others with another seed, and tells callbacks of validation', async () => {
    const model = await trained();
    const accuracies: (number | undefined)[] = [];
    const callbacks = [
      { onEpochEnd: ({ valAccuracy }: { valAccuracy?: number }) => void accuracies.push(valAccuracy) },
    ];
    const options = { after: 'relu2', data };
    const heads = [
      await trainExit(model, { ...options, ...recipe(), validation: held, callbacks }),
      await trainExit(model, { ...options, ...recipe() }),
      await trainExit(model, { ...options, ...recipe(), seed: 7 }),
    ];
    const prints = heads.map(fingerprint);
    expect(prints[0]).toBe(prints[1]);
    expect(prints[2]).not.toBe(prints[0]);
    expect(heads.map(({ seed }) => seed)).toEqual([1, 1, 7]);
    expect(accuracies.length).toBe(6);
    expect(accuracies.at(-1)).toBeGreaterThan(0.8);
    for (const each of [...heads, model]) each.dispose();
  });

  test('ends in softmax where the model does, and takes layers of several dimensions', async () => {
    const layers = [flatten(), dense(16), relu(), dense(10), softmax()];
    const model = await sequential({ inputShape: [1, 28, 28], seed: 2 }, layers);
    const head = await trainExit(model, { after: 'relu1', data });
    expect(head.graph.nodes.map(({ spec }) => spec.kind)).toEqual(['dense', 'softmax']);
    const session = await createExitSession(model, { exits: [{ after: 'relu1', head, margin: 0.2 }] });
    for (let s = 0, out = session.run(held.images); s < 200; s++) {
      expect(out.subarray(10 * s, 10 * s + 10).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    const first = await sequential({ inputShape: [1, 28, 28], seed: 2 }, [relu(), ...layers]);
    const early = await trainExit(first, { after: 'relu1', data });
    expect(early.graph.nodes.map(({ spec }) => spec.kind)).toEqual(['flatten', 'dense', 'softmax']);
    for (const each of [session, head, early, model, first]) each.dispose();
  });

  test('refuses what it cannot train on, and leaves nothing behind', async () => {
    const { memory } = await sharedEngine();
    const model = await sequential({ inputShape: [4], seed: 2 }, [dense(3), relu(), dense(2)]);
    const good = { images: new Float32Array(8), labels: Uint8Array.of(0, 1) };
    const fine = { after: 'relu1', data: good };
    const before = memory.liveBytes;
    const bad: [unknown, typeof OptionError | typeof ShapeError | typeof DataError, RegExp][] = [
      [undefined, OptionError, /^trainExit: options must be an object, got undefined/],
      [{ data: good }, OptionError, /^trainExit: after must be one of dense1, relu1, got undefined/],
      [{ ...fine, after: 'dense2' }, OptionError, /^trainExit: after must be one of/],
      [{ after: 'relu1' }, OptionError, /^trainExit: data must be an object of images and labels/],
      [
        { ...fine, data: { ...good, images: new Float32Array(7) } },
        ShapeError,
        /^trainExit: data: samples must hold a multiple of 4/,
      ],
      [
        { ...fine, data: { ...good, labels: Uint8Array.of(0, 2) } },
        DataError,
        /^trainExit: data: labels must be 0 to 1/,
      ],
      [
        { ...fine, data: { ...good, labels: new Float32Array(4) } },
        OptionError,
        /^trainExit: data: labels must be classes/,
      ],
      [{ ...fine, validation: { ...good, labels: [1] } }, OptionError, /^trainExit: validation: labels/],
      [{ ...fine, validation: null }, OptionError, /^trainExit: validation must be an object/],
      [{ ...fine, seed: -1 }, OptionError, /^trainExit: seed/],
      [{ ...fine, epoch: 3 }, OptionError, /option must be .* got "epoch"/],
      [{ ...fine, epochs: 0 }, OptionError, /epochs must be/],
    ];
    for (const [options, type, message] of bad) {
      await expect(trainExit(model, options as TrainExitOptions)).rejects.toThrow(type);
      await expect(trainExit(model, options as TrainExitOptions)).rejects.toThrow(message);
      expect(memory.liveBytes).toBe(before);
    }
    await expect(trainExit({} as Sequential, fine)).rejects.toThrow(/model must come from/);
    model.dispose();
    await expect(trainExit(model, fine)).rejects.toThrow(/after dispose/);
  });
});
