import { expect, test } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { packState, unpackState } from '../../src/io/state.js';
import type { NamedTensor } from '../../src/io/tensors.js';

const ofJson = (json: string) => {
  const data = new TextEncoder().encode(json);
  const name = 'training/json';
  return new Map([[name, { name, dtype: 'U8', shape: [data.length], data } as const]]);
};

test('a state comes back as it was, in plain objects', () => {
  const state = { a: [1, null, true, 'b'], none: {}, words: Uint32Array.of(7), limits: [Infinity, -0, NaN] };
  const back = unpackState(new Map(packState(state).map((tensor) => [tensor.name, tensor])));
  expect(back).toStrictEqual(state);
});

test('plain objects without a prototype are plain data too', () => {
  const bare = Object.assign(Object.create(null) as { a?: number }, { a: 1 }) as { a: number };
  const back = unpackState(new Map(packState({ bare }).map((tensor) => [tensor.name, tensor])));
  expect(back).toStrictEqual({ bare: { a: 1 } });
});

test('a file whose state has a key __proto__ is refused', () => {
  const read = () => unpackState(ofJson('{ "a": { "__proto__": { "b": 1 } } }'));
  expect(read).toThrow(FormatError);
  expect(read).toThrow(/must be as it was written, got a key __proto__/);
});

test('a state that refers to an array of another kind is refused', () => {
  const half = { name: 'training/0', dtype: 'U16', shape: [2], data: Uint16Array.of(1, 2) } as const;
  const read = () =>
    unpackState(new Map<string, NamedTensor>([...ofJson('{ "$tensor": 0 }'), [half.name, half]]));
  expect(read).toThrow(FormatError);
  expect(read).toThrow('must be as it was written, got no tensor 0');
});
