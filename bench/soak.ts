/**
 * Ten million calls: WebAssembly memory and resident memory must stay as they are.
 *
 *   npm run bench:soak [-- --calls 10000000] [--json]
 */
import { parseArgs } from 'node:util';
import { syntheticDigits } from '../datasets/index.js';
import { createSession } from '../src/index.js';
import { formatBytes, formatMicros, table } from '../src/report/index.js';
import { sharedEngine } from '../src/runtime/engine.js';
import { perceptron } from './inference/models.js';
import { machine } from './machine.js';

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '10000000' }, json: { type: 'boolean' } },
});
const calls = Number(values.calls);
const model = await perceptron([784, 300, 100, 10], 0.95);
const session = await createSession(model, { batch: 1 });
const { images } = syntheticDigits({ samples: 64 });
const inputs = Array.from({ length: 64 }, (_, i) => images.slice(i * 784, (i + 1) * 784));
const out = new Float32Array(10);
const { memory } = await sharedEngine();

const rows: { calls: number; micros: number; wasmBytes: number; residentBytes: number }[] = [];
for (let part = 0; part <= 10; part++) {
  const count = part === 0 ? 200_000 : Math.round(calls / 10); // the first part warms up
  const start = performance.now();
  for (let i = 0; i < count; i++) session.run(inputs[i & 63]!, out);
  const micros = ((performance.now() - start) * 1000) / count;
  const usage = { wasmBytes: memory.totalBytes, residentBytes: process.memoryUsage().rss };
  rows.push({ calls: part === 0 ? 0 : part * count, micros, ...usage });
  console.error(`${part}/10`);
  await new Promise((resolve) => setTimeout(resolve, 0));
}
console.error(`\nLeNet-300-100, 95 % zeros, one sample a call\n${machine()}\n`);
console.error(
  table([
    ['calls', 'a call', 'WebAssembly memory', 'resident memory'],
    ...rows.map((row) => [
      String(row.calls),
      formatMicros(row.micros),
      formatBytes(row.wasmBytes),
      formatBytes(row.residentBytes),
    ]),
  ]),
);
if (values.json) console.log(JSON.stringify({ machine: machine(), rows }));
