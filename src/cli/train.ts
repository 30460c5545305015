/** `espalier train`: a network by name, or of dense layers, from scratch. */
import { sampleSize } from '../../datasets/index.js';
import { OptionError } from '../errors.js';
import { writeAtomically } from '../io/files.js';
import { dense } from '../layers/dense.js';
import type { LayerSpec } from '../layers/layer.js';
import { relu } from '../layers/relu.js';
import { type Architecture, type ArchitectureName, architectures, sequential } from '../model/index.js';
import { rigl, set } from '../prune/presets/dynamic.js';
import { formatBytes, formatPercent } from '../report/table.js';
import type { Schedule } from '../schedules/index.js';
import { progressBar } from '../train/callbacks/index.js';
import { adam, adamw, sgd } from '../train/optimizers/index.js';
import type { Arguments } from './arguments.js';
import type { Command } from './command.js';
import { CLASSES, dataNames, dataOption, loadData } from './data.js';
import { prepareFile, shellWord } from './files.js';
import { decay, stepsOf } from './recipes.js';

/** By name: the recipe, and a learning rate that suits it. */
const optimizers = {
  adam: { make: (learningRate: Schedule) => adam({ learningRate }), rate: 1e-3 },
  adamw: { make: (learningRate: Schedule) => adamw({ learningRate }), rate: 1e-3 },
  sgd: { make: (learningRate: Schedule) => sgd({ learningRate, momentum: 0.9 }), rate: 0.05 },
} as const;

/** How connections of a network that begins sparse move while it trains. */
const methods = {
  rigl: () => rigl({ until: 0.9 }),
  set: () => set({ every: 200, until: 0.9, anneal: 'cosine' }),
  none: () => undefined,
} as const;

/** Share of absent connections, and how they move. Throws OptionError for a method that would have none to move. */
function sparseStart(args: Arguments) {
  const sparsity = args.has('sparsity') ? args.number('sparsity', 0, 1) : 0;
  const name = args.has('pruning') ? args.oneOf('pruning', ['rigl', 'set', 'none']) : undefined;
  if (sparsity === 0 && name !== undefined && name !== 'none') {
    const got = args.has('sparsity') ? '--sparsity 0' : 'none';
    throw new OptionError(`${args.where}: --pruning ${name} must come with --sparsity above 0, got ${got}`);
  }
  return { sparsity, method: methods[name ?? 'rigl']() };
}

/** dense and relu for every size, then one output per class. */
function layersOf(sizes: readonly number[]): LayerSpec[] {
  return [...sizes.flatMap((units) => [dense(units), relu()]), dense(CLASSES)];
}

/** The network asked for; without an inputShape it takes samples as lists. Throws OptionError when asked for in two ways. */
function networkOf(args: Arguments): Pick<Architecture, 'layers'> & Partial<Architecture> {
  if (!args.has('model'))
    return { layers: layersOf(args.has('layers') ? args.integers('layers') : [300, 100]) };
  if (args.has('layers')) {
    throw new OptionError(`${args.where}: --model names a whole network, got --layers too`);
  }
  return architectures[args.oneOf('model', Object.keys(architectures) as ArchitectureName[])]();
}

export const train: Command = {
  name: 'train',
  summary: 'Trains a network, by name or of dense layers with ReLU, and saves it.',
  takesModel: false,
  options: {
    out: { type: 'string', value: 'FILE', help: 'where the model goes', default: 'model.safetensors' },
    data: dataOption,
    model: {
      type: 'string',
      value: 'NAME',
      help: 'a ready network: lenet300, lenet5, residual (batch norm, sums), depthwise (separable convolutions)',
    },
    layers: { type: 'string', value: 'N,N', help: 'or: units of hidden dense layers (300,100)' },
    epochs: { type: 'string', value: 'N', help: 'passes over the training data', default: '5' },
    'batch-size': { type: 'string', value: 'N', help: 'samples per update', default: '64' },
    optimizer: {
      type: 'string',
      value: 'NAME',
      help: 'adam, adamw, or sgd with momentum 0.9',
      default: 'adam',
    },
    'learning-rate': {
      type: 'string',
      value: 'RATE',
      help: 'at the first step; falls to a hundredth along a cosine (0.001, sgd 0.05)',
    },
    sparsity: {
      type: 'string',
      value: 'SHARE',
      help: 'connections absent from the first step on, 0 to 1 (0); the rest is trained sparse',
    },
    pruning: {
      type: 'string',
      value: 'NAME',
      help: 'with --sparsity: rigl (unless told) or set move connections while training, none leaves them',
    },
    checkpoint: {
      type: 'string',
      value: 'FILE',
      help: 'keeps the state of training at every epoch; the same command goes on from it, bit for bit; none by default',
    },
    seed: { type: 'string', value: 'N', help: 'first weights and order of the samples', default: '1' },
  },
  examples: [
    '--epochs 5 --out model.safetensors',
    '--model lenet5 --epochs 10 --out lenet5.safetensors',
    '--data digits --layers 128 --optimizer sgd',
    '--epochs 50 --checkpoint run.safetensors',
    '--layers 2000,2000 --sparsity 0.99 --pruning rigl --epochs 20 --optimizer adamw',
  ],
  async run(args, output) {
    const dataName = args.oneOf('data', dataNames);
    const [epochs, batchSize, seed] = [
      args.integer('epochs'),
      args.integer('batch-size'),
      args.integer('seed', 0),
    ];
    const network = networkOf(args);
    const { make, rate } = optimizers[args.oneOf('optimizer', ['adam', 'adamw', 'sgd'])];
    const learningRate = args.has('learning-rate') ? args.number('learning-rate', 0) : rate;
    const { sparsity, method } = sparseStart(args);
    const out = args.text('out');
    await prepareFile(args.where, '--out', out);
    const checkpoint = args.has('checkpoint') ? args.text('checkpoint') : undefined;
    if (checkpoint !== undefined) await prepareFile(args.where, '--checkpoint', checkpoint);
    const data = await loadData(dataName);
    const inputShape = network.inputShape ?? [sampleSize(data.train)];
    const model = await sequential({ inputShape, seed, ...(sparsity > 0 && { sparsity }) }, network.layers);
    const start = performance.now();
    await model.fit(data.train.images, data.train.labels, {
      optimizer: make(decay(learningRate, stepsOf(data.train.labels.length, batchSize, epochs))),
      epochs,
      batchSize,
      validation: data.validation,
      callbacks: [progressBar({ label: 'train', stream: output.io.stderr })],
      signal: output.io.signal,
      ...(checkpoint !== undefined && { checkpoint }),
      ...(sparsity > 0 && method && { pruning: method }),
    });
    const seconds = (performance.now() - start) / 1000;
    const bytes = model.encode();
    await writeAtomically(out, bytes);
    const validation = await model.evaluate(data.validation.images, data.validation.labels);
    const test = await model.evaluate(data.test.images, data.test.labels);
    output.print(
      `accuracy: ${formatPercent(validation.accuracy)} on validation, ${formatPercent(test.accuracy)} on test\n` +
        `saved ${out}, ${formatBytes(bytes.length)}; next: ${output.io.program} prune ${shellWord(out)}`,
    );
    const { parameters, live, sparsity: reached } = model.summary();
    model.dispose();
    const figures = { parameters, live, sparsity: reached, bytes: bytes.length, validation, test };
    return { out, data: dataName, seed, epochs, seconds, ...figures };
  },
};
