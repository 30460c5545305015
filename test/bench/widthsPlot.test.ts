import { describe, expect, test } from 'vitest';
import type { WidthRow } from '../../bench/experiments/widths.js';
import { widthsPlot } from '../../bench/plots/widths.js';
import { expectSound } from '../report/sample.js';

const row = (width: number, kind: WidthRow['kind'], accuracy: number | null): WidthRow => ({
  width,
  kind,
  live: 100_000,
  sparsity: 0.5,
  samplesPerSecond: 1e8 / width,
  accuracy,
  trainingBytes: 2e6,
});

describe('the plot of widths', () => {
  test('is one sound image with a chart of accuracy and one of speed', () => {
    const rows = [300, 1000, 3000, 10_000, 20_000].map((width) => row(width, 'sparse', 0.98));
    const dense = [row(300, 'dense', 0.981), row(1000, 'dense', 0.983), row(3000, 'dense', null)];
    const svg = widthsPlot([...rows, ...dense], 100_000, 'machine');
    expectSound(svg);
    expect(svg.match(/<svg /g)).toHaveLength(3);
    expect(svg).toContain('100k live weights');
    expect(widthsPlot([...rows, ...dense], 100_000, 'machine')).toBe(svg);
  });
});
