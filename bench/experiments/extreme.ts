/**
 * How few parameters LeNet-300-100 needs for 1.99 % error on MNIST: the mark is the released network of Dynamic Network
 * Surgery (Guo et al. 2016, arXiv:1608.04493), 4,952 weights and 36 biases. Networks begin with 92 % zeros and are pruned on by
 * granet(), which regrows. Recipes were chosen on validation with seeds 101 and 102.
 */
import {
  adamw,
  cosine,
  dense,
  granet,
  type Optimizer,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { finishExtreme } from './extremeReport.js';
import { LENET_WEIGHTS, mnist, outcomeOf } from './lenet.js';
import { liveParameters } from './liveParameters.js';
import { chosen, type Job, linesOf, type Settings } from './runner.js';
import { stepsOf } from './runs.js';

/** Share of zeros at the begin: training is sparse from the first step. */
const START = 0.92;
const BATCH = 64;
const pruning = { every: 200, until: 0.7, regrowUntil: 0.9, fraction: 0.3 } as const;

/** A limit on weights and biases, and the weights to keep: biases of live units are known in the end only. */
interface Budget {
  readonly parameters: number;
  readonly weights: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly epochs: number;
}

const budgets: readonly Budget[] = [
  { parameters: 4988, weights: 4640, learningRate: 0.005, weightDecay: 0.05, epochs: 80 },
  { parameters: 3500, weights: 3220, learningRate: 0.005, weightDecay: 0.05, epochs: 200 },
  { parameters: 3000, weights: 2740, learningRate: 0.005, weightDecay: 0.05, epochs: 200 },
];

/** AdamW, its learning rate falling along half a cosine to zero. */
async function optimizerOf({ learningRate: start, weightDecay, epochs }: Budget): Promise<Optimizer> {
  const steps = stepsOf((await mnist()).train, epochs);
  return adamw({ learningRate: cosine({ start, end: 0, steps }), weightDecay });
}

/** Counts of what is live, by name. */
function figuresOf(model: Sequential): Readonly<Record<string, number>> {
  const { weights, units, biases, total } = liveParameters(model);
  return {
    parameters: total,
    biases,
    pixels: units[0]!,
    units1: units[1]!,
    units2: units[2]!,
    weights1: weights[0]!,
    weights2: weights[1]!,
    weights3: weights[2]!,
  };
}

function jobOf(budget: Budget, seed: number): Job {
  const sparsity = 1 - budget.weights / LENET_WEIGHTS;
  return {
    experiment: 'extreme',
    method: `${budget.parameters} parameters`,
    seed,
    point: sparsity,
    recipe: { ...budget, ...pruning, start: START, batch: BATCH },
    async run() {
      const { train } = await mnist();
      const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
      const model = await sequential({ inputShape: [784], seed, sparsity: START }, layers);
      await model.fit(train.images, train.labels, {
        optimizer: await optimizerOf(budget),
        epochs: budget.epochs,
        batchSize: BATCH,
        pruning: granet({ sparsity, ...pruning }),
      });
      return outcomeOf(model, figuresOf(model));
    },
  };
}

/** All budgets, or those whose names hold one of `only`: a table of all runs, and means. */
export async function extreme(
  seeds: readonly number[],
  only: readonly string[],
  settings: Settings,
): Promise<unknown> {
  const jobs = budgets.flatMap((budget) => seeds.map((seed) => jobOf(budget, seed)));
  return finishExtreme(await linesOf('extreme', chosen(jobs, only), settings));
}
