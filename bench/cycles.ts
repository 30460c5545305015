/**
 * Life cycles: a model is made, written, loaded, run in sessions and disposed of, again and again. Nothing may stay behind.
 *
 *   npm run bench:cycles [-- --cycles 2000] [--json]
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createSession, dense, loadModel, loadSession, prune, relu, sequential } from '../src/index.js';
import { formatBytes, table } from '../src/report/index.js';
import { sharedEngine } from '../src/runtime/engine.js';
import { machine } from './machine.js';

const { values } = parseArgs({
  options: { cycles: { type: 'string', default: '2000' }, json: { type: 'boolean' } },
});
const cycles = Number(values.cycles);
/** As many before: V8 goes on sizing its heap for a while. */
const WARM_UP = cycles;
const x = Float32Array.from({ length: 33 * 784 }, (_, i) => (i % 7) / 7);

/** 784-100-10, 90 % of it pruned; every way to run it. Returns a number that depends on all outputs. */
async function cycle(seed: number): Promise<number> {
  const layers = [dense(100), relu(), dense(10)];
  const model = await sequential({ inputShape: [784], seed }, layers);
  await prune(model, { sparsity: 0.9 });
  const bytes = model.encode();
  const loaded = await loadModel(bytes);
  const sessions = [
    await createSession(model, { batch: 1 }),
    await createSession(loaded, { batch: 32, kernels: 'dense' }),
    await loadSession(bytes, { batch: 32 }),
  ];
  let sum = 0;
  for (const session of sessions) sum += session.run(x).reduce((total, value) => total + value, 0);
  for (const each of [...sessions, model, loaded]) each.dispose();
  return sum;
}

const { memory } = await sharedEngine();
// Garbage that happens not to be collected yet is no growth.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const rows: { cycles: number; liveBytes: number; wasmBytes: number; residentBytes: number }[] = [];
const note = (done: number) => {
  for (let i = 0; i < 3; i++) collect();
  const residentBytes = process.memoryUsage().rss;
  rows.push({ cycles: done, liveBytes: memory.liveBytes, wasmBytes: memory.totalBytes, residentBytes });
};
for (let i = 0; i < WARM_UP; i++) await cycle(i);
note(0);
for (let i = 1; i <= cycles; i++) {
  if (!Number.isFinite(await cycle(i)))
    throw new Error(`cycles: outputs must be finite, got others in cycle ${i}`);
  if (i % Math.ceil(cycles / 5) === 0 || i === cycles) {
    note(i);
    console.error(`${i}/${cycles}`);
  }
}

const growth = rows.at(-1)!.residentBytes - rows[0]!.residentBytes;
console.error(
  `\nmade, pruned, written, loaded, run and disposed of: 784-100-10, after ${WARM_UP} cycles to warm up`,
);
console.error(`${machine()}\n`);
console.error(
  table([
    ['cycles', 'bytes in use', 'WebAssembly memory', 'resident memory'],
    ...rows.map((row) => [
      String(row.cycles),
      String(row.liveBytes),
      formatBytes(row.wasmBytes),
      formatBytes(row.residentBytes),
    ]),
  ]),
);
console.error(`\nresident memory grew by ${formatBytes(Math.max(0, growth))}`);
if (values.json) console.log(JSON.stringify({ machine: machine(), growthBytes: growth, rows }));
