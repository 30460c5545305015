/** The plan of a session as text. */
import type { SessionLayer } from './layers.js';
import type { TileRun } from './planner.js';
import { aligned, percent } from './text.js';

const times = (ratio: number | undefined) => (ratio === undefined ? '-' : `${ratio.toFixed(1)}x`);

function cells(layer: SessionLayer, measured: boolean): string[] {
  const product = layer.format !== '-';
  const row = [
    layer.name,
    layer.shape.join(' x '),
    product ? String(layer.nnz) : '-',
    product ? percent(layer.sparsity) : '-',
    layer.format,
    layer.kernel,
    product ? String(layer.bytes) : '-',
    product ? String(layer.multiplyAdds) : '-',
    times(layer.theoreticalSpeedup),
  ];
  if (measured) {
    row.push(
      layer.micros === undefined ? '-' : layer.micros.toFixed(2),
      times(layer.measuredSpeedup),
      layer.ceilingShare === undefined ? '-' : percent(layer.ceilingShare, 0),
    );
  }
  return [...row, layer.why];
}

/** `2 tiles of 32, 1 tile of 4, 1 sample alone`. */
function cutText(runs: readonly TileRun[]): string {
  if (runs.every(({ lanes }) => lanes === 1)) return 'one sample at a time';
  const parts = runs.map(({ lanes, count }) => {
    const s = count === 1 ? '' : 's';
    return lanes === 1 ? `${count} sample${s} alone` : `${count} tile${s} of ${lanes}`;
  });
  return parts.join(', ');
}

/** An aligned table, one row a layer; `runs` is how the session's batch is cut. */
export function explain(layers: readonly SessionLayer[], batch: number, runs: readonly TileRun[]): string {
  const measured = layers.some((layer) => layer.micros !== undefined);
  const header = [
    'layer',
    'shape',
    'nnz',
    'sparsity',
    'format',
    'kernel',
    'bytes',
    'multiply-adds',
    'theory',
  ];
  if (measured) header.push('us', 'measured', 'of ceiling');
  const rows = [[...header, 'why'], ...layers.map((layer) => cells(layer, measured))];
  const title = `session: batch ${batch}, ${cutText(runs)}`;
  return [title, ...aligned(rows)].join('\n');
}
