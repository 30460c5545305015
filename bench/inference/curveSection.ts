/** Speed-up of whole sessions against sparsity: the data of the plot. */
import { syntheticDigits } from '../../datasets/index.js';
import { createSession } from '../../src/index.js';
import { type Case, interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { perceptron } from './models.js';

const SIZES = [784, 300, 100, 10];
const SPARSITIES = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99];
const BATCHES = [1, 8, 32, 256];

/** One point of the curve. */
export type CurveRow = {
  readonly batch: number;
  readonly sparsity: number;
  readonly speedup: number;
  readonly micros: number;
};

/** LeNet-300-100 over its own dense session, through session.run(x, out), image-like inputs. */
export async function curveSection(effort: Effort): Promise<Section<CurveRow>> {
  const { images } = syntheticDigits({ samples: 256 });
  const full = await perceptron(SIZES, 0);
  const models = await Promise.all(SPARSITIES.map((sparsity) => perceptron(SIZES, sparsity)));
  const rows: CurveRow[] = [];
  for (const batch of BATCHES) {
    const x = images.subarray(0, batch * 784);
    const out = new Float32Array(batch * 10);
    const baseline = await createSession(full, { batch, kernels: 'dense' });
    const sessions = await Promise.all(models.map((model) => createSession(model, { batch })));
    const cases = [baseline, ...sessions].map(
      (session, i): Case => ({
        name: String(i),
        run(times) {
          for (let n = 0; n < times; n++) session.run(x, out);
        },
      }),
    );
    const [dense, ...sparse] = await interleave(cases, effort);
    sparse.forEach((timing, i) => {
      rows.push({ batch, sparsity: SPARSITIES[i]!, speedup: ratio(dense!, timing), micros: timing.micros });
    });
    for (const session of [baseline, ...sessions]) session.dispose();
  }
  for (const model of [full, ...models]) model.dispose();
  return {
    title: 'LeNet-300-100, whole session: speed-up over our own dense, by share of zeros',
    table: [
      ['batch', ...SPARSITIES.map(String)],
      ...BATCHES.map((batch) => [
        String(batch),
        ...rows.filter((row) => row.batch === batch).map((row) => `${row.speedup.toFixed(2)}x`),
      ]),
    ],
    rows,
  };
}
