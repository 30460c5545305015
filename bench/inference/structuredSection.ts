/** Blocks and N:M patterns over tiles: the kernel alone, over our own dense. */
import { sharedEngine } from '../../src/runtime/engine.js';
import type { FormatName } from '../../src/session/products/index.js';
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
  readonly lanes: number;
  readonly weight: (rows: number, cols: number) => Float32Array;
}

const LINES: readonly Line[] = [
  ...[0.5, 0.8, 0.9, 0.95].flatMap((sparsity): Line[] =>
    (
      [
        ['block2', 2, 16],
        ['block4', 4, 8],
      ] as const
    ).map(([format, height, lanes]) => ({
      name: `${sparsity * 100} % blocks ${height}x1, tiles of ${lanes}`,
      format,
      lanes,
      weight: (rows, cols) => randomWeight(rows, cols, sparsity, 1, height),
    })),
  ),
  ...(
    [
      [2, 4],
      [1, 4],
      [2, 8],
    ] as const
  ).map(
    ([n, m]): Line => ({
      name: `${n}:${m}, tiles of 32`,
      format: 'nm',
      lanes: 32,
      weight: (rows, cols) => nmWeight(rows, cols, n, m, 1),
    }),
  ),
];

/** Speed-ups at batch 32. */
export async function structuredSection(effort: Effort): Promise<Section> {
  const engine = await sharedEngine();
  const rows: Record<string, unknown>[] = [];
  for (const { name, format, lanes, weight } of LINES) {
    const row: Record<string, unknown> = { name };
    for (const [out, inputs] of SHAPES) {
      const size = { rows: out, cols: inputs };
      const full = randomWeight(out, inputs, 0, 2);
      const cases = [
        productCase(engine, 'dense', { ...size, values: full, format: 'dense', lanes: 8, tiles: 4 }),
        productCase(engine, format, {
          ...size,
          values: weight(out, inputs),
          format,
          lanes,
          tiles: 32 / lanes,
        }),
      ];
      const [d, s] = await interleave(cases, effort);
      row[`${out} x ${inputs}`] = ratio(d!, s!);
      for (const each of cases) each.dispose();
    }
    rows.push(row);
  }
  const names = SHAPES.map((shape) => shape.join(' x '));
  return {
    title: 'Blocks and N:M at batch 32: speed-up over our own dense (kernel)',
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
