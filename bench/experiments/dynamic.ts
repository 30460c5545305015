/**
 * Dynamic sparse training of LeNet-300-100 on MNIST, sparse from the first step, beside dense training and iterative
 * pruning: final test accuracy, and time to an accuracy on validation. The recipes were chosen on validation, seeds 1 to 3.
 */
import { loadMnist } from '../../datasets/index.js';
import {
  adamw,
  cosine,
  dense,
  iterative,
  prune,
  relu,
  rigl,
  sequential,
  set,
  type TrainingPruning,
} from '../../src/index.js';
import { formatPercent, table } from '../../src/report/index.js';
import { machine } from '../machine.js';
import { BATCH, finish, meanAndDeviation, type RunFigures, Stopwatch, stepsOf } from './runs.js';

type Data = Awaited<ReturnType<typeof loadMnist>>;

const layers = () => [dense(300), relu(), dense(100), relu(), dense(10)];
const DENSE_EPOCHS = 20;
/** Sparse steps cost a fraction of dense ones, and sparse networks learn longer before they overfit. */
const SPARSE_EPOCHS = 60;
const ROUNDS = 5;

interface Recipe {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly epochs: number;
  readonly sparsity?: number;
  readonly pruning?: TrainingPruning;
}

async function train(name: string, seed: number, data: Data, recipe: Recipe): Promise<RunFigures> {
  const { learningRate: start, weightDecay, epochs, sparsity, pruning } = recipe;
  const steps = stepsOf(data.train, epochs);
  const watch = new Stopwatch();
  const model = await sequential({ inputShape: [784], seed, ...(sparsity && { sparsity }) }, layers());
  await model.fit(data.train.images, data.train.labels, {
    optimizer: adamw({ learningRate: cosine({ start, end: 0, steps }), weightDecay }),
    epochs,
    batchSize: BATCH,
    validation: data.validation,
    callbacks: [watch.callback],
    ...(pruning && { pruning }),
  });
  return finish(name, seed, model, watch, data);
}

/** A third of the epochs dense, the rest in rounds of pruning and retraining; weights move to sparse storage by themselves. */
async function pruneIteratively(
  name: string,
  seed: number,
  data: Data,
  sparsity: number,
): Promise<RunFigures> {
  const watch = new Stopwatch();
  const model = await sequential({ inputShape: [784], seed }, layers());
  const common = { batchSize: BATCH, validation: data.validation, callbacks: [watch.callback] };
  const first = Math.round(DENSE_EPOCHS / 3);
  const optimizer = adamw({ learningRate: 2e-3, weightDecay: 0.1 });
  await model.fit(data.train.images, data.train.labels, { ...common, optimizer, epochs: first });
  const epochs = 3;
  const steps = stepsOf(data.train, epochs);
  const round = cosine({ start: 2e-3, end: 0, steps });
  const retraining = adamw({ learningRate: (step) => round(step % steps), weightDecay: 0.05 }); // anew every round
  await prune(model, {
    sparsity,
    schedule: iterative({ rounds: ROUNDS }),
    fit: { ...common, data: data.train, optimizer: retraining, epochs },
  });
  return finish(name, seed, model, watch, data);
}

const evolve = () => set({ every: 200, until: 0.9, anneal: 'cosine' });
const rig = () => rigl({ until: 0.9 });

/** Name of a method, its sparsity and how it trains; the first is what the others are compared with. */
const allMethods: readonly {
  readonly name: string;
  readonly sparsity: number;
  run(name: string, seed: number, data: Data): Promise<RunFigures>;
}[] = [
  {
    name: 'dense',
    sparsity: 0,
    run: (name, seed, data) =>
      train(name, seed, data, { learningRate: 2e-3, weightDecay: 0.1, epochs: DENSE_EPOCHS }),
  },
  ...[0.95, 0.98].flatMap((sparsity) => {
    const epochs = SPARSE_EPOCHS;
    const percent = formatPercent(sparsity, 0);
    const tight = sparsity > 0.96;
    const sparse = (learningRate: number, weightDecay: number, pruning: () => TrainingPruning) => {
      return (name: string, seed: number, data: Data) =>
        train(name, seed, data, { learningRate, weightDecay, epochs, sparsity, pruning: pruning() });
    };
    return [
      {
        name: `SET ${percent}`,
        sparsity,
        run: tight ? sparse(1e-2, 0.05, evolve) : sparse(5e-3, 0.2, evolve),
      },
      { name: `RigL ${percent}`, sparsity, run: tight ? sparse(5e-3, 0.05, rig) : sparse(5e-3, 0.2, rig) },
      {
        name: `iterative pruning ${percent}`,
        sparsity,
        run: (name: string, seed: number, data: Data) => pruneIteratively(name, seed, data, sparsity),
      },
    ];
  }),
];

/** Seconds until validation first shows that accuracy at the final sparsity; null if never. */
function secondsTo({ curve, sparsity }: RunFigures, accuracy: number): number | null {
  const reached = curve.find(([, value, zeros]) => value >= accuracy && zeros > sparsity - 1e-9);
  return reached?.[0] ?? null;
}

/** All methods, or those whose name holds one of `only`, for all seeds: means, differences to dense, and times. */
export async function dynamicExperiment(seeds: readonly number[], only: readonly string[]): Promise<unknown> {
  const chosen = (name: string) => only.length === 0 || only.some((part) => name.includes(part));
  const methods = allMethods.filter(({ name }) => name === 'dense' || chosen(name));
  const data = await loadMnist();
  const runs: RunFigures[] = [];
  for (const seed of seeds) {
    for (const { name, run } of methods) runs.push(await run(name, seed, data));
  }
  const of = (name: string) => runs.filter((run) => run.name === name);
  const accuracyOf = (name: string) => meanAndDeviation(of(name).map((run) => run.testAccuracy));
  const reference = accuracyOf('dense').mean;
  const goal = meanAndDeviation(of('dense').map((run) => run.valAccuracy)).mean;
  const rows = methods.map(({ name, sparsity }) => {
    const { mean, deviation } = accuracyOf(name);
    const allowed = sparsity > 0.96 ? 0.006 : 0.003;
    const times = of(name).map((run) => secondsTo(run, goal - allowed));
    const reached = times.filter((time) => time !== null);
    return {
      name,
      mean,
      deviation,
      points: (mean - reference) * 100,
      seconds: meanAndDeviation(of(name).map((run) => run.seconds)).mean,
      goal: goal - allowed,
      reached: reached.length,
      secondsToGoal: reached.length > 0 ? meanAndDeviation(reached).mean : null,
      denseSecondsToGoal: meanAndDeviation(of('dense').flatMap((run) => secondsTo(run, goal - allowed) ?? []))
        .mean,
    };
  });
  console.error(
    `\nLeNet-300-100 on MNIST, official test set, final accuracy, ${seeds.length} seeds\n${machine()}\n`,
  );
  console.error(
    table([
      [
        'method',
        'test accuracy',
        'deviation',
        'points',
        'seconds',
        'validation goal',
        'reached',
        'after',
        'dense after',
      ],
      ...rows.map((row) => [
        row.name,
        formatPercent(row.mean),
        `${(row.deviation * 100).toFixed(2)}`,
        row.points.toFixed(2),
        `${row.seconds.toFixed(1)} s`,
        formatPercent(row.goal),
        `${row.reached} of ${seeds.length}`,
        row.secondsToGoal === null ? '-' : `${row.secondsToGoal.toFixed(1)} s`,
        `${row.denseSecondsToGoal.toFixed(1)} s`,
      ]),
    ]),
  );
  console.error(
    `\nDense: ${DENSE_EPOCHS} epochs; SET and RigL: ${SPARSE_EPOCHS}, sparse from the first step. The goal is the mean final\n` +
      'validation accuracy of dense training, less 0.3 points (0.6 at 98 %); "after" is when a run\nfirst shows it at its final sparsity.',
  );
  return { machine: machine(), rows, runs };
}
