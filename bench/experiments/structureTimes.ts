/** Microseconds of a call of saved networks, interleaved, and where they are kept. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSession, loadModel } from '../../src/index.js';
import { type Case, interleave } from '../interleave.js';
import { machine } from '../machine.js';
import { mnist } from './lenet.js';
import { folder, isQuick, RESULTS } from './workplace.js';

const BATCHES = [1, 32];
/** Inputs that take turns. */
const INPUTS = 64;
/** The dense network with the kernels that a session chooses, which skip zero inputs; `dense` itself multiplies everything. */
export const PLANNED = 'dense, planned';
const FILE = 'structures-times.json';

/** Of one network. */
export interface StructureTime {
  readonly method: string;
  readonly point: number;
  readonly batch: number;
  readonly micros: number;
}

/** All of them, with where they were measured. */
export interface StructureTimes {
  readonly machine: string;
  readonly rows: readonly StructureTime[];
}

/** A network in a file. */
export interface SavedModel {
  readonly method: string;
  readonly point: number;
  readonly file: string;
}

async function timeBatch(saved: readonly SavedModel[], batch: number): Promise<StructureTime[]> {
  const { test } = await mnist();
  const inputs = Array.from({ length: INPUTS }, (_, i) =>
    test.images.subarray(784 * batch * i, 784 * batch * (i + 1)),
  );
  const planned = saved
    .filter(({ method }) => method === 'dense')
    .map((one) => ({ ...one, method: PLANNED }));
  const models = [...saved, ...planned];
  const out = new Float32Array(10 * batch);
  const loaded = await Promise.all(models.map(({ file }) => loadModel(file)));
  const sessions = await Promise.all(
    loaded.map((model, i) =>
      createSession(model, { batch, ...(models[i]!.method === 'dense' && { kernels: 'dense' }) }),
    ),
  );
  const cases = sessions.map(
    (session, i): Case => ({
      name: models[i]!.method,
      run(times) {
        for (let n = 0; n < times; n++) session.run(inputs[n % INPUTS]!, out);
      },
    }),
  );
  const timings = await interleave(cases);
  for (const one of [...sessions, ...loaded]) one.dispose();
  return models.map(({ method, point }, i) => ({ method, point, batch, micros: timings[i]!.micros }));
}

/** Times networks at both batches, and keeps the times beside the ledger; with `publish` among the results too. */
export async function timeModels(models: readonly SavedModel[], publish: boolean): Promise<StructureTimes> {
  const rows: StructureTime[] = [];
  for (const batch of BATCHES) rows.push(...(await timeBatch(models, batch)));
  const times = { machine: machine(), rows };
  mkdirSync(folder(), { recursive: true });
  const text = `${JSON.stringify(times, null, 2)}\n`;
  writeFileSync(join(folder(), FILE), text);
  if (publish) writeFileSync(join(RESULTS, FILE), text);
  return times;
}

/** Times that were measured before, here or where documents quote them; none if there are none, or in a smoke run. */
export function readTimings(): StructureTimes {
  const file = [folder(), RESULTS].map((place) => join(place, FILE)).find((one) => existsSync(one));
  if (isQuick() || file === undefined) return { machine: 'not timed yet', rows: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as StructureTimes;
}
