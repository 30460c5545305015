import { expect, test } from 'vitest';
import { openSealed, seal } from '../../src/io/checksum.js';
import type { NamedTensor } from '../../src/io/tensors.js';
import { decodeWeight, encodeWeight } from '../../src/io/weights.js';
import { randomIntegers, sameBytes } from './support.js';

/** 784-300-100-10 after global magnitude pruning to 95 %: 13,310 of 266,200 weights, unevenly spread. */
const LAYERS = [
  { rows: 300, columns: 784, kept: 9110 },
  { rows: 100, columns: 300, kept: 3600 },
  { rows: 10, columns: 100, kept: 600 },
];

/** Pixels that are black in every digit: a border of 2, and most of the corners. */
function isBorder(column: number): boolean {
  const x = Math.abs((column % 28) - 13.5);
  const y = Math.abs(Math.floor(column / 28) - 13.5);
  return Math.max(x, y) > 11.5 || x + y > 20;
}

function makeModel() {
  const random = randomIntegers(88172645);
  return LAYERS.map(({ rows, columns, kept }) => {
    const values = new Float32Array(rows * columns);
    const mask = new Uint8Array(values.length);
    for (let left = kept; left > 0; ) {
      const i = random() % values.length;
      if (mask[i] === 1 || (columns === 784 && isBorder(i % columns))) continue;
      mask[i] = 1;
      values[i] = random() / 2 ** 31 - 1;
      left--;
    }
    const bias = Float32Array.from({ length: rows }, () => random() / 2 ** 32);
    return { shape: [rows, columns], values, mask, bias };
  });
}

test('an MLP at 95 % global sparsity takes at most 7 % of its dense file, header included', () => {
  const model = makeModel();
  const kept = model.reduce((sum, { mask }) => sum + mask.reduce((a, b) => a + b, 0), 0);
  expect(kept).toBe(266_200 * 0.05);

  const write = (masked: boolean) => {
    const tensors: NamedTensor[] = [];
    const encodings: Record<string, string> = {};
    model.forEach(({ shape, values, mask, bias }, i) => {
      const dense = new Float32Array(values.length).fill(1);
      for (const [name, dims, data, live] of [
        [`${i}.weight`, shape, masked ? values : dense, masked ? mask : null],
        [`${i}.bias`, [bias.length], bias, null],
      ] as const) {
        const { tensors: parts, encoding } = encodeWeight(name, dims, data, live);
        tensors.push(...parts);
        encodings[name] = JSON.stringify(encoding);
      }
    });
    return seal(tensors, encodings);
  };

  const sparse = write(true);
  const dense = write(false);
  expect(dense.length).toBeGreaterThan(4 * 266_610);
  expect(sparse.length).toBeLessThanOrEqual(0.07 * dense.length);

  const { tensors, metadata } = openSealed(sparse);
  model.forEach(({ values, mask }, i) => {
    const decoded = decodeWeight(`${i}.weight`, JSON.parse(metadata[`${i}.weight`]!), tensors);
    expect(sameBytes(decoded.values, values)).toBe(true);
    expect(sameBytes(decoded.mask!, mask)).toBe(true);
  });
});
