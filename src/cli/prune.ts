/** `espalier prune MODEL`: removes weights in rounds, retraining after each. */
import { basename } from 'node:path';
import { writeAtomically } from '../io/files.js';
import { loadModel, prune as pruneModel, type Sequential, sequential } from '../model/index.js';
import { iterative } from '../prune/presets/rounds.js';
import type { PruneReport } from '../prune/report.js';
import { renderReport } from '../report/report.js';
import { formatBytes } from '../report/table.js';
import { adam } from '../train/optimizers/adam.js';
import type { Command } from './command.js';
import { expectFit, loadData } from './data.js';
import { prepareFile, shellWord, writeText } from './files.js';
import type { Output } from './io.js';
import { phaseProgress } from './phases.js';
import { commandOptions, expectKeepable, type Settings, settingsOf } from './pruneSettings.js';
import { pruneText, sizesOf } from './pruneText.js';
import { decayPerRound, roundProgress, stepsOf } from './recipes.js';

const LEARNING_RATE = 1e-3;

/** The model of a file; with a seed of its own when one was given. */
async function open(path: string, seed: number | undefined): Promise<Sequential> {
  const model = await loadModel(path);
  if (seed === undefined) return model;
  const { graph } = model;
  const reseeded = await sequential(
    { inputShape: graph.inputShape, seed },
    graph.nodes.map((node) => node.spec),
  );
  reseeded.adopt(model.toNetwork());
  model.dispose();
  return reseeded;
}

type Data = Awaited<ReturnType<typeof loadData>>;

function runRounds(model: Sequential, data: Data, settings: Settings, output: Output): Promise<PruneReport> {
  const { sparsity, criterion, structure, allocation, survivors, rounds, epochs, batchSize } = settings;
  const axes = {
    criterion,
    structure,
    schedule: iterative({ rounds }),
    data: firstOf(data.train, settings.samples),
    onProgress: phaseProgress(output.io.stderr),
    signal: output.io.signal,
    ...(sparsity !== undefined && { sparsity }),
    ...(allocation && { allocation }),
    ...(survivors && { survivors }),
    ...(survivors === 'rewind' && { rewindTo: model }),
  };
  if (epochs === 0) return pruneModel(model, axes);
  const { checkpoint } = settings;
  const steps = stepsOf(data.train.labels.length, batchSize, epochs);
  return pruneModel(model, {
    ...axes,
    ...(checkpoint !== undefined && { checkpoint }),
    fit: {
      data: data.train,
      validation: data.validation,
      optimizer: adam({ learningRate: decayPerRound(LEARNING_RATE, steps) }),
      epochs,
      batchSize,
      callbacks: [roundProgress(rounds, output.io.stderr)],
      signal: output.io.signal,
    },
  });
}

/** The first samples of a set. */
function firstOf({ images, labels }: Data['train'], samples: number): Data['train'] {
  const size = images.length / labels.length;
  return { images: images.subarray(0, samples * size), labels: labels.subarray(0, samples) } as Data['train'];
}

async function accuracies(model: Sequential, { validation, test }: Data) {
  const measure = async (part: Data['test']) => (await model.evaluate(part.images, part.labels)).accuracy;
  return { validation: await measure(validation), test: await measure(test) };
}

export const prune: Command = {
  name: 'prune',
  summary: 'Removes the smallest weights of a model in rounds, retraining after each, and saves the rest.',
  takesModel: true,
  options: commandOptions,
  examples: [
    'model.safetensors --sparsity 0.9 --out pruned.safetensors',
    'model.safetensors --rounds 1 --epochs 0',
    'model.safetensors --rounds 10 --survivors rewind --checkpoint run.safetensors',
    'model.safetensors --structure neuron --sparsity 0.5',
    'lenet5.safetensors --structure filter --criterion fpgm --sparsity 0.5',
    'model.safetensors --criterion obs --sparsity 0.8 --rounds 1 --epochs 0',
  ],
  notes: ['Retrains with adam, from 0.001 to a hundredth of it along a cosine in every round.'],
  async run(args, output) {
    const settings = settingsOf(args);
    const { out } = settings;
    expectKeepable(args.where, settings);
    await prepareFile(args.where, '--out', out);
    if (settings.checkpoint !== undefined) await prepareFile(args.where, '--checkpoint', settings.checkpoint);
    if (args.has('report')) await prepareFile(args.where, '--report', args.text('report'));
    const model = await open(args.model, settings.seed);
    const data = await loadData(settings.data);
    expectFit(args.where, model, settings.data, data);
    const before = await accuracies(model, data);
    const sizes = sizesOf(model);
    const report = await runRounds(model, data, settings, output);
    const after = await accuracies(model, data);
    const bytes = model.encode();
    await writeAtomically(out, bytes);
    if (args.has('report'))
      await writeText(
        args.text('report'),
        renderReport({ pruning: report, models: { [basename(out)]: model } }),
      );
    output.print(
      pruneText({ report, settings, sizes: [sizes, sizesOf(model)], accuracies: [before, after] }),
    );
    model.dispose();
    output.print(
      `saved ${out}, ${formatBytes(bytes.length)}; next: ${output.io.program} bench ${shellWord(out)}`,
    );
    const { asked, reached, layers } = report;
    return { model: args.model, out, bytes: bytes.length, asked, reached, layers, before, after };
  },
};
