/** `espalier demo`: the whole story on MNIST, with a report. */
import { join } from 'node:path';
import { points, smaller, speed } from '../report/demoText.js';
import { type DemoResult, demoHeadline } from '../report/index.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicros,
  formatPercent,
  table,
} from '../report/table.js';
import type { Arguments } from './arguments.js';
import type { Command } from './command.js';
import { columns } from './command.js';
import { dataNames, dataOption } from './data.js';
import { type DemoSettings, demoFiles, runDemo } from './demoRun.js';
import { prepareFolder, shellWord } from './files.js';
import type { Output } from './io.js';

const options = {
  out: { type: 'string', value: 'FOLDER', help: 'where the files go', default: 'runs/demo' },
  data: dataOption,
  epochs: { type: 'string', value: 'N', help: 'epochs of the dense network', default: '8' },
  rounds: { type: 'string', value: 'N', help: 'pruning rounds', default: '5' },
  retrain: { type: 'string', value: 'N', help: 'epochs of retraining after each round', default: '3' },
  sparsity: { type: 'string', value: 'SHARE', help: 'share of weights to remove, 0 to 1', default: '0.95' },
  seed: { type: 'string', value: 'N', help: 'first weights and order of the samples', default: '1' },
} as const;

/** The call without what changes nothing: options at their defaults, and the folder. */
function commandOf(args: Arguments, program: string): string {
  const names = ['data', 'epochs', 'rounds', 'retrain', 'sparsity'] as const;
  const changed = names.filter((name) => args.text(name) !== options[name].default);
  const words = changed.map((name) => ` --${name} ${shellWord(args.text(name))}`);
  return `${program} demo --seed ${args.integer('seed', 0)}${words.join('')}`;
}

function settingsOf(args: Arguments, program: string): DemoSettings {
  return {
    data: args.oneOf('data', dataNames),
    out: args.text('out'),
    seed: args.integer('seed', 0),
    epochs: args.integer('epochs'),
    rounds: args.integer('rounds'),
    retrainEpochs: args.integer('retrain'),
    sparsity: args.number('sparsity', 0, 1),
    batches: [1, 32, 256],
    command: commandOf(args, program),
  };
}

/** Dense against sparse, aligned. */
function comparisonTable({ dense, sparse, bench }: DemoResult): string {
  const row = (
    label: string,
    format: (value: number) => string,
    pick: 'accuracy' | 'parameters' | 'bytes',
  ) => [
    label,
    format(dense[pick]),
    format(sparse[pick]),
    pick === 'accuracy' ? `${points(dense[pick], sparse[pick])} points` : smaller(dense[pick], sparse[pick]),
  ];
  const rows = [
    ['', 'dense', 'sparse', 'change'],
    row('test accuracy', formatPercent, 'accuracy'),
    row('live parameters', formatCount, 'parameters'),
    row('bytes on disk', formatBytes, 'bytes'),
    ...bench.map(({ batch, denseMicros, sparseMicros, speedup }) => [
      `per call at batch ${formatCount(batch)}`,
      formatMicros(denseMicros),
      formatMicros(sparseMicros),
      speed(speedup),
    ]),
  ];
  return table(rows, { align: ['left', 'right', 'right', 'left'] });
}

function printResult(result: DemoResult, settings: DemoSettings, output: Output): void {
  const path = (name: string) => join(settings.out, name);
  const program = output.io.program;
  const sparse = shellWord(path(demoFiles.sparse));
  output.print(`\n${output.heading(demoHeadline(result))}\n`);
  output.print(`${comparisonTable(result)}\n`);
  output.print(`Done in ${formatDuration(result.seconds)}. Files:`);
  output.print(
    columns([
      [path(demoFiles.report), 'open it in a browser: curves, speed-ups, what was pruned'],
      [path(demoFiles.result), 'the same as data'],
      [path(demoFiles.dense), 'the model before pruning'],
      [path(demoFiles.sparse), 'and after'],
    ]),
  );
  output.print('\nNext:');
  output.print(
    columns([
      [`${program} inspect ${sparse}`, 'layers, encodings, kernels'],
      [`${program} bench ${sparse}`, 'time it again'],
      [`${program} --help`, 'train and prune models of your own'],
    ]),
  );
}

export const demo: Command = {
  name: 'demo',
  summary: 'Trains a network on MNIST, prunes 95 % of its weights, and shows what that costs and gains.',
  takesModel: false,
  options,
  examples: ['', '--seed 2 --out runs/second', '--data digits'],
  notes: ['Takes half a minute to a minute. The test set is used for the final figures only.'],
  async run(args, output) {
    const settings = settingsOf(args, output.io.program);
    await prepareFolder(args.where, settings.out);
    const result = await runDemo(settings, output);
    printResult(result, settings, output);
    const { seconds, dense, sparse, bench } = result;
    const { accuracy, sparsity, parameters, bytes } = sparse;
    return { seconds, dense, sparse: { accuracy, sparsity, parameters, bytes }, bench };
  },
};
