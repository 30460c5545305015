import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicros,
  formatPercent,
  formatRatio,
  table,
} from '../../src/report/index.js';

/** Runs a formatter over literal pairs. */
function expectEach(format: (value: number) => string, pairs: readonly (readonly [number, string])[]): void {
  for (const [value, text] of pairs) expect(`${value}: ${format(value)}`).toBe(`${value}: ${text}`);
}

describe('number formats', () => {
  test('counts get a comma at every thousand', () => {
    expectEach(formatCount, [
      [0, '0'],
      [999, '999'],
      [1000, '1,000'],
      [266610, '266,610'],
      [1234567.6, '1,234,568'],
      [-45000, '-45,000'],
      [-0.2, '0'],
    ]);
  });

  test('bytes use decimal units and three digits', () => {
    expectEach(formatBytes, [
      [0, '0 B'],
      [999, '999 B'],
      [1000, '1.00 kB'],
      [86240, '86.2 kB'],
      [999600, '1.00 MB'],
      [1066440, '1.07 MB'],
      [5.5e12, '5.50 TB'],
    ]);
  });

  test('micros move to ms and s, and rounding never shows 1000 of a unit', () => {
    expectEach(formatMicros, [
      [0.5, '0.50 us'],
      [9.999, '10.0 us'],
      [12.34, '12.3 us'],
      [99.96, '100 us'],
      [999.7, '1.00 ms'],
      [4210, '4.21 ms'],
      [2.5e6, '2.50 s'],
    ]);
  });

  test('percentages keep two decimals unless told', () => {
    expectEach(formatPercent, [
      [0.9812, '98.12 %'],
      [1, '100.00 %'],
    ]);
    expect(formatPercent(0.456, 0)).toBe('46 %');
  });

  test('ratios show one decimal, two below 1, none from 100 on', () => {
    expectEach(formatRatio, [
      [7.34, '7.3x'],
      [0.854, '0.85x'],
      [1, '1.0x'],
      [123.4, '123x'],
    ]);
  });

  test('durations carry minutes and hours when they round up', () => {
    expectEach(formatDuration, [
      [5.31, '5.3s'],
      [42, '42s'],
      [59.7, '1m 00s'],
      [64, '1m 04s'],
      [3599.6, '1h 00m'],
      [3725, '1h 02m'],
    ]);
  });

  test('every format says n/a for a number that is not finite', () => {
    for (const format of [
      formatCount,
      formatBytes,
      formatPercent,
      formatMicros,
      formatRatio,
      formatDuration,
    ]) {
      expect([Number.NaN, Infinity].map((value) => format(value))).toEqual(['n/a', 'n/a']);
    }
  });
});

describe('table', () => {
  test('aligns names left and numbers right, with a rule under the header', () => {
    const rows = [
      ['layer', 'weights', 'kernel'],
      ['dense 1', '235,200', 'spmm'],
      ['out', '640', 'gemm'],
    ];
    expect(table(rows)).toBe(
      [
        'layer    weights  kernel',
        '───────  ───────  ──────',
        'dense 1  235,200  spmm',
        'out          640  gemm',
      ].join('\n'),
    );
  });

  test('takes the first row as data when there is no header', () => {
    expect(
      table(
        [
          ['a', '1'],
          ['bb', '22'],
        ],
        { header: false },
      ),
    ).toBe('a    1\nbb  22');
  });

  test('follows a given alignment', () => {
    const rows = [
      ['a', 'b'],
      ['xx', '1'],
      ['x', '22'],
    ];
    expect(table(rows, { header: false, align: ['right', 'left'] })).toBe(' a  b\nxx  1\n x  22');
  });

  test('fills short rows, flattens line breaks and leaves no trailing spaces', () => {
    expect(table([['a', 'b'], ['one\ntwo']])).toBe('a        b\n───────  ─\none two');
  });

  test('gives an empty string for no rows', () => {
    expect(table([])).toBe('');
  });
});
