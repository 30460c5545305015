import { describe, expect, test } from 'vitest';
import { fromIdx, parseIdx } from '../../datasets/index.js';
import { FormatError, OptionError } from '../../src/errors.js';

const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

/** An IDX file of `sizes` with the given data bytes. */
const idx = (sizes: number[], data: number[], magic = [0, 0, 8, sizes.length]) =>
  Uint8Array.from([...magic, ...sizes.flatMap(u32), ...data]);

describe('parseIdx', () => {
  test('decodes sizes and data of every rank', () => {
    expect(parseIdx(idx([3], [7, 8, 9]))).toEqual({ shape: [3], data: Uint8Array.of(7, 8, 9) });
    const cube = parseIdx(idx([1, 2, 3], [1, 2, 3, 4, 5, 6]), { file: 'cube', rank: 3 });
    expect(cube).toEqual({ shape: [1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  test('reads sizes as big-endian, from a view that starts anywhere', () => {
    const file = idx([258], new Array<number>(258).fill(5));
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    const { shape, data } = parseIdx(shifted.subarray(3));
    expect(shape).toEqual([258]);
    expect(data.every((byte) => byte === 5)).toBe(true);
  });

  test.each<[string, Uint8Array, RegExp, number?]>([
    ['an empty file', Uint8Array.of(), /the magic number takes 4 bytes, got 0 bytes/],
    ['three bytes', Uint8Array.of(0, 0, 8), /the magic number takes 4 bytes, got 3 bytes/],
    ['a header that stops after the magic', idx([], [], [0, 0, 8, 1]), /rank 1 takes 8 bytes, got 4/],
    ['a header that stops within a size', idx([], [0, 0], [0, 0, 8, 3]), /rank 3 takes 16 bytes, got 6/],
    ['a header of rank 255 that is not there', idx([1], [1], [0, 0, 8, 255]), /takes 1024 bytes, got 9/],
    ['a first byte other than 0', idx([1], [1], [1, 0, 8, 1]), /first two bytes must be 0, got 0x01 0x00/],
    ['a second byte other than 0', idx([1], [1], [0, 2, 8, 1]), /first two bytes must be 0, got 0x00 0x02/],
    ['a gzip file', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0), /got 0x1f 0x8b \(a gzip file: decompress it/],
    ['little-endian magic', idx([1], [1], [1, 8, 0, 0]), /first two bytes must be 0/],
    ['int8 data', idx([1], [1], [0, 0, 9, 1]), /type must be 0x08 \(uint8\), got 0x09/],
    ['float32 data', idx([1], [0, 0, 0, 0], [0, 0, 0x0d, 1]), /type must be 0x08 \(uint8\), got 0x0d/],
    ['rank 0', idx([], [1], [0, 0, 8, 0]), /rank must be >= 1, got 0/],
    ['labels where images are wanted', idx([2], [1, 2]), /rank must be 3, got 1/, 3],
    ['images where labels are wanted', idx([1, 1, 1], [1]), /rank must be 1, got 3/, 1],
    ['a size of 0', idx([0], []), /every size must be >= 1, got \[0\]/],
    ['a size of 0 that hides an overflow', idx([0xffffffff, 0xffffffff, 0], []), /every size must be >= 1/],
    ['sizes whose product wraps to 0 in 32 bits', idx([65536, 65536], []), /need 4294967296 bytes .* got 0/],
    [
      'sizes whose product passes 2^53',
      idx([0xffffffff, 0xffffffff], [1]),
      /need 18446744065119617000 bytes/,
    ],
    ['data short of one byte', idx([2, 2], [1, 2, 3]), /sizes \[2, 2\] need 4 bytes .* got 3/],
    ['no data', idx([2, 2], []), /need 4 bytes after the header, got 0/],
    ['one byte too many', idx([2, 2], [1, 2, 3, 4, 5]), /need 4 bytes after the header, got 5/],
    ['two files in one', Uint8Array.from([...idx([1], [1]), ...idx([1], [1])]), /need 1 bytes .* got 10/],
  ])('refuses %s', (_, bytes, rule, rank) => {
    const parse = () => parseIdx(bytes, { file: 'some-file', ...(rank === undefined ? {} : { rank }) });
    expect(parse).toThrow(FormatError);
    expect(parse).toThrow(rule);
    expect(parse).toThrow(/^parseIdx: some-file: /);
  });

  test('says where another option name was meant', () => {
    const options = { files: 'x' } as object;
    expect(() => parseIdx(idx([1], [1]), options)).toThrow(OptionError);
    expect(() => parseIdx(idx([1], [1]), options)).toThrow('did you mean "file"?');
  });
});

describe('fromIdx', () => {
  test('turns bytes into floats of byte / 255, with one channel', () => {
    const set = fromIdx(idx([2, 1, 3], [0, 1, 2, 128, 254, 255]), idx([2], [4, 9]));
    expect(set.images).toEqual(Float32Array.from([0, 1, 2, 128, 254, 255], (byte) => byte / 255));
    expect(set.labels).toEqual(Uint8Array.of(4, 9));
    expect(set.shape).toEqual([1, 1, 3]);
  });

  test('copies the labels, even out of a Buffer', () => {
    const labels = Buffer.from(idx([1], [4]));
    const set = fromIdx(idx([1, 1, 1], [0]), labels);
    labels.fill(0);
    expect(set.labels).toEqual(Uint8Array.of(4));
  });

  test('refuses images and labels that count different samples', () => {
    const join = () => fromIdx(idx([2, 1, 1], [0, 1]), idx([3], [1, 2, 3]), { labelsFile: 'names' });
    expect(join).toThrow(FormatError);
    expect(join).toThrow('fromIdx: names must hold one label for each of the 2 images of images, got 3');
  });
});
