/** Unstructured sparsity in batches, over our own dense: the kernel alone, and the whole session. */
import { createSession, dense, sequential } from '../../src/index.js';
import { sharedEngine } from '../../src/runtime/engine.js';
import { SeededRandom } from '../../test/support/seededRandom.js';
import { type Case, interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { productCase, roomFor } from './products.js';
import { randomWeight } from './weights.js';

const SHAPES = [
  [300, 784],
  [512, 512],
  [1024, 1024],
] as const;
const SPARSITIES = [0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98];
const BATCHES = [8, 32, 256];

/** Lanes of the kernel that is measured alone. */
const lanesOf = (batch: number) => (batch === 8 ? 8 : 32);

async function kernelRatio(
  shape: readonly [number, number],
  sparsity: number,
  batch: number,
  effort: Effort,
) {
  const engine = await sharedEngine();
  const [rows, cols] = shape;
  const values = randomWeight(rows, cols, sparsity, 1);
  const lanes = lanesOf(batch);
  const room = roomFor(engine, rows, cols, batch);
  const of = { values, rows, cols, room };
  const cases = [
    productCase(engine, 'dense', { ...of, format: 'dense', lanes: 8, tiles: batch / 8 }),
    productCase(engine, 'csr', { ...of, format: 'csr', lanes, tiles: batch / lanes }),
  ];
  const [d, s] = await interleave(cases, effort);
  for (const each of cases) each.dispose();
  room.input.free();
  room.output.free();
  return { speedup: ratio(d!, s!), micros: s!.micros };
}

async function sessionRatio(
  shape: readonly [number, number],
  sparsity: number,
  batch: number,
  effort: Effort,
) {
  const [rows, cols] = shape;
  const model = await sequential({ inputShape: [cols], seed: 1 }, [dense(rows)]);
  model.setWeights([randomWeight(rows, cols, sparsity, 1), new Float32Array(rows)]);
  const x = new SeededRandom(3).floats(batch * cols);
  const out = new Float32Array(batch * rows);
  const sessions = await Promise.all(
    (['dense', 'auto'] as const).map((kernels) => createSession(model, { batch, kernels })),
  );
  const cases = sessions.map(
    (session, i): Case => ({
      name: i === 0 ? 'dense' : 'auto',
      run(times) {
        for (let n = 0; n < times; n++) session.run(x, out);
      },
    }),
  );
  const [d, s] = await interleave(cases, effort);
  for (const session of sessions) session.dispose();
  model.dispose();
  return { speedup: ratio(d!, s!), micros: s!.micros };
}

/** Speed-ups of one layer without bias or activation around it; the session copies in, transposes, copies out. */
export async function unstructuredSection(effort: Effort): Promise<Section> {
  const rows: Record<string, unknown>[] = [];
  for (const shape of SHAPES) {
    for (const batch of BATCHES) {
      for (const sparsity of SPARSITIES) {
        const kernel = await kernelRatio(shape, sparsity, batch, effort);
        const session = await sessionRatio(shape, sparsity, batch, effort);
        const around = Math.max(0, 1 - kernel.micros / session.micros);
        rows.push({
          shape: shape.join(' x '),
          batch,
          sparsity,
          kernel: kernel.speedup,
          session: session.speedup,
          around,
        });
      }
    }
  }
  const cell = (shape: string, batch: number, key: 'kernel' | 'session' | 'around') =>
    SPARSITIES.map((sparsity) => {
      const row = rows.find(
        (each) => each.shape === shape && each.batch === batch && each.sparsity === sparsity,
      )!;
      const value = row[key] as number;
      return key === 'around' ? `${(value * 100).toFixed(0)} %` : `${value.toFixed(2)}x`;
    });
  const table = [['outputs x inputs', 'batch', '', ...SPARSITIES.map(String)]];
  for (const shape of SHAPES.map((each) => each.join(' x '))) {
    for (const batch of BATCHES) {
      table.push([shape, String(batch), 'kernel', ...cell(shape, batch, 'kernel')]);
      table.push(['', '', 'session', ...cell(shape, batch, 'session')]);
      table.push(['', '', 'around it', ...cell(shape, batch, 'around')]);
    }
  }
  return {
    title: 'Unstructured, by share of zeros: speed-up over our own dense',
    table,
    rows,
    note: '"around it": share of a sparse session\'s time outside the kernel (copy in, transpose, result out).',
  };
}
