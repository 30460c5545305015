/**
 * Run-time pruning of LeNet-300-100 on MNIST at 90 % sparsity: what activation thresholds and early exits save for each
 * input, what they cost in accuracy, and what one sample takes beside the same session without them.
 */
import { loadMnist } from '../../datasets/index.js';
import {
  adamw,
  cosine,
  createExitSession,
  createSession,
  dense,
  type LabelledData,
  type Profile,
  prune,
  relu,
  type Sequential,
  sequential,
  trainExit,
} from '../../src/index.js';
import { formatCount, formatMicros, formatPercent, formatRatio, table } from '../../src/report/index.js';
import { type Case, interleave, ratio } from '../interleave.js';
import { machine } from '../machine.js';
import { BATCH, meanAndDeviation, stepsOf } from './runs.js';

type Data = Awaited<ReturnType<typeof loadMnist>>;
type Labelled = LabelledData & { readonly labels: Uint8Array };

const EPOCHS = 10;
const RETRAINING_EPOCHS = 5;
const SPARSITY = 0.9;
const AFTER = 'relu1';
const THRESHOLDS = [0, 0.05, 0.1, 0.2, 0.5];
const MARGINS = [0.5, 0.8, 0.9, 0.95, 0.99, 1];
/** Samples that are timed, one after the other. */
const TIMED = 256;

/** One setting: what it gives on validation and test, and what it takes. */
interface Row {
  readonly name: string;
  readonly valAccuracy: number;
  readonly testAccuracy: number;
  /** Multiply-adds of a test sample. */
  readonly mean: number;
  readonly p10: number;
  readonly p90: number;
  /** Share of test samples that left early; null without exits. */
  readonly left: number | null;
  /** Microseconds of one sample, and how many times faster than the session without. */
  readonly micros: number;
  readonly speedup: number;
}

/** What both kinds of sessions do. */
interface Setting {
  readonly name: string;
  readonly session: {
    run(x: Float32Array, out?: Float32Array): Float32Array;
    profile(x: Float32Array, labels: Uint8Array): Profile;
    dispose(): void;
  };
}

function recipe(data: Data, epochs: number) {
  const learningRate = cosine({ start: 2e-3, end: 0, steps: stepsOf(data.train, epochs) });
  return { optimizer: adamw({ learningRate, weightDecay: 0.05 }), epochs, batchSize: BATCH };
}

/** Trained, pruned in one go, and retrained. */
async function trained(seed: number, data: Data): Promise<Sequential> {
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  const model = await sequential({ inputShape: [784], seed }, layers);
  await model.fit(data.train.images, data.train.labels, recipe(data, EPOCHS));
  await prune(model, { sparsity: SPARSITY });
  await model.fit(data.train.images, data.train.labels, recipe(data, RETRAINING_EPOCHS));
  return model;
}

async function settingsOf(model: Sequential, head: Sequential): Promise<Setting[]> {
  const settings: Setting[] = [];
  for (const activationThreshold of THRESHOLDS) {
    const session = await createSession(model, { batch: 1, activationThreshold });
    settings.push({ name: `threshold ${activationThreshold}`, session });
  }
  for (const margin of MARGINS) {
    const session = await createExitSession(model, { batch: 1, exits: [{ after: AFTER, head, margin }] });
    settings.push({ name: `margin ${margin}`, session });
  }
  return settings;
}

/** One sample after the other of the first TIMED of a set, round and round. */
function caseOf({ name, session }: Setting, { images }: LabelledData): Case {
  const samples = Array.from({ length: TIMED }, (_, s) => images.slice(784 * s, 784 * (s + 1)));
  const out = new Float32Array(10);
  let next = 0;
  return {
    name,
    run(times) {
      for (let i = 0; i < times; i++) {
        session.run(samples[next]!, out);
        next = (next + 1) % TIMED;
      }
    },
  };
}

/** All settings of one seed; the first is what the others are timed against. */
async function rowsOf(seed: number, data: Data): Promise<Row[]> {
  const model = await trained(seed, data);
  const head = await trainExit(model, { after: AFTER, data: data.train, ...recipe(data, RETRAINING_EPOCHS) });
  const settings = await settingsOf(model, head);
  const timings = await interleave(
    settings.map((setting) => caseOf(setting, data.test)),
    { blockMillis: 20 },
  );
  const profileOf = ({ session }: Setting, { images, labels }: Labelled) => session.profile(images, labels);
  const rows = settings.map((setting, i): Row => {
    const test = profileOf(setting, data.test as Labelled);
    const { mean, p10, p90 } = test.multiplyAdds;
    if (seed === 1 && ['threshold 0', 'margin 0.9'].includes(setting.name)) {
      console.error(`\n${setting.name}, seed ${seed}, test\n${test}`);
    }
    return {
      name: setting.name,
      valAccuracy: profileOf(setting, data.validation as Labelled).accuracy!,
      testAccuracy: test.accuracy!,
      mean,
      p10,
      p90,
      left: test.exits ? test.exits[0]!.share : null,
      micros: timings[i]!.micros,
      speedup: ratio(timings[0]!, timings[i]!),
    };
  });
  for (const { session } of settings) session.dispose();
  for (const each of [head, model]) each.dispose();
  return rows;
}

/** Means over the seeds, row by row. */
function averaged(runs: readonly (readonly Row[])[]): Row[] {
  const keys = ['valAccuracy', 'testAccuracy', 'mean', 'p10', 'p90', 'micros', 'speedup'] as const;
  return runs[0]!.map((first, i) => {
    const meanOf = (key: keyof Row) => meanAndDeviation(runs.map((rows) => rows[i]![key] as number)).mean;
    const means = Object.fromEntries(keys.map((key) => [key, meanOf(key)]));
    return { ...first, ...means, left: first.left === null ? null : meanOf('left') };
  });
}

/** The sweep: a table of thresholds and margins. */
export async function runtimePruning(seeds: readonly number[]): Promise<unknown> {
  const data = await loadMnist();
  const runs: Row[][] = [];
  for (const seed of seeds) {
    runs.push(await rowsOf(seed, data));
    console.error(`seed ${seed}: ${formatPercent(runs.at(-1)![0]!.testAccuracy)} test`);
  }
  const rows = averaged(runs);
  const percent = formatPercent(SPARSITY, 0);
  console.error(
    `\nLeNet-300-100 on MNIST, ${percent} zeros, exit after ${AFTER}, batch 1, means of seeds ${seeds.join(', ')}\n${machine()}\n`,
  );
  console.error(
    table([
      ['', 'validation', 'test', 'multiply-adds', 'p10', 'p90', 'left early', 'one sample', 'speed-up'],
      ...rows.map((row) => [
        row.name,
        formatPercent(row.valAccuracy),
        formatPercent(row.testAccuracy),
        ...[row.mean, row.p10, row.p90].map(formatCount),
        row.left === null ? '' : formatPercent(row.left, 1),
        formatMicros(row.micros),
        formatRatio(row.speedup),
      ]),
    ]),
  );
  return { machine: machine(), seeds, epochs: EPOCHS, sparsity: SPARSITY, rows };
}
