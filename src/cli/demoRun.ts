/** The work of the demo: train, prune, measure; no printing of results. */
import { join } from 'node:path';
import type { Splits } from '../../datasets/index.js';
import { type ComparisonRow, compare } from '../bench/compare.js';
import { writeAtomically } from '../io/files.js';
import { dense } from '../layers/dense.js';
import { relu } from '../layers/relu.js';
import { prune, type Sequential, sequential } from '../model/index.js';
import { iterative } from '../prune/presets/rounds.js';
import type { PruneReport } from '../prune/prune.js';
import { type DemoResult, demoReport } from '../report/index.js';
import { formatCount, formatDuration, formatPercent } from '../report/table.js';
import { type History, progressBar } from '../train/callbacks/index.js';
import { adam, adamw } from '../train/optimizers/adam.js';
import { CLASSES, type DataName, loadData } from './data.js';
import { describe, machine, training } from './demoParts.js';
import { writeText } from './files.js';
import type { Output } from './io.js';
import { decay, decayPerRound, roundProgress, stepsOf } from './recipes.js';

/** Everything that decides what the demo does. */
export interface DemoSettings {
  readonly data: DataName;
  /** Folder of the four files; exists. */
  readonly out: string;
  readonly seed: number;
  readonly epochs: number;
  readonly rounds: number;
  /** Epochs of retraining after each round. */
  readonly retrainEpochs: number;
  readonly sparsity: number;
  readonly batches: readonly number[];
  /** The call that gives this result again. */
  readonly command: string;
}

/** Names of the files that the demo leaves in its folder. */
export const demoFiles = {
  report: 'report.html',
  result: 'result.json',
  dense: 'dense.safetensors',
  sparse: 'sparse.safetensors',
} as const;

const BATCH_SIZE = 64;
const LEARNING_RATE = 1e-3;
// Chosen on the validation set: what is left of a pruned network takes, and needs, a firmer hand.
const RETRAIN_RATE = 2e-3;
const RETRAIN_DECAY = 0.05;

interface Job {
  readonly settings: DemoSettings;
  readonly output: Output;
  readonly data: Splits;
  readonly model: Sequential;
}

/** Saves the model and measures it on the test set, which decides nothing. */
async function finish(job: Job, name: string): Promise<DemoResult['dense']> {
  const { model, data, settings, output } = job;
  const bytes = model.encode();
  await writeAtomically(join(settings.out, name), bytes);
  await output.breathe();
  const { accuracy } = await model.evaluate(data.test.images, data.test.labels);
  return { accuracy, parameters: model.summary().live, bytes: bytes.length };
}

function trainDense({ model, data, settings, output }: Job): Promise<History> {
  const { train, validation } = data;
  const steps = stepsOf(train.labels.length, BATCH_SIZE, settings.epochs);
  return model.fit(train.images, train.labels, {
    optimizer: adam({ learningRate: decay(LEARNING_RATE, steps) }),
    epochs: settings.epochs,
    batchSize: BATCH_SIZE,
    validation,
    callbacks: [progressBar({ label: 'dense', stream: output.io.stderr })],
    signal: output.io.signal,
  });
}

function pruneInRounds({ model, data, settings, output }: Job): Promise<PruneReport> {
  const { rounds, retrainEpochs, sparsity } = settings;
  const steps = stepsOf(data.train.labels.length, BATCH_SIZE, retrainEpochs);
  return prune(model, {
    criterion: 'magnitude',
    allocation: 'global',
    sparsity,
    schedule: iterative({ rounds }),
    survivors: 'trained',
    fit: {
      data: data.train,
      validation: data.validation,
      optimizer: adamw({ learningRate: decayPerRound(RETRAIN_RATE, steps), weightDecay: RETRAIN_DECAY }),
      epochs: retrainEpochs,
      batchSize: BATCH_SIZE,
      callbacks: [roundProgress(rounds, output.io.stderr)],
      signal: output.io.signal,
    },
  });
}

/** The dense network as it was saved, beside the pruned one, timed on test images. */
async function race(job: Job, dense: Sequential): Promise<ComparisonRow[]> {
  const { model, data, settings, output } = job;
  return compare({
    dense,
    sparse: model,
    images: data.test.images,
    batches: settings.batches,
    signal: output.io.signal,
  });
}

async function build(seed: number): Promise<Sequential> {
  return sequential({ inputShape: [784], seed }, [dense(300), relu(), dense(100), relu(), dense(CLASSES)]);
}

async function load({ data }: DemoSettings, output: Output): Promise<Splits> {
  output.note(`1/4  Loading ${data}`);
  const start = performance.now();
  const splits = await loadData(data);
  const counts = [splits.train, splits.validation, splits.test].map(({ labels }) =>
    formatCount(labels.length),
  );
  output.io.stderr.write(
    `${counts.join(' / ')} images to train, validate and test, ` +
      `in ${formatDuration((performance.now() - start) / 1000)}\n`,
  );
  return splits;
}

/** Trains, prunes, times, and leaves two models, the result and the report in `settings.out`. */
export async function runDemo(settings: DemoSettings, output: Output): Promise<DemoResult> {
  const start = performance.now();
  const data = await load(settings, output);
  const [model, unpruned] = [await build(settings.seed), await build(settings.seed)];
  try {
    const job: Job = { settings, output, data, model };
    output.note(`2/4  Training 784-300-100-10 for ${settings.epochs} epochs`);
    const history = await trainDense(job);
    const dense = await finish(job, demoFiles.dense);
    unpruned.setWeights(model.getWeights());
    output.note(`3/4  Pruning to ${formatPercent(settings.sparsity, 1)} in ${settings.rounds} rounds`);
    const report = await pruneInRounds(job);
    const sparse = { ...(await finish(job, demoFiles.sparse)), sparsity: report.reached };
    output.note(`4/4  Timing both at batch ${settings.batches.join(', ')}`);
    const bench = await race(job, unpruned);
    const result: DemoResult = {
      seconds: (performance.now() - start) / 1000,
      seed: settings.seed,
      date: new Date().toISOString(),
      command: settings.command,
      machine: machine(),
      dense,
      sparse,
      bench,
      ...training(history, report),
      ...(await describe(model)),
    };
    await writeText(join(settings.out, demoFiles.result), `${JSON.stringify(result, null, 2)}\n`);
    await writeText(join(settings.out, demoFiles.report), demoReport(result));
    return result;
  } finally {
    model.dispose();
    unpruned.dispose();
  }
}
