/**
 * LeNet-300-100 on MNIST at 98 % sparsity as one file: bytes under gzip -9, accuracy of the file itself on the official test set,
 * microseconds a sample beside the session, cold start in fresh processes. RigL, with the recipe of the experiment `dynamic`,
 * which was chosen on validation.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  adamw,
  cosine,
  createSession,
  dense,
  type ExportedScript,
  exportModule,
  loadModel,
  relu,
  rigl,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { formatBytes, formatMicros, formatPercent, formatRatio, table } from '../../src/report/index.js';
import { interleave, median, ratio } from '../interleave.js';
import { machine } from '../machine.js';
import { mnist } from './lenet.js';
import { BATCH, stepsOf } from './runs.js';
import { folder as experiments } from './workplace.js';

const SPARSITY = 0.98;
const EPOCHS = 60;
const TIMED = 256;
const STARTS = 15;
const folder = join(experiments(), 'export');

type Run = (x: Float32Array, out?: Float32Array) => Float32Array;

/** The trained network of a seed, from its file if it is there. */
async function trained(seed: number): Promise<Sequential> {
  const file = join(folder, `seed-${seed}.safetensors`);
  if (existsSync(file)) return loadModel(file);
  const { train } = await mnist();
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  const model = await sequential({ inputShape: [784], seed, sparsity: SPARSITY }, layers);
  const schedule = cosine({ start: 5e-3, end: 0, steps: stepsOf(train, EPOCHS) });
  await model.fit(train.images, train.labels, {
    optimizer: adamw({ learningRate: schedule, weightDecay: 0.05 }),
    epochs: EPOCHS,
    batchSize: BATCH,
    pruning: rigl({ until: 0.9 }),
  });
  mkdirSync(folder, { recursive: true });
  await model.save(file);
  return model;
}

/** Share of samples whose largest output is that of their label. */
function accuracyOf(run: Run, { images, labels }: { images: Float32Array; labels: Uint8Array }): number {
  const y = run(images);
  const right = labels.filter((label, i) => {
    const outputs = y.subarray(10 * i, 10 * i + 10);
    return outputs.indexOf(Math.max(...outputs)) === label;
  });
  return right.length / labels.length;
}

const STARTER = `const begun = performance.now();
const { run } = await import(process.argv[2]);
run(new Float32Array(784));
console.log(performance.now() - begun);
`;

/** Median milliseconds from the import to the first answer, in fresh processes. */
function coldStart(file: string): number {
  const starter = join(folder, 'start.mjs');
  writeFileSync(starter, STARTER);
  const url = pathToFileURL(resolve(file)).href;
  return median(Array.from({ length: STARTS }, () => Number(execFileSync(process.execPath, [starter, url]))));
}

/** Microseconds of single test samples, one after the other, through the file and through the session. */
async function times(run: Run, session: { run: Run }, images: Float32Array) {
  const samples = Array.from({ length: TIMED }, (_, i) => images.slice(784 * i, 784 * i + 784));
  const out = new Float32Array(10);
  const caseOf = (name: string, each: Run) => ({
    name,
    run(times: number) {
      for (let t = 0; t < times; t++) for (const x of samples) each(x, out);
    },
  });
  const timings = await interleave([caseOf('file', run), caseOf('session', (x, y) => session.run(x, y))]);
  const [file, own] = [timings[0]!, timings[1]!];
  return { micros: file.micros / TIMED, sessionMicros: own.micros / TIMED, speedup: ratio(own, file) };
}

const zipped = (bytes: string | Uint8Array) => gzipSync(bytes, { level: 9 }).length;

/** The script of a model, written to a file and imported. */
async function scriptOf(
  model: Sequential,
  seed: number,
): Promise<{ script: ExportedScript; run: Run; file: string }> {
  const script = await exportModule(model);
  const file = join(folder, `seed-${seed}.mjs`);
  writeFileSync(file, script.code);
  const { run } = (await import(pathToFileURL(resolve(file)).href)) as { run: Run };
  return { script, run, file };
}

async function rowOf(seed: number) {
  const { test } = await mnist();
  const model = await trained(seed);
  const { script, run, file } = await scriptOf(model, seed);
  const bare = await exportModule(model, { format: 'wasm' });
  const session = await createSession(model, { batch: 1 });
  const same = Buffer.from(run(test.images).buffer).equals(Buffer.from(session.run(test.images).buffer));
  if (!same) throw new Error(`seed ${seed}: file and session must answer alike`);
  const row = {
    seed,
    accuracy: accuracyOf(run, test),
    scriptBytes: script.code.length,
    scriptZipped: zipped(script.code),
    wasmBytes: bare.bytes.length,
    wasmZipped: zipped(bare.bytes),
    kernels: bare.size.kernels,
    codeBytes: bare.size.codeBytes,
    startMillis: coldStart(file),
    ...(await times(run, session, test.images)),
  };
  session.dispose();
  model.dispose();
  return row;
}

/** All seeds: a table. */
export async function exported(seeds: readonly number[]): Promise<unknown> {
  const rows: Awaited<ReturnType<typeof rowOf>>[] = [];
  for (const seed of seeds) rows.push(await rowOf(seed));
  console.error(
    `LeNet-300-100 as one file, ${formatPercent(SPARSITY, 0)} zeros, answers equal the session's\n${machine()}\n`,
  );
  const head = [
    'seed',
    'test accuracy',
    'js',
    'gzip -9',
    'wasm',
    'gzip -9',
    'code',
    'us a sample',
    'session',
    'faster',
    'start',
  ];
  const lines = rows.map((row) => [
    String(row.seed),
    formatPercent(row.accuracy),
    formatBytes(row.scriptBytes),
    formatBytes(row.scriptZipped),
    formatBytes(row.wasmBytes),
    formatBytes(row.wasmZipped),
    formatBytes(row.codeBytes),
    formatMicros(row.micros),
    formatMicros(row.sessionMicros),
    formatRatio(row.speedup),
    `${row.startMillis.toFixed(1)} ms`,
  ]);
  console.error(table([head, ...lines]));
  console.error(
    `\nOne sample at a time, in the order of the test set. Start: import to first answer, medians of ${STARTS} fresh processes.`,
  );
  return { machine: machine(), rows };
}
