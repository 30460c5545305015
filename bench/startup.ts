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
import { processTimes } from './startupProcesses.js';

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

const build = `
const { sequential, dense, relu, createSession } = await import(process.argv[2]);
const started = performance.now();
const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
const model = await sequential({ inputShape: [784], seed: 1 }, layers);
await createSession(model, { batch: 1 });
console.log(JSON.stringify(performance.now() - started));
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
writeFileSync(join(folder, 'build.mjs'), build);

const entry = pathToFileURL(resolve('dist/session.js')).href;
const runs = Array.from({ length: RUNS }, () => {
  const output = execFileSync(process.execPath, [
    join(folder, 'probe.mjs'),
    entry,
    join(folder, 'model.safetensors'),
  ]);
  return JSON.parse(String(output)) as [number, number, number];
});
const processes = await processTimes(folder, model, 4 * RUNS);
const all = pathToFileURL(resolve('dist/index.js')).href;
const builds = Array.from({ length: RUNS }, () =>
  Number(execFileSync(process.execPath, [join(folder, 'build.mjs'), all])),
);
const [load, session, first] = [0, 1, 2].map((i) => median(runs.map((run) => run[i as 0 | 1 | 2])));
const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
console.error(`Cold start, LeNet-300-100, medians of ${RUNS} fresh processes\n${machine()}\n`);
const millis = (value: number | undefined) => `${value!.toFixed(1)} ms`;
console.error(
  table([
    ['', 'milliseconds'],
    ['engine, a new model and its first session', millis(median(builds))],
    ['import of espalier/session', millis(load)],
    ['engine and session from a model file (95 %), checks included', millis(session)],
    ['first run', millis(first)],
  ]),
);
console.error(
  '\nWhole processes, from their start to a first prediction: milliseconds beyond an empty script\n',
);
console.error(
  table([['', 'milliseconds'], ...processes.map(({ name, millis: own }) => [name, millis(own)])]),
);
if (values.json) {
  const figures = {
    buildMillis: median(builds),
    importMillis: load,
    fileMillis: session,
    runMillis: first,
    processes,
  };
  console.log(JSON.stringify({ machine: machine(), ...figures }));
}
