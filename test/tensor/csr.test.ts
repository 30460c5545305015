import { describe, expect, test } from 'vitest';
import { ShapeError } from '../../src/errors.js';
import { countNonzeros, fromCsr, toCsr } from '../../src/tensor/formats/csr.js';
import { sparse, values } from '../model/support.js';

describe('CSR', () => {
  test('restores matrices of awkward shapes at every sparsity', () => {
    const sizes = [1, 3, 4, 5, 33];
    for (const rows of sizes) {
      for (const cols of sizes) {
        for (const sparsity of [0, 0.5, 0.9, 1]) {
          const dense = sparse(values(rows * cols, rows * 100 + cols), sparsity, cols);
          const csr = toCsr(dense, rows, cols);
          expect(csr.values.length).toBe(countNonzeros(dense));
          expect(csr.rowPtr.length).toBe(rows + 1);
          expect(csr.rowPtr[0]).toBe(0);
          expect(csr.rowPtr[rows]).toBe(csr.values.length);
          expect(fromCsr(csr)).toEqual(dense);
        }
      }
    }
  });

  test('lists columns in rising order, row by row, with empty rows between', () => {
    const csr = toCsr(Float32Array.of(0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 7, 0), 4, 3);
    expect([...csr.values]).toEqual([5, 6, 7]);
    expect([...csr.colIdx]).toEqual([0, 2, 1]);
    expect([...csr.rowPtr]).toEqual([0, 0, 2, 2, 3]);
  });

  test('keeps NaN and infinities, and leaves out zeros of either sign', () => {
    const dense = Float32Array.of(Number.NaN, 0, -0, Infinity, -Infinity, 2 ** -149);
    const csr = toCsr(dense, 2, 3);
    expect([...csr.values]).toEqual([Number.NaN, Infinity, -Infinity, 2 ** -149]);
    expect([...fromCsr(csr)]).toEqual([Number.NaN, 0, 0, Infinity, -Infinity, 2 ** -149]);
    expect(countNonzeros(dense)).toBe(4);
  });

  test('takes empty matrices', () => {
    expect(fromCsr(toCsr(new Float32Array(0), 0, 5))).toEqual(new Float32Array(0));
    expect([...toCsr(new Float32Array(0), 3, 0).rowPtr]).toEqual([0, 0, 0, 0]);
  });

  test('refuses a length that is not rows x cols', () => {
    expect(() => toCsr(new Float32Array(5), 2, 3)).toThrow(ShapeError);
    expect(() => toCsr(new Float32Array(5), 2, 3)).toThrow('toCsr: dense must hold 2 x 3 values, got 5');
  });
});
