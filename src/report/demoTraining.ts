/** The sections of the demo report about training and pruning rounds. */
import type { DemoResult } from './demoResult.js';
import { percentAxis, points } from './demoText.js';
import { type Line, lineChart, type Phase } from './lineChart.js';
import { figure, htmlTable, type PageSection } from './page.js';
import type { ChartAxis } from './svg.js';
import { formatCount, formatPercent } from './table.js';

interface Epoch {
  readonly number: number;
  readonly training: DemoResult['training'][number];
  readonly index: number;
}

/** All epochs of all runs, numbered from 1. */
function allEpochs(result: DemoResult): Epoch[] {
  const runs = result.training.flatMap((training) =>
    training.history.loss.map((_, index) => ({ training, index })),
  );
  return runs.map((epoch, i) => ({ ...epoch, number: i + 1 }));
}

function trainingPhases(result: DemoResult): Phase[] {
  let from = 0.5;
  const phases = result.training.map(({ name, history }) => {
    const to = from + history.loss.length;
    const sparsity = history.sparsity[history.sparsity.length - 1] ?? 0;
    const phase = { from, to, name, short: sparsity > 0 ? formatPercent(sparsity, 0) : '' };
    from = to;
    return phase;
  });
  return phases.filter((phase) => phase.to > phase.from);
}

function trainingTable(result: DemoResult): string {
  const last = (values: readonly number[]) => values[values.length - 1] ?? Number.NaN;
  const number = (value: number, digits: number) => (Number.isFinite(value) ? value.toFixed(digits) : 'n/a');
  const rows = result.training.map(({ name, history }) => [
    name,
    String(history.loss.length),
    formatPercent(last(history.sparsity), 1),
    number(last(history.loss), 4),
    number(last(history.valLoss), 4),
    formatPercent(last(history.valAccuracy)),
    formatCount(last(history.samplesPerSecond)),
  ]);
  const head = [
    'phase',
    'epochs',
    'sparsity',
    'training loss',
    'validation loss',
    'validation accuracy',
    'samples/s',
  ];
  return htmlTable('Each phase at its last epoch', [head, ...rows]);
}

/** Loss and accuracy over all epochs, with the pruning steps marked. */
export function trainingCurves(result: DemoResult): PageSection {
  const epochs = allEpochs(result);
  const line = (
    name: string,
    tone: Line['tone'],
    key: 'loss' | 'valLoss' | 'accuracy' | 'valAccuracy',
  ): Line => ({
    name,
    tone,
    dashed: tone === 'warm',
    points: epochs.map(({ number, training, index }) => [number, training.history[key][index] ?? Number.NaN]),
  });
  const phases = trainingPhases(result);
  const x: ChartAxis = { label: 'epoch', exact: true, minStep: 1, valueText: String };
  const loss = { title: 'Loss while training and pruning', x, phases, y: { label: 'loss', zero: true } };
  const accuracy = { title: 'Accuracy while training and pruning', x, phases, y: percentAxis('accuracy') };
  const lossLines = [line('validation', 'sparse', 'valLoss'), line('training', 'warm', 'loss')];
  const accuracyLines = [line('validation', 'sparse', 'valAccuracy'), line('training', 'warm', 'accuracy')];
  const note = 'Weights are pruned at each dotted line; the share above a band is the sparsity it trains at.';
  const body = [
    figure((width) => lineChart({ ...loss, lines: lossLines, width }), phases.length > 1 ? note : ''),
    figure((width) => lineChart({ ...accuracy, lines: accuracyLines, width })),
    trainingTable(result),
  ];
  return { heading: 'Training', body: body.join('\n') };
}

function roundsTable(rounds: DemoResult['rounds']): string {
  const rows = rounds.map((round) => [
    String(round.round),
    formatPercent(round.sparsity, 1),
    formatPercent(round.validationAccuracyBefore),
    formatPercent(round.validationAccuracy),
    points(round.validationAccuracyBefore, round.validationAccuracy),
  ]);
  const head = ['round', 'sparsity', 'right after pruning', 'after retraining', 'won back (points)'];
  return htmlTable('Validation accuracy of each pruning round', [head, ...rows]);
}

/** Validation accuracy after the last epoch before anything is pruned: what the rounds can be compared with. */
function denseAccuracy({ training }: DemoResult): number {
  const dense = training.find(({ name }) => name === 'dense');
  return dense?.history.valAccuracy.at(-1) ?? Number.NaN;
}

/** What each pruning round cost, and what retraining won back. */
export function accuracyAgainstSparsity(result: DemoResult): PageSection {
  const { rounds } = result;
  const dense = denseAccuracy(result);
  const sorted = [...rounds].sort((a, b) => a.sparsity - b.sparsity);
  const after: Line = {
    name: 'after retraining',
    tone: 'sparse',
    dots: true,
    values: 'above',
    points: sorted.map((round) => [round.sparsity, round.validationAccuracy]),
  };
  const before: Line = {
    name: 'right after pruning',
    tone: 'warm',
    dashed: true,
    dots: true,
    values: 'below',
    points: sorted.map((round) => [round.sparsity, round.validationAccuracyBefore]),
  };
  const chart = {
    title: 'What pruning costs and retraining wins back',
    x: { ...percentAxis('sparsity (share of weights removed)'), exact: true },
    y: percentAxis('validation accuracy'),
    lines: [after, before],
    references: Number.isFinite(dense) ? [{ name: `dense ${formatPercent(dense)}`, value: dense }] : [],
  };
  const body = [
    figure(
      (width) => lineChart({ ...chart, width }),
      Number.isFinite(dense)
        ? 'The grey dashed line is the validation accuracy of the dense network after its last epoch.'
        : '',
    ),
    roundsTable(rounds),
  ];
  return { heading: 'Accuracy against sparsity', body: body.join('\n') };
}
