/** What `espalier prune` prints: what every layer had to give, and what that cost. */
import type { Sequential } from '../model/index.js';
import type { PruneReport } from '../prune/report.js';
import { formatCount, formatPercent, table } from '../report/table.js';
import { sizeOf } from '../tensor/shape.js';
import type { Settings } from './pruneSettings.js';

/** Units and weights of a layer. */
interface LayerSize {
  readonly name: string;
  readonly units: number;
  readonly weights: number;
}

interface Accuracies {
  readonly validation: number;
  readonly test: number;
}

/** Of what a run was, before and after. */
interface Outcome {
  readonly report: PruneReport;
  readonly settings: Settings;
  readonly sizes: readonly [readonly LayerSize[], readonly LayerSize[]];
  readonly accuracies: readonly [Accuracies, Accuracies];
}

/** All layers with weights. */
export function sizesOf(model: Sequential): LayerSize[] {
  return model.layers.flatMap(({ name, outputShape, weight }) =>
    weight ? [{ name, units: outputShape[0]!, weights: sizeOf(weight.shape) }] : [],
  );
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}

/** Where single weights, or groups of them, are pruned. */
function weightsTable({ report, settings }: Outcome): string {
  const uniform = settings.allocation === 'uniform' && settings.structure.kind === 'weight';
  const row = (name: string, weights: number, live: number, asked: string, reached: number) => [
    name,
    formatCount(weights),
    formatCount(live),
    asked,
    formatPercent(reached),
  ];
  const { asked, reached, layers } = report;
  const [weights, live] = [sum(layers, (layer) => layer.weights), sum(layers, (layer) => layer.live)];
  const each = uniform ? formatPercent(asked) : 'any';
  return table(
    [
      ['layer', 'weights', 'live', 'asked', 'reached'],
      ...layers.map((layer) => row(layer.name, layer.weights, layer.live, each, layer.sparsity)),
      row('total', weights, live, formatPercent(asked), reached),
    ],
    { align: ['left', 'right', 'right', 'right', 'right'] },
  );
}

/** Where units or whole layers leave: tensors are smaller afterwards. */
function sizesTable({ report, settings, sizes: [before, after] }: Outcome): string {
  const row = (name: string, old: readonly LayerSize[], now: readonly LayerSize[]) => [
    name,
    ...[old, now].map((layers) => formatCount(sum(layers, ({ units }) => units))),
    ...[old, now].map((layers) => formatCount(sum(layers, ({ weights }) => weights))),
  ];
  // Layers are counted anew when some leave, so that their names tell nothing of what they were.
  const same = before.length === after.length;
  const rows = before.map((layer, i) => row(layer.name, [layer], [after[i]!]));
  const of = { neuron: 'neurons', filter: 'filters', channel: 'channels', layer: 'layers' };
  const noun = of[settings.structure.kind as keyof typeof of];
  const head = ['layer', 'units', 'after', 'weights', 'after'];
  const asked = `${noun} removed: asked ${formatPercent(report.asked)}, reached ${formatPercent(report.reached)}`;
  return `${table([head, ...(same ? rows : []), row('total', before, after)])}\n${asked}`;
}

/** Tables of what is left and of the accuracy. */
export function pruneText(outcome: Outcome): string {
  const { settings, accuracies } = outcome;
  const [before, after] = accuracies;
  const change = (part: keyof Accuracies) => [part, formatPercent(before[part]), formatPercent(after[part])];
  const single = settings.structure.prunes === 'weights';
  return [
    single ? weightsTable(outcome) : sizesTable(outcome),
    '',
    table([['accuracy', 'before', 'after'], change('validation'), change('test')]),
  ].join('\n');
}
