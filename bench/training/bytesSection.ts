/** Bytes of weights, gradients and moments, by share of zeros. */
import { adam } from '../../src/index.js';
import { formatBytes } from '../../src/report/index.js';
import { footprintOf } from '../../src/train/trainable.js';
import type { Effort, Section } from '../section.js';
import { BATCH, type Batches, buildSparse, networks } from './cases.js';

export interface BytesRow {
  readonly network: string;
  readonly sparsity: number;
  readonly bytes: number;
  readonly ofDense: number;
}

/** With Adam, after a step: values, gradients, two moments, and what tells which weights are live. */
export async function bytesSection(_: Effort, { digits }: { digits: Batches }): Promise<Section<BytesRow>> {
  const rows: BytesRow[] = [];
  for (const [network, widths] of Object.entries(networks)) {
    let dense = 0;
    for (const sparsity of [0, 0.8, 0.9, 0.95, 0.98, 0.99]) {
      const model = await buildSparse(widths, sparsity, sparsity === 0 ? 'dense' : 'sparse');
      model.trainOnBatch(digits[0]!.x, digits[0]!.y.subarray(0, BATCH), { optimizer: adam() });
      const { trainingBytes: bytes } = footprintOf(model.parameters);
      if (sparsity === 0) dense = bytes;
      rows.push({ network, sparsity, bytes, ofDense: bytes / dense });
      model.dispose();
    }
  }
  return {
    title: 'Bytes of weights, gradients and the moments of Adam, with row pointers and column indices',
    table: [
      ['network', 'zeros', 'bytes', 'of dense'],
      ...rows.map((row) => [
        row.network,
        `${Math.round(row.sparsity * 100)} %`,
        formatBytes(row.bytes),
        `${(100 * row.ofDense).toFixed(1)} %`,
      ]),
    ],
    rows,
  };
}
