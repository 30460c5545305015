/** Settings of `espalier prune`: the options of its command line, and what is read from them. */
import { OptionError } from '../errors.js';
import { type AllocationName, allocations } from '../prune/allocations/index.js';
import { type CriterionName, criteria } from '../prune/criteria/index.js';
import type { Arguments } from './arguments.js';
import type { Command } from './command.js';
import { dataNames, dataOption } from './data.js';
import { parseStructure } from './structures.js';

const SPARSITY = 0.95;
const survivorNames = ['trained', 'rewind', 'reinit', 'reconstruct'] as const;

/** As the help lists them. */
export const commandOptions: Command['options'] = {
  out: { type: 'string', value: 'FILE', help: 'where the result goes', default: 'pruned.safetensors' },
  sparsity: {
    type: 'string',
    value: 'SHARE',
    help: `share of weights (blocks, neurons, filters) to remove, 0 to 1; ${SPARSITY} by default`,
  },
  criterion: {
    type: 'string',
    value: 'NAME',
    help: `what ranks them: ${Object.keys(criteria).join(', ')}`,
    default: 'magnitude',
  },
  structure: {
    type: 'string',
    value: 'NAME',
    help: 'what goes together: weight, blocks such as 4x1, N:M such as 2:4, neuron, filter, channel, layer',
    default: 'weight',
  },
  allocation: {
    type: 'string',
    value: 'NAME',
    help: `how much from which layer: ${Object.keys(allocations).join(', ')}; global for most criteria`,
  },
  samples: {
    type: 'string',
    value: 'N',
    help: 'training samples that criteria look at, where they do',
    default: '1024',
  },
  rounds: { type: 'string', value: 'N', help: 'rounds of pruning and retraining', default: '5' },
  epochs: { type: 'string', value: 'N', help: 'epochs after each round, 0 for none', default: '2' },
  'batch-size': { type: 'string', value: 'N', help: 'samples per update', default: '64' },
  survivors: {
    type: 'string',
    value: 'NAME',
    help: 'trained: keep values; rewind: back to those in MODEL; reinit: draw new ones; reconstruct: refit layers',
  },
  checkpoint: {
    type: 'string',
    value: 'FILE',
    help: 'keeps the state at every epoch; the same command goes on from it, bit for bit; none by default',
  },
  report: {
    type: 'string',
    value: 'FILE',
    help: 'where an HTML page on rounds, masks and scores goes; none by default',
  },
  data: dataOption,
  seed: { type: 'string', value: 'N', help: 'order of the samples; by default that of the model' },
};

/** Reads and checks them all. Throws OptionError. */
export function settingsOf(args: Arguments) {
  const structure = parseStructure(args.where, args.text('structure'));
  const fixed = structure.prunes === 'weights' && structure.share !== undefined;
  if (fixed && args.has('sparsity')) {
    throw new OptionError(
      `${args.where}: --sparsity must be left out with --structure ${args.text('structure')}`,
    );
  }
  return {
    structure,
    sparsity: fixed ? undefined : args.has('sparsity') ? args.number('sparsity', 0, 1) : SPARSITY,
    criterion: args.oneOf('criterion', Object.keys(criteria) as CriterionName[]),
    samples: args.integer('samples'),
    allocation: args.has('allocation')
      ? args.oneOf('allocation', Object.keys(allocations) as AllocationName[])
      : undefined,
    rounds: args.integer('rounds'),
    epochs: args.integer('epochs', 0),
    batchSize: args.integer('batch-size'),
    survivors: args.has('survivors') ? args.oneOf('survivors', survivorNames) : undefined,
    data: args.oneOf('data', dataNames),
    out: args.text('out'),
    checkpoint: args.has('checkpoint') ? args.text('checkpoint') : undefined,
    seed: args.has('seed') ? args.integer('seed', 0) : undefined,
  } as const;
}

/** What a run was asked for. */
export type Settings = ReturnType<typeof settingsOf>;

/** Throws OptionError where there is nothing to keep. */
export function expectKeepable(where: string, { checkpoint, epochs }: Settings): void {
  if (checkpoint === undefined || epochs > 0) return;
  throw new OptionError(`${where}: --checkpoint must come with --epochs above 0, got 0`);
}
