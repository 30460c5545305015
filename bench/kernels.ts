/**
 * Every kernel of the kernel table at its typical size, one case a kernel.
 *
 *   npm run bench [-- --json] [-- --seconds 0.5] [-- gemm spmm]    words pick the kernels whose names hold one
 */
import { parseArgs } from 'node:util';
import { formatMicros, formatPercent, table } from '../src/report/index.js';
import { kernelTable } from '../test/kernelTable.js';
import { place } from '../test/support/arena.js';
import { loadBuild } from '../test/support/builds.js';
import { bench } from './harness.js';
import { machine } from './machine.js';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '0.5' } },
  allowPositionals: true,
});

const wanted = kernelTable.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);

// A memory for each kernel: placing one case never moves the buffers of another.
const cases = wanted.map((row) => ({
  name: `${row.name} ${row.bench.title}`,
  run: place(loadBuild('simd'), row.bench.setUp(1)).run,
}));

const results = await bench('kernels', cases, {
  seconds: Number(values.seconds),
  onResult: (name, done) => console.error(`${done}/${cases.length} ${name}`),
});

const rows = results.map(({ opsPerSecond, medianMicros, margin }, i) => ({
  kernel: wanted[i]!.name,
  shape: wanted[i]!.bench.title,
  opsPerSecond,
  medianMicros,
  margin,
  gflops: (opsPerSecond * wanted[i]!.flops) / 1e9,
}));

console.log(
  `\nKernels on one thread; 1 GF/s = 10^9 operations a second (elements where nothing is computed)\n${machine()}\n`,
);
console.log(
  table([
    ['kernel', 'shape', 'median', 'GF/s', 'margin'],
    ...rows.map((row) => [
      row.kernel,
      row.shape,
      formatMicros(row.medianMicros),
      row.gflops.toFixed(2),
      formatPercent(row.margin, 1),
    ]),
  ]),
);
if (values.json) console.log(JSON.stringify({ machine: machine(), rows }));
