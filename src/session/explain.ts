/** The plan of a session as text. */
import type { SessionLayer } from './compile.js';

function cells(layer: SessionLayer, measured: boolean): string[] {
  const product = layer.format !== '-';
  const row = [
    layer.name,
    layer.shape.join(' x '),
    product ? String(layer.nnz) : '-',
    product ? `${(layer.sparsity * 100).toFixed(1)} %` : '-',
    layer.format,
    layer.kernel,
    product ? String(layer.bytes) : '-',
    product ? String(layer.multiplyAdds) : '-',
  ];
  if (measured) row.push(layer.micros === undefined ? '-' : layer.micros.toFixed(2));
  return [...row, layer.why];
}

/** An aligned table, one row a layer. */
export function explain(layers: readonly SessionLayer[], lanes: number): string {
  const measured = layers.some((layer) => layer.micros !== undefined);
  const header = ['layer', 'shape', 'nnz', 'sparsity', 'format', 'kernel', 'bytes', 'multiply-adds'];
  if (measured) header.push('us');
  const rows = [[...header, 'why'], ...layers.map((layer) => cells(layer, measured))];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  const title = lanes === 1 ? 'one sample at a time' : `tiles of ${lanes} samples`;
  return [`session: ${title}`, ...rows.map(line)].join('\n');
}
