import { describe, expect, test } from 'vitest';
import { cellPaths } from '../../src/report/cells.js';
import { curveChart, curveStyle } from '../../src/report/curveChart.js';
import { fieldGallery } from '../../src/report/fieldGallery.js';
import { maskPicture } from '../../src/report/maskPicture.js';
import { type Ridge, ridgeChart } from '../../src/report/ridgeChart.js';
import { makeScale } from '../../src/report/scale.js';
import { compactCount } from '../../src/report/table.js';
import { unitPicture } from '../../src/report/unitPicture.js';
import { expectSound } from './sample.js';

describe('pictures of cells', () => {
  test('are runs of one step, row by row, one path a step', () => {
    const steps = [
      [0, 2, 2, 1],
      [1, 1, 0, 2],
    ];
    expect(
      cellPaths(
        2,
        4,
        (row, column) => steps[row]![column]!,
        (step) => `s${step}`,
      ),
    ).toBe('<path d="M3 0.5h1M0 1.5h2" class="s1"></path><path d="M1 0.5h2M3 1.5h1" class="s2"></path>');
  });

  test('show single weights of small masks, and shares of large ones', () => {
    const small = maskPicture({ title: 'a', rows: 2, columns: 3, positions: Uint32Array.of(0, 4, 5) });
    expect(small).toContain('a cell is one weight');
    expect(small).toContain('d="M0 0.5h1M1 1.5h2" class="stroke-h6"');
    const large = maskPicture({
      title: 'b',
      rows: 300,
      columns: 784,
      positions: Uint32Array.of(0, 1, 784, 235_199),
    });
    expect(large).toContain('a cell is 3 x 4 weights');
    expect(large).toContain('up to 25 % of a cell live');
    expect(large).toContain('d="M0 0.5h1" class="stroke-h7"');
    expect(maskPicture({ title: 'c', rows: 1, columns: 1, positions: new Uint32Array(0) })).toContain(
      'nothing is live',
    );
    const whole = maskPicture({ title: 'd', rows: 300, columns: 784, positions: null });
    expect(whole.match(/<path/g)).toHaveLength(1);
    for (const svg of [small, large, whole]) expectSound(svg);
  });

  test('show units by their counts, many of them in groups', () => {
    const svg = unitPicture({ title: 'a', note: 'b', counts: [0, 5, 10] });
    expect([...svg.matchAll(/<title>([^<]*)/g)].map((match) => match[1])).toEqual([
      'unit 1: no path',
      'unit 2: 5 weights enter',
      'unit 3: 10 weights enter',
    ]);
    const many = unitPicture({ title: 'a', note: 'b', counts: new Uint32Array(5000).fill(3) });
    expect(many.match(/class="heat h7"/g)).toHaveLength(1000);
    expect(many).toContain('units 4996 to 5000: 3 weights enter');
    expectSound(many);
  });

  test('show weights of either sign, by size', () => {
    const html = fieldGallery([{ name: '<u>', weights: [1, -1, 0, 0.1] }], 2, 2);
    expect(html).toContain('aria-label="&lt;u&gt;"');
    expect([...html.matchAll(/class="((?:above|below)[^"]*)"/g)].map((match) => match[1])).toEqual([
      'above shade1',
      'above shade3',
      'below shade3',
    ]);
  });
});

describe('curves', () => {
  test('have marks and bands of their own, and leave out what has no place', () => {
    const points = [
      { x: 10, y: 0.5, deviation: 0.1, note: 'first' },
      { x: 0, y: 0.6, deviation: 0.1 },
      { x: 1000, y: 0.7, deviation: 0.05 },
    ];
    const svg = curveChart({
      title: 't',
      x: { label: 'cost', kind: 'log' },
      y: { label: 'accuracy' },
      curves: [0, 1].map((i) => ({ name: `c${i}`, ...curveStyle(i), points })),
    });
    expectSound(svg);
    expect(svg.match(/class="spread/g)).toHaveLength(2);
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg).toContain('first\ncost: 10\naccuracy: 0.5 ± 0.1');
    const styles = Array.from({ length: 30 }, (_, i) => JSON.stringify(curveStyle(i)));
    expect(new Set(styles).size).toBe(30);
  });

  test('of accuracies may be drawn by their error, from a round value on', () => {
    const scale = makeScale([0.912, 0.973], { kind: 'error' });
    expect([scale.low, scale.high, ...scale.ticks]).toEqual([0.9, 0.98, 0.9, 0.95, 0.98]);
    expect(scale.fraction(0.95)).toBeCloseTo(Math.log(2) / Math.log(5), 12);
    expect(makeScale([], { kind: 'error' })).toMatchObject({ low: 0, high: 0.5 });
    expect(makeScale([0.99, 0.99], { kind: 'error' })).toMatchObject({ low: 0.98, high: 0.99 });
  });

  test('have bands that end at the axis', () => {
    const points = [0.9, 0.99].map((y, i) => ({ x: i, y, deviation: 0.05 }));
    const y = { label: 'accuracy', kind: 'error' } as const;
    const svg = curveChart({
      title: 't',
      x: { label: 'x' },
      y,
      curves: [{ name: 'c', ...curveStyle(0), points }],
    });
    const [, band] = /d="(M[^"]*)z" class="spread/.exec(svg)!;
    const heights = band!
      .slice(1)
      .split('L')
      .map((pair) => Number(pair.split(' ')[1]));
    // There along the upper edges, back along the lower ones: the last upper edge is the top of the plot.
    expect(Math.min(...heights)).toBe(heights[1]);
    expectSound(svg);
  });

  test('have counts in short at their ticks', () => {
    expect([0, 999, 1000, 266_610, 5e7, 1.5e12, Number.NaN].map(compactCount)).toEqual([
      ...['0', '999', '1k', '267k', '50M', '1.5T', 'n/a'],
    ]);
  });
});

describe('histograms of scores', () => {
  const ridge = (changes: Partial<Ridge>): Ridge => ({
    ...{ name: 'round 1', edges: [0.001, 0.01, 0.1, 1], kept: [0, 3, 9], pruned: [4, 2, 0], cut: 0.05 },
    ...changes,
  });

  test('mark the cut, and count what went', () => {
    const svg = ridgeChart({ title: 't', label: 'score', ridges: [ridge({}), ridge({ cut: null })] });
    expectSound(svg);
    expect(svg.match(/class="cut"/g)).toHaveLength(1);
    expect(svg).toContain('round 1: 6 went, 12 stayed\ncut at 0.05');
    expect(svg).toContain('>−6</text>');
  });

  test('take scores of any sign, without bounds, or all the same', () => {
    const cases = [
      { edges: [-1, -0.1, 0, 2] },
      { edges: [0.1, 1, 10, Infinity], cut: Infinity },
      { edges: [-Infinity, 0, 1, Infinity] },
      { edges: [0, 0, 0, 0] },
      { edges: [1, 1, 1, 1] },
      { kept: [0, 0, 0], pruned: [0, 0, 0] },
    ];
    for (const one of cases) expectSound(ridgeChart({ title: 't', label: 's', ridges: [ridge(one)] }));
    expectSound(ridgeChart({ title: 't', label: 's', ridges: [] }));
  });
});
