/** What a checkpoint may say of weights to go back to, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dense, FormatError, prune, relu, type Sequential, sequential } from '../../src/index.js';
import {
  bytesOf,
  countOf,
  fieldsOf,
  flagOf,
  floatsOf,
  listOf,
  numberOf,
  wordsOf,
} from '../../src/train/checkpoint/read.js';
import { packSnapshot, readSnapshot } from '../../src/train/checkpoint/snapshot.js';
import { restoreSnapshot, takeSnapshot } from '../../src/train/trainable.js';
import { fingerprint } from '../model/support.js';

type Entry = Record<string, unknown>;

let model: Sequential;
beforeAll(async () => {
  // The first weight in rows, the second dense with a mask; biases are whole.
  model = await sequential({ inputShape: [6], seed: 3 }, [dense(5), relu(), dense(4)]);
  await prune(model, { sparsity: 0.5, allocation: 'uniform' });
  model.parameters[0]!.convert('csr');
  model.parameters[2]!.convert('dense');
});
afterAll(() => model.dispose());

/** The packed snapshot, copied, with one entry changed. */
function packed(index: number, change: (entry: Entry) => unknown): never {
  const entries = structuredClone(packSnapshot(takeSnapshot(model))) as unknown as Entry[];
  change(entries[index]!);
  return entries as never;
}

const [rows, masked, bias] = [0, 2, 1];
const at = (entry: Entry, name: string) => entry[name] as Uint32Array;

test('a snapshot comes back as it was, sparse and dense', () => {
  const before = fingerprint(model);
  const snapshot = readSnapshot(
    'weights',
    model.parameters,
    packed(rows, () => {}),
  );
  expect(snapshot).toEqual(takeSnapshot(model));
  model.parameters[0]!.write(new Float32Array(30));
  restoreSnapshot(model, snapshot);
  expect(fingerprint(model)).toBe(before);
});

describe('a snapshot is refused', () => {
  test.each<[string, number, (entry: Entry) => unknown, string]>([
    [
      'with a pruned weight that is not 0',
      masked,
      (e) => at(e, 'values').fill(1),
      'weights of dense2.weight.mask',
    ],
    ['with a mask of other numbers', masked, (e) => at(e, 'mask').fill(2), 'dense2.weight.mask'],
    ['with a mask of another length', masked, (e) => Object.assign(e, { mask: new Uint8Array(3) }), '.mask'],
    ['with a mask of words', masked, (e) => Object.assign(e, { mask: new Uint32Array(20) }), '.mask'],
    [
      'with a mask of a bias',
      bias,
      (e) => Object.assign(e, { mask: new Uint8Array(5).fill(1) }),
      'dense1.bias.mask',
    ],
    [
      'with values of another length',
      bias,
      (e) => Object.assign(e, { values: new Float32Array(4) }),
      '.values',
    ],
    ['with values of another type', bias, (e) => Object.assign(e, { values: new Int32Array(5) }), '.values'],
    ['in a format that there is not', rows, (e) => Object.assign(e, { format: 'toString' }), '.format'],
    ['in a format of no name', rows, (e) => Object.assign(e, { format: 1 }), '.format'],
    [
      'in rows, of a bias',
      bias,
      (e) => Object.assign(e, { format: 'csr', rows: 5, cols: 1, height: 1 }),
      '.rows',
    ],
    ['of other rows', rows, (e) => Object.assign(e, { rows: 4 }), 'dense1.weight.rows'],
    ['of other columns', rows, (e) => Object.assign(e, { cols: 7 }), '.rows'],
    ['of another height', rows, (e) => Object.assign(e, { height: 2 }), '.rows'],
    ['without row pointers', rows, (e) => Reflect.deleteProperty(e, 'rowPtr'), '.rowPtr'],
    [
      'with a row pointer too few',
      rows,
      (e) => Object.assign(e, { rowPtr: at(e, 'rowPtr').slice(1) }),
      '.rowPtr',
    ],
    ['with rows that begin later', rows, (e) => at(e, 'rowPtr').fill(1, 0, 1), '.rowPtr'],
    ['with rows that end earlier', rows, (e) => at(e, 'rowPtr').fill(1, 5), '.rowPtr'],
    [
      'with a row that ends before it begins',
      rows,
      (e) => at(e, 'rowPtr').set([at(e, 'rowPtr')[1]! - 1], 2),
      '.rowPtr',
    ],
    ['with a row beyond the columns', rows, (e) => at(e, 'rowPtr').fill(1000, 2, 3), '.rowPtr'],
    ['with a column beyond the last', rows, (e) => at(e, 'colIdx').fill(6, 14), '.colIdx'],
    ['with columns that do not rise', rows, (e) => at(e, 'colIdx').fill(0), '.colIdx'],
    ['with a value too few', rows, (e) => Object.assign(e, { values: at(e, 'values').slice(1) }), '.values'],
  ])('%s', (_, index, change, message) => {
    const read = () => readSnapshot('weights', model.parameters, packed(index, change));
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  test.each([null, 3, 'text', [], [1, 2, 3, 4], {}])('made of %j', (value) => {
    expect(() => readSnapshot('weights', model.parameters, value)).toThrow(FormatError);
  });
});

describe('plain data of a file is refused where it is something else', () => {
  test.each<[string, (value: unknown) => unknown, readonly unknown[]]>([
    ['fields', (v) => fieldsOf('a', v), [null, undefined, 1, 'b', [], new Uint8Array(1)]],
    ['a list', (v) => listOf('a', v, 2), [null, {}, 'ab', [1], [1, 2, 3], new Float32Array(2)]],
    ['a count', (v) => countOf('a', v, 9), [null, '1', -1, 0.5, 10, Number.NaN, Infinity]],
    ['a number', (v) => numberOf('a', v), [null, '1', true, [1]]],
    ['a flag', (v) => flagOf('a', v), [null, 0, 1, 'true']],
    ['bytes', (v) => bytesOf('a', v, 2), [null, [1, 2], new Uint8Array(3), new Int32Array(2)]],
    ['words', (v) => wordsOf('a', v, 2), [null, [1, 2], new Uint32Array(3), new Float32Array(2)]],
    ['floats', (v) => floatsOf('a', v, 2), [null, [1, 2], new Float32Array(1), new Uint32Array(2)]],
  ])('%s', (_, read, wrong) => {
    for (const value of wrong) {
      expect(() => read(value)).toThrow(FormatError);
      expect(() => read(value)).toThrow('checkpoint: a must be as it was written, got ');
    }
  });
});
