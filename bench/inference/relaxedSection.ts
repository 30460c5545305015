/** What the relaxed build gains, where the runtime has relaxed SIMD. */
import { loadKernels } from '../../src/io/kernels.js';
import { relaxedEngine, sharedEngine } from '../../src/runtime/engine.js';
import { interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { type ProductOptions, productCase } from './products.js';
import { randomWeight } from './weights.js';

const SHAPES = [
  [300, 784],
  [512, 512],
  [1024, 1024],
] as const;

const LINES = [
  { name: 'dense, batch 32', sparsity: 0, format: 'dense', lanes: 8, tiles: 4 },
  { name: 'dense, batch 1', sparsity: 0, format: 'dense', lanes: 1, tiles: 1 },
  { name: '90 % zeros, batch 32', sparsity: 0.9, format: 'csr', lanes: 32, tiles: 1 },
  { name: '90 % zeros, batch 1', sparsity: 0.9, format: 'csr', lanes: 1, tiles: 1 },
] as const;

/** Time of the plain build over that of the relaxed one, same product. */
export async function relaxedSection(effort: Effort): Promise<Section> {
  await loadKernels({ relaxed: 'build/kernels/kernels-relaxed.wasm' });
  const engines = [await sharedEngine(), await relaxedEngine()];
  const title = 'Relaxed build: speed-up over the plain one (kernel)';
  if (engines[1]!.build !== 'relaxed') {
    return { title, table: [['this runtime has no relaxed SIMD']], rows: [] };
  }
  const rows: Record<string, unknown>[] = [];
  for (const { name, sparsity, format, lanes, tiles } of LINES) {
    const row: Record<string, unknown> = { name };
    for (const [out, inputs] of SHAPES) {
      const values = randomWeight(out, inputs, sparsity, 1);
      const options: ProductOptions = { values, rows: out, cols: inputs, format, lanes, tiles };
      const cases = engines.map((engine) => productCase(engine, engine.build, options));
      const [plain, relaxed] = await interleave(cases, effort);
      row[`${out} x ${inputs}`] = ratio(plain!, relaxed!);
      for (const each of cases) each.dispose();
    }
    rows.push(row);
  }
  const names = SHAPES.map((shape) => shape.join(' x '));
  return {
    title,
    table: [
      ['product', ...names],
      ...rows.map((row) => [
        row.name as string,
        ...names.map((shape) => `${(row[shape] as number).toFixed(2)}x`),
      ]),
    ],
    rows,
  };
}
