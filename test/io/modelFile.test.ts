/** Model files that are whole, and yet describe no model: a checksum does not tell. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  dense,
  FormatError,
  loadModel,
  loadSession,
  MemoryError,
  prune,
  relu,
  sequential,
} from '../../src/index.js';
import { openSealed, seal } from '../../src/io/checksum.js';
import { decodeModel } from '../../src/io/modelFile.js';
import type { NamedTensor } from '../../src/io/tensors.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { refusedAt, withRefusals } from '../support/faults.js';

type Fields = Record<string, unknown>;

let bytes: Uint8Array;
beforeAll(async () => {
  const model = await sequential({ inputShape: [12], seed: 3 }, [dense(16), relu(), dense(3)]);
  await prune(model, { sparsity: 0.8 });
  bytes = model.encode();
  model.dispose();
});

/** The file with other metadata, and more tensors, sealed again. */
function forged(
  change: (metadata: Record<string, string>) => unknown,
  more: readonly NamedTensor[] = [],
): Uint8Array {
  const { tensors, metadata } = openSealed(bytes);
  const { checksum: _, ...rest } = metadata;
  change(rest);
  return seal([...tensors.values(), ...more], rest);
}

/** The same with another description of the model. */
const described = (change: (description: Fields) => unknown, more?: readonly NamedTensor[]) =>
  forged((metadata) => {
    const description = JSON.parse(metadata.model!) as Fields;
    change(description);
    metadata.model = JSON.stringify(description);
  }, more);

const encodings = (description: Fields) => description.parameters as Fields[][];

const kinds: Readonly<Record<string, readonly [make: () => Uint8Array, message: string]>> = {
  'another version': [
    () => forged((metadata) => Object.assign(metadata, { version: '2' })),
    'the file must be an espalier-model of version 1, got "espalier-model" version "2"',
  ],
  'another format': [
    () => forged((metadata) => Reflect.deleteProperty(metadata, 'format')),
    'must be an espalier-model of version 1, got undefined version "1"',
  ],
  'a description that is no JSON': [
    () => forged((metadata) => Object.assign(metadata, { model: '{"layers":' })),
    'the metadata "model" must be JSON',
  ],
  'no description': [
    () => forged((metadata) => Reflect.deleteProperty(metadata, 'model')),
    'the metadata "model" must be JSON',
  ],
  'a description that is null': [
    () => forged((metadata) => Object.assign(metadata, { model: 'null' })),
    'the file does not describe a model',
  ],
  'no layers': [
    () => described((model) => Reflect.deleteProperty(model, 'layers')),
    'the file does not describe a model',
  ],
  'a layer that there is not': [
    () => described((model) => Object.assign((model.layers as Fields[])[1]!, { kind: 'swish' })),
    'the file does not describe a model',
  ],
  'a layer of another size': [
    () => described((model) => Object.assign((model.layers as Fields[])[0]!, { units: 15 })),
    'dense1.weight must be [15, 12], got [16, 12]',
  ],
  'a bias with a mask': [
    () =>
      described(
        (model) => Object.assign(encodings(model)[0]![1]!, { masked: true }),
        [{ name: 'dense1.bias.mask', dtype: 'U8', shape: [2], data: Uint8Array.of(255, 255) }],
      ),
    'dense1.bias must have no mask, got one; only weights are pruned',
  ],
  'no encodings': [
    () => described((model) => Reflect.deleteProperty(model, 'parameters')),
    'parameters must be lists of 2 0 2 encodings, one for each layer, got undefined',
  ],
  'an encoding too few': [
    () => described((model) => encodings(model)[2]!.pop()),
    'parameters must be lists of 2 0 2 encodings',
  ],
  'an encoding too many': [
    () => described((model) => encodings(model)[1]!.push(encodings(model)[0]![0]!)),
    'parameters must be lists of 2 0 2 encodings',
  ],
  'a list of encodings too many': [
    () => described((model) => encodings(model).push([])),
    'parameters must be lists of 2 0 2 encodings',
  ],
  'a negative seed': [
    () => described((model) => Object.assign(model, { seed: -5 })),
    'seed must be a whole number of at least 0, got -5',
  ],
  'a seed of one half': [
    () => described((model) => Object.assign(model, { seed: 0.5 })),
    'seed must be a whole number of at least 0, got 0.5',
  ],
  'a seed that is a word': [
    () => described((model) => Object.assign(model, { seed: 'five' })),
    'seed must be a whole number of at least 0, got "five"',
  ],
};

describe('a sealed file', () => {
  test.each(Object.keys(kinds))('with %s is refused', async (kind) => {
    const [make, message] = kinds[kind]!;
    const { liveBytes } = (await sharedEngine()).memory;
    for (const load of [loadModel, loadSession]) {
      const failure: unknown = await load(make()).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(FormatError);
      expect((failure as Error).message).toContain(message);
    }
    expect((await sharedEngine()).memory.liveBytes).toBe(liveBytes);
  });

  test('without a seed has seed 0', async () => {
    const model = await loadModel(described((description) => Reflect.deleteProperty(description, 'seed')));
    expect(model.seed).toBe(0);
    model.dispose();
  });

  test('that finds no memory is not called damaged', async () => {
    const engine = await sharedEngine();
    const refused: number[] = [];
    for (let n = 1; refusedAt(engine.memory, n, () => void decodeModel(bytes, {}, engine)); n++) {
      refused.push(n); // the refusal itself came through, no FormatError
    }
    expect(refused.length).toBeGreaterThan(1);
    for (const n of refused) {
      const load = withRefusals(
        engine.memory,
        (_, at) => at === n,
        () => loadModel(bytes),
      );
      await expect(load).rejects.toThrow(MemoryError);
    }
  });
});
