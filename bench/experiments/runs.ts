/** What the training experiments share: data, timing of a run, means over seeds. */
import type { Dataset, loadMnist } from '../../datasets/index.js';
import type { Callback, History, Sequential } from '../../src/index.js';

export const BATCH = 64;

/** Steps of so many epochs over a set. */
export function stepsOf({ labels }: Dataset, epochs: number): number {
  return epochs * Math.ceil(labels.length / BATCH);
}

/** A run after an epoch. */
export type CurvePoint = readonly [seconds: number, valAccuracy: number, sparsity: number];

/** One training: final accuracies, and when the validation accuracy first was what. */
export interface RunFigures {
  readonly name: string;
  readonly seed: number;
  readonly sparsity: number;
  /** On the official test set, at the end. */
  readonly testAccuracy: number;
  readonly valAccuracy: number;
  readonly seconds: number;
  /** Seconds of training, validation accuracy and share of zeros after every epoch. */
  readonly curve: readonly CurvePoint[];
}

/** Collects seconds and accuracy over all fits of a run. */
export class Stopwatch {
  readonly curve: CurvePoint[] = [];
  #begun = performance.now();

  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  /** Give it to every fit of the run. */
  readonly callback: Callback = {
    onEpochEnd: ({ valAccuracy = Number.NaN, sparsity }) => {
      this.curve.push([this.seconds, valAccuracy, sparsity]);
    },
  };
}

/** Tests a trained model, and frees it. */
export async function finish(
  name: string,
  seed: number,
  model: Sequential,
  watch: Stopwatch,
  data: Awaited<ReturnType<typeof loadMnist>>,
): Promise<RunFigures> {
  const { seconds } = watch;
  const { accuracy } = await model.evaluate(data.test.images, data.test.labels);
  const { sparsity } = model.summary();
  model.dispose();
  const valAccuracy = watch.curve.at(-1)![1];
  console.error(
    `${name}, seed ${seed}: ${(accuracy * 100).toFixed(2)} % test, ${(valAccuracy * 100).toFixed(2)} % validation, ${seconds.toFixed(1)} s`,
  );
  return { name, seed, sparsity, testAccuracy: accuracy, valAccuracy, seconds, curve: watch.curve };
}

/** Mean, and standard deviation of the sample. */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : Number.NaN };
}

/** Last value of a list that a history holds. */
export function last(history: History, name: 'samplesPerSecond' | 'valAccuracy' | 'trainingBytes'): number {
  return history[name].at(-1)!;
}
