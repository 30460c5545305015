/** What sensitivity() finds, and how it reads. */
import type { Metrics } from '../train/evaluate.js';
import { percent, textTable } from './textTable.js';

/** What is left of the network with one layer at one sparsity. */
export interface SensitivityPoint extends Metrics {
  readonly sparsity: number;
}

/** One layer. */
export interface LayerSensitivity {
  readonly name: string;
  readonly weights: number;
  /** Share of zeros it has already; points below that are left out. */
  readonly sparsity: number;
  /** With rising sparsity. */
  readonly points: readonly SensitivityPoint[];
}

/** What sensitivity() returns; `toString()` is a table. */
export interface Sensitivity {
  /** The model as it is. */
  readonly base: Metrics;
  readonly layers: readonly LayerSensitivity[];
  readonly samples: number;
  toString(): string;
}

/** A row a layer, a column a sparsity. */
export function sensitivityTable({ base, layers }: Sensitivity): string {
  const sparsities = layers.flatMap(({ points }) => points.map(({ sparsity }) => sparsity));
  const columns = [...new Set(sparsities)].sort((a, b) => a - b);
  const isLabelled = !Number.isNaN(base.accuracy);
  const cell = (metrics: Metrics) => (isLabelled ? percent(metrics.accuracy) : metrics.loss.toPrecision(4));
  const rows = layers.map(({ name, points }) => [
    name,
    ...columns.map((sparsity) => {
      const point = points.find((one) => one.sparsity === sparsity);
      return point ? cell(point) : '-';
    }),
  ]);
  const heads = columns.map((sparsity) => `${Number((sparsity * 100).toPrecision(6))} %`);
  const title = `${isLabelled ? 'accuracy' : 'loss'} with one layer pruned and all others as they are: ${cell(base)}`;
  return `${title}\n${textTable([['layer', ...heads], ...rows])}`;
}
