/** One sample at a time: every format over the dense product. */
import { sharedEngine } from '../../src/runtime/engine.js';
import type { FormatName } from '../../src/session/products/index.js';
import { SeededRandom } from '../../test/support/seededRandom.js';
import { interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { productCase } from './products.js';
import { nmWeight, randomWeight } from './weights.js';

const SHAPES = [
  [300, 784],
  [512, 512],
  [1024, 1024],
] as const;

interface Line {
  readonly name: string;
  readonly format: FormatName;
  readonly weight: (rows: number, cols: number) => Float32Array;
  /** Share of zeros in the input. */
  readonly zeros: number;
}

const unstructured = (sparsity: number, zeros = 0): Line => ({
  name: `${sparsity * 100} % unstructured${zeros ? `, ${zeros * 100} % zero inputs` : ''}`,
  format: 'csr',
  weight: (rows, cols) => randomWeight(rows, cols, sparsity, 1),
  zeros,
});

const blocks = (format: 'block4' | 'block8', sparsity: number, zeros = 0): Line => ({
  name: `${sparsity * 100} % blocks ${format.slice(5)}x1${zeros ? `, ${zeros * 100} % zero inputs` : ''}`,
  format,
  weight: (rows, cols) => randomWeight(rows, cols, sparsity, 1, Number(format.slice(5))),
  zeros,
});

const pattern = (n: number, m: number): Line => ({
  name: `${n}:${m}`,
  format: 'nm',
  weight: (rows, cols) => nmWeight(rows, cols, n, m, 1),
  zeros: 0,
});

const fullDense = (zeros: number): Line => ({
  name: `dense, ${zeros * 100} % zero inputs`,
  format: 'columns',
  weight: (rows, cols) => randomWeight(rows, cols, 0, 1),
  zeros,
});

const LINES: readonly Line[] = [
  ...[0.7, 0.78, 0.8, 0.9, 0.95, 0.98].map((sparsity) => unstructured(sparsity)),
  unstructured(0.9, 0.8),
  unstructured(0.95, 0.8),
  ...[0.5, 0.8, 0.9, 0.95].map((sparsity) => blocks('block4', sparsity)),
  blocks('block4', 0.9, 0.8),
  ...[0.5, 0.8, 0.9, 0.95].map((sparsity) => blocks('block8', sparsity)),
  pattern(2, 4),
  pattern(1, 4),
  pattern(2, 8),
  fullDense(0),
  fullDense(0.5),
  fullDense(0.8),
];

/** Speed-ups of one product over the dense one on the same input. */
export async function oneSampleSection(effort: Effort): Promise<Section> {
  const engine = await sharedEngine();
  const rows: Record<string, unknown>[] = [];
  for (const { name, format, weight, zeros } of LINES) {
    const row: Record<string, unknown> = { name };
    for (const [out, inputs] of SHAPES) {
      const random = new SeededRandom(5);
      const keep = random.mask(inputs, zeros);
      const x = random.floats(inputs).map((value, i) => (keep[i] ? value : 0));
      const shape = { rows: out, cols: inputs, lanes: 1, x };
      const values = weight(out, inputs);
      const cases = [
        productCase(engine, 'dense', { ...shape, values: randomWeight(out, inputs, 0, 2), format: 'dense' }),
        productCase(engine, format, { ...shape, values, format }),
      ];
      const [d, s] = await interleave(cases, effort);
      row[`${out} x ${inputs}`] = ratio(d!, s!);
      for (const each of cases) each.dispose();
    }
    rows.push(row);
  }
  const names = SHAPES.map((shape) => shape.join(' x '));
  return {
    title: 'One sample: speed-up over our own dense product (kernel)',
    table: [
      ['weights', ...names],
      ...rows.map((row) => [
        row.name as string,
        ...names.map((shape) => `${(row[shape] as number).toFixed(2)}x`),
      ]),
    ],
    rows,
  };
}
