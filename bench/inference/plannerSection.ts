/** What the planner chooses, against the better of all-dense and all-sparse, at every batch size. */

import { syntheticDigits } from '../../datasets/index.js';
import { createSession, type Sequential } from '../../src/index.js';
import { type Case, interleave, median } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { perceptron } from './models.js';

const SPARSITIES = [0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
const BATCHES = [1, 2, 3, 5, 8, 11, 16, 17, 31, 32, 33, 57, 64, 100, 257];

async function slowdown(model: Sequential, batch: number, x: Float32Array, effort: Effort): Promise<number> {
  const out = new Float32Array(batch * 10);
  const sessions = await Promise.all(
    (['auto', 'dense', 'csr'] as const).map((kernels) => createSession(model, { batch, kernels })),
  );
  const cases = sessions.map(
    (session, i): Case => ({
      name: String(i),
      run(times) {
        for (let n = 0; n < times; n++) session.run(x, out);
      },
    }),
  );
  const [auto, full, sparse] = await interleave(cases, effort);
  for (const session of sessions) session.dispose();
  return median(auto!.rounds.map((us, i) => us / Math.min(full!.rounds[i]!, sparse!.rounds[i]!)));
}

/** Time of `auto` divided by that of the better forced one, whole LeNet-300-100, image-like inputs. */
export async function plannerSection(effort: Effort): Promise<Section> {
  const { images } = syntheticDigits({ samples: 257 });
  const rows: Record<string, unknown>[] = [];
  for (const sparsity of SPARSITIES) {
    const model = await perceptron([784, 300, 100, 10], sparsity);
    for (const batch of BATCHES) {
      const value = await slowdown(model, batch, images.subarray(0, batch * 784), effort);
      rows.push({ sparsity, batch, slowdown: value });
    }
    model.dispose();
  }
  const worst = rows.reduce((a, b) => ((b.slowdown as number) > (a.slowdown as number) ? b : a));
  return {
    title:
      "Planner: time of 'auto' over the better of all dense and all CSR (1.05 = 5 % slower), by zeros and batch",
    table: [
      ['zeros', ...BATCHES.map((batch) => `b${batch}`)],
      ...SPARSITIES.map((sparsity) => [
        String(sparsity),
        ...rows.filter((row) => row.sparsity === sparsity).map((row) => (row.slowdown as number).toFixed(2)),
      ]),
    ],
    rows,
    note: `Worst: ${(worst.slowdown as number).toFixed(2)} at ${worst.sparsity} zeros, batch ${worst.batch}.`,
  };
}
