/**
 * Cold start in fresh processes: from the first call of the package to a session that has answered, with the bundle
 * that is published (run `npm run build` first).
 *
 *   npm run bench:startup [-- --json]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { dense, prune, relu, sequential } from '../src/index.js';
import { table } from '../src/report/index.js';
import { median } from './interleave.js';
import { machine } from './machine.js';

const RUNS = 15;

const probe = `
import { readFileSync } from 'node:fs';
const started = performance.now();
const { loadSession } = await import(process.argv[2]);
const imported = performance.now();
const session = await loadSession(readFileSync(process.argv[3]), { batch: 1 });
const ready = performance.now();
session.run(new Float32Array(784));
console.log(JSON.stringify([imported - started, ready - imported, performance.now() - ready]));
`;

const folder = mkdtempSync(join(tmpdir(), 'espalier-startup-'));
const model = await sequential({ inputShape: [784], seed: 1 }, [
  dense(300),
  relu(),
  dense(100),
  relu(),
  dense(10),
]);
await prune(model, { sparsity: 0.95 });
await model.save(join(folder, 'model.safetensors'));
writeFileSync(join(folder, 'probe.mjs'), probe);

const entry = pathToFileURL(resolve('dist/session.js')).href;
const runs = Array.from({ length: RUNS }, () => {
  const output = execFileSync(process.execPath, [
    join(folder, 'probe.mjs'),
    entry,
    join(folder, 'model.safetensors'),
  ]);
  return JSON.parse(String(output)) as [number, number, number];
});
const [load, session, first] = [0, 1, 2].map((i) => median(runs.map((run) => run[i as 0 | 1 | 2])));
const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
console.error(`Cold start, LeNet-300-100 at 95 %, medians of ${RUNS} fresh processes\n${machine()}\n`);
const millis = (value: number | undefined) => `${value!.toFixed(1)} ms`;
console.error(
  table([
    ['import of the bundle', 'engine and session', 'first run'],
    [millis(load), millis(session), millis(first)],
  ]),
);
if (values.json)
  console.log(
    JSON.stringify({ machine: machine(), importMillis: load, sessionMillis: session, runMillis: first }),
  );
