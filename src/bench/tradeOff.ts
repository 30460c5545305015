/** One point of a trade-off: what a model gets right, and what it costs. */
import { OptionError } from '../errors.js';
import type { Sequential } from '../model/index.js';
import { expectBoolean, expectInteger, expectOneOf, expectOptions, show } from '../options.js';
import type { LabelledData } from '../train/data.js';
import { compare } from './compare.js';

/** Median microseconds of a call with that many samples. */
export interface BatchTime {
  readonly batch: number;
  readonly micros: number;
}

/** What a model gets right, and what it costs: a point of the curves of a report. */
export interface TradeOff {
  /** Name of the point, such as `95 %`. Points of one method with the same label are repetitions, each with its seed. */
  readonly label: string;
  /** Points of one method make a curve. */
  readonly method?: string;
  readonly seed?: number;
  /** Shares, 0 to 1; an accuracy of NaN where targets are numbers. */
  readonly sparsity: number;
  readonly accuracy: number;
  /** What stands in a report where there is no accuracy. */
  readonly loss?: number;
  /** Weights and biases that are left. */
  readonly parameters: number;
  /** Of the model file. */
  readonly bytes: number;
  /** For one sample. */
  readonly multiplyAdds: number;
  readonly micros?: readonly BatchTime[];
}

/** Options of tradeOff(). */
export interface TradeOffOptions {
  /** Where accuracy and loss are measured; its first samples are what is timed. */
  readonly data: LabelledData;
  readonly label?: string;
  readonly method?: string;
  readonly seed?: number;
  /** True to time sessions as well, which takes seconds; false by default. */
  readonly measure?: boolean;
  /** Samples of the calls that are timed: 1 and 32 by default. */
  readonly batches?: readonly number[];
  /** `'dense'` counts and times the model as if nothing were pruned; `'auto'` by default. */
  readonly kernels?: 'auto' | 'dense';
  readonly signal?: AbortSignal;
}

const names = ['data', 'label', 'method', 'seed', 'measure', 'batches', 'kernels', 'signal'];

/** Times the model with both choices of kernels, alternating, and returns those asked for. */
async function timesOf(
  model: Sequential,
  { data, batches = [1, 32], kernels, signal }: TradeOffOptions,
): Promise<BatchTime[]> {
  const { images } = data;
  const rows = await compare({ dense: model, sparse: model, images, batches, ...(signal && { signal }) });
  return rows.map(({ batch, denseMicros, sparseMicros }) => ({
    batch,
    micros: kernels === 'dense' ? denseMicros : sparseMicros,
  }));
}

/**
 * Accuracy and loss on `data`, parameters, bytes of the model file, multiply-adds of one sample and, with `measure`, the median
 * microseconds of `session.run` on this machine. Multiply-adds are those of live weights.
 *
 * @throws OptionError, ShapeError or DataError for what does not fit; AbortedError when the signal says so.
 *
 * @example
 * ```ts
 * import { loadModel, report, tradeOff } from 'espalier';
 * import { syntheticDigits } from 'espalier/datasets';
 *
 * const model = await loadModel('model.safetensors');
 * const data = syntheticDigits({ samples: 500, shape: [784] });
 * const dense = await tradeOff(model, { data, label: 'dense', kernels: 'dense', measure: true });
 * const pruned = await tradeOff(model, { data, label: 'pruned', measure: true });
 * await report('costs.html', { tradeOffs: [dense, pruned] });
 * ```
 */
export async function tradeOff(model: Sequential, options: TradeOffOptions): Promise<TradeOff> {
  expectOptions('tradeOff', options, names);
  const { data, label, method, seed } = options;
  if (typeof data !== 'object' || data === null) {
    throw new OptionError(`tradeOff: data must be { images, labels }, got ${show(data)}`);
  }
  const dense = expectOneOf('tradeOff', 'kernels', options.kernels ?? 'auto', ['auto', 'dense']) === 'dense';
  const measure = expectBoolean('tradeOff', 'measure', options.measure ?? false);
  for (const batch of options.batches ?? []) expectInteger('tradeOff', 'each of batches', batch);
  const { accuracy, loss } = await model.evaluate(data.images, data.labels);
  const summary = model.summary();
  const weights = model.parameters.filter(({ prunable }) => prunable);
  const multiplyAdds = weights.reduce((sum, { length, live }) => sum + (dense ? length : live), 0);
  const sparsity = dense ? 0 : summary.sparsity;
  const micros = measure ? await timesOf(model, options) : undefined;
  return {
    label: label ?? `${Number((sparsity * 100).toFixed(2))} %`,
    ...(method !== undefined && { method }),
    ...(seed !== undefined && { seed }),
    ...{ sparsity, accuracy, loss, multiplyAdds },
    parameters: dense ? summary.parameters : summary.live,
    bytes: dense ? 4 * summary.parameters : model.encode().length,
    ...(micros && { micros }),
  };
}
