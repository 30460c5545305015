import { describe, expect, test } from 'vitest';
import { barChart, heatMap, type LineChartOptions, lineChart, percentTick } from '../../src/report/index.js';
import { spread } from '../../src/report/lineLabels.js';
import { expectSound } from './sample.js';

type Points = readonly (readonly [number, number])[];

function line(points: Points, changes: Partial<LineChartOptions> = {}): string {
  const one = { name: 'validation', tone: 'sparse', points, dots: true, values: 'above' } as const;
  return lineChart({ title: 'Loss', x: { label: 'epoch' }, y: { label: 'loss' }, lines: [one], ...changes });
}

const awkward: Record<string, Points> = {
  'no points': [],
  'one point': [[1, 0.5]],
  'all-equal values': [
    [1, 0.5],
    [2, 0.5],
  ],
  'equal x': [
    [1, 0.2],
    [1, 0.4],
  ],
  'values that are not finite': [
    [1, Number.NaN],
    [2, Infinity],
    [Number.NaN, 1],
    [4, 0.1],
  ],
  'zeros and negatives': [
    [0, 0],
    [1, -3],
  ],
};

/** Texts of a class, with the middles that they are set around. */
const texts = (svg: string, className: string) =>
  [
    ...svg.matchAll(
      new RegExp(`<text x="([\\d.]+)" y="([\\d.]+)"[^>]*class="${className}"[^>]*>([^<]*)`, 'g'),
    ),
  ].map(([, x, y, text]) => ({ x: Number(x), y: Number(y), text: text! }));

describe('ticks of an axis', () => {
  test('are named where there is room, ends and decades first', () => {
    const sparsities = [0, 0.5, 0.9, 0.99, 0.999];
    const points = sparsities.map((sparsity) => [sparsity, 1 - sparsity / 2] as const);
    const x = { label: 'sparsity', kind: 'density', format: percentTick } as const;
    const named = (width: number) => {
      const svg = line(points, { x, width });
      const { y } = texts(svg, 'tick').at(-1)!;
      return texts(svg, 'tick').flatMap((tick) => (tick.y === y ? [tick.text] : []));
    };
    expect(named(760)).toEqual(
      ['0', '50', '75', '90', '95', '98', '99', '99.5', '99.8', '99.9'].map((text) => `${text} %`),
    );
    expect(named(360)).toEqual(['0 %', '75 %', '90 %', '99 %', '99.9 %']);
  });
});

describe('line charts', () => {
  test('set a value clear of the line that it belongs to', () => {
    const values = [
      [0.3, 0.918],
      [0.5, 0.942],
    ] as const;
    const svg = lineChart({
      title: 'Cost',
      x: { label: 'sparsity', kind: 'density' },
      y: { label: 'accuracy', valueText: (share) => `${(100 * share).toFixed(2)} %` },
      lines: [
        {
          name: 'after',
          tone: 'sparse',
          points: [
            [0.3, 0.964],
            [0.5, 0.963],
          ],
          dots: true,
          values: 'above',
        },
        { name: 'right after pruning', tone: 'warm', points: values, dots: true, values: 'below' },
      ],
    });
    const [, ...ends] = /d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" class="line warm"/.exec(svg)!;
    const [x1, y1, x2, y2] = ends.map(Number) as [number, number, number, number];
    const label = texts(svg, 'halo name warm').find(({ text }) => text === '94.20 %')!;
    const half = (0.61 * 12.5 * label.text.length) / 2;
    for (const x of [label.x - half, label.x, label.x + half]) {
      const onLine = y1 + ((y2 - y1) * (Math.min(x, x2) - x1)) / (x2 - x1);
      expect(label.y - 11).toBeGreaterThan(onLine);
    }
  });

  for (const [name, points] of Object.entries(awkward)) {
    test(`stay sound with ${name}, linear and log, wide and narrow`, () => {
      for (const kind of ['linear', 'log'] as const) {
        for (const width of [760, 360]) {
          const references = [{ name: 'dense', value: 0.3 }];
          const phases = [{ from: 0, to: 1, name: 'dense' }];
          expectSound(line(points, { width, references, phases, y: { label: 'loss', kind } }));
        }
      }
    });
  }

  test('say so when there is nothing to show', () => {
    expect(line([])).toContain('no data');
    expect(line([[1, 2]])).not.toContain('no data');
  });

  test('draw a bar through each point that has a spread, and make room for it', () => {
    const points = [
      [1, 1],
      [2, 2],
      [3, 3],
    ] as const;
    const one = { name: 'error', tone: 'sparse', points, spreads: [0.5, Number.NaN, 4] } as const;
    const svg = line(points, { lines: [one] });
    expectSound(svg);
    expect(svg.match(/class="line thin sparse"/g)).toHaveLength(2);
    expect(svg).toContain('>8<'); // the axis reaches 7
    const log = line(points, { lines: [one], y: { label: 'error', kind: 'log' } });
    expectSound(log); // 3 - 4 has no place there: the bar ends at the bottom
    expect(log.match(/class="line thin sparse"/g)).toHaveLength(2);
  });

  test('break the path at a missing point', () => {
    const svg = line([
      [1, 1],
      [2, 2],
      [3, Number.NaN],
      [4, 1],
      [5, 2],
    ]);
    expect(/ d="([^"]*)"/.exec(svg)![1]!.match(/M/g)).toHaveLength(2);
  });

  test('have one tooltip per x with the value of every line', () => {
    const lines = ['a', 'b'].map((name, i) => ({
      name,
      tone: 'sparse' as const,
      points: [[3, i + 1] as const],
    }));
    expect(line([], { lines })).toContain('<title>epoch 3\na: 1\nb: 2</title>');
  });

  test('name lines at their ends when wide and in a legend when narrow', () => {
    const points: Points = [
      [1, 1],
      [2, 2],
    ];
    expect(line(points, { width: 760 })).toContain('class="leader sparse"');
    expect(line(points, { width: 360 })).not.toContain('leader');
    expect(line(points, { width: 360 })).toContain('>validation</text>');
  });

  test('escape hostile names', () => {
    const lines = [{ name: '</svg><script>"\'&', tone: 'warm' as const, points: [[1, 1]] as const }];
    const svg = line([], { title: '<b>"x"', lines, phases: [{ from: 0, to: 2, name: '<i>' }] });
    expectSound(svg);
    expect(svg).not.toMatch(/<script|<b>|<i>/);
    expect(svg).toContain('aria-label="&lt;b&gt;&quot;x&quot;');
  });

  test('move labels apart in order and keep them inside', () => {
    expect(spread([50, 52, 51], 10, 0, 100)).toEqual([50, 70, 60]);
    expect(spread([98, 99], 10, 0, 100)).toEqual([90, 100]);
  });
});

describe('bar charts', () => {
  const bars = (values: readonly number[], kind: 'linear' | 'log' = 'linear') =>
    barChart({
      title: 'Speed-up',
      axis: { label: 'times', kind },
      series: [{ name: 'sparse', tone: 'sparse' }],
      rows: values.map((value, i) => ({ label: `batch ${i}`, values: [value] })),
      references: [{ name: '1x', value: 1 }],
    });

  test('stay sound with no rows, zeros, equal, negative and broken values', () => {
    for (const kind of ['linear', 'log'] as const) {
      for (const values of [[], [0], [2, 2], [-1, 1], [Number.NaN, Infinity]])
        expectSound(bars(values, kind));
    }
    expect(bars([])).toContain('no data');
    expect(bars([Number.NaN])).toContain('>n/a</text>');
  });

  test('start at zero, so that lengths compare', () => {
    const widths = [...bars([2, 4]).matchAll(/width="([\d.]+)"[^>]*class="fill sparse"/g)].map((m) =>
      Number(m[1]),
    );
    expect(widths[1]! / widths[0]!).toBeCloseTo(2, 2);
  });

  test('name several series in a legend', () => {
    const series = [
      { name: 'dense', tone: 'dense' as const },
      { name: 'sparse', tone: 'sparse' as const },
    ];
    const axis = { label: 'time (us)', kind: 'log' as const };
    const svg = barChart({ title: 'Time', axis, series, rows: [{ label: 'a & b', values: [100, 10] }] });
    expectSound(svg);
    expect(svg).toContain('>dense</text>');
    expect(svg).toContain('a &amp; b');
  });
});

describe('heat maps', () => {
  const map = (values: readonly number[]) =>
    heatMap({ title: 'Pixels', rows: 2, columns: 3, values, label: 'weights', emptyLabel: 'unread' });

  test('stay sound when all cells are empty, equal or broken', () => {
    for (const values of [
      [0, 0, 0, 0, 0, 0],
      [5, 5, 5, 5, 5, 5],
      [Number.NaN, Infinity, -1, 0, 1, 2],
    ]) {
      expectSound(map(values));
    }
  });

  test('give the largest value the strongest colour and empty cells their own mark', () => {
    const svg = map([0, 1, 2, 3, 4, 7]);
    expect(svg).toContain('class="heat h7"><title>row 2, column 3: 7</title>');
    expect(svg).toContain('class="heat h0"><title>row 1, column 1: unread</title>');
  });

  test('reject a number of values that does not fit the grid', () => {
    expect(() => map([1, 2])).toThrow('heatMap: values must have length 6, got 2');
  });
});
