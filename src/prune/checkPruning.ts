/** Checks of the options of prune. */
import { OptionError } from '../errors.js';
import { weightLayers } from '../graph/unitClasses.js';
import { expectBoolean, expectInteger, expectNumber, expectOneOf, expectOptions, show } from '../options.js';
import { type CheckpointPlan, checkCheckpoint } from '../train/checkpoint/options.js';
import { prepareFit } from '../train/fitOptions.js';
import {
  type Allocation,
  type AllocationName,
  keepAbove,
  type ScoredTensor,
  type Threshold,
} from './allocations/index.js';
import { resolveAllocation, resolveCriterion, resolveStructure } from './axes.js';
import { type Calibration, checkCalibration, needsData } from './calibration.js';
import { chosenWeights, type PruningAxes } from './mask.js';
import { iterative, oneShot, type RoundSchedule } from './presets/rounds.js';
import type { PruneOptions, RetrainOptions } from './pruneOptions.js';
import type { Resizable } from './resizable.js';
import type { Structure } from './structures/index.js';
import type { Survivors } from './survivors.js';

const names = [
  'sparsity',
  'threshold',
  'criterion',
  'allocation',
  'structure',
  'layers',
  'guard',
  'schedule',
  'survivors',
  'damp',
  'fit',
  'restart',
  'onRound',
  'data',
  'batchSize',
  'loss',
  'onProgress',
  'signal',
  'checkpoint',
];

/** Checked options. */
export interface PruneJob {
  readonly axes: PruningAxes<Structure>;
  /** Share of zeros in the end; null when a threshold decides. */
  readonly sparsity: number | null;
  readonly schedule: RoundSchedule;
  readonly survivors: Survivors;
  readonly damp: number;
  readonly restart: boolean;
  readonly fit: RetrainOptions | undefined;
  readonly calibration: Calibration;
  readonly onRound: PruneOptions['onRound'];
  readonly checkpoint: CheckpointPlan | undefined;
}

function contradiction(what: string, against: string): OptionError {
  return new OptionError(`prune: ${what} must not be given together with ${against}, got both`);
}

/** The rule of a threshold as an allocation, whatever sparsity it is asked for. */
function thresholdAllocation(options: PruneOptions): Allocation {
  const { threshold: given } = options;
  if (options.sparsity !== undefined) throw contradiction('threshold', 'sparsity');
  if (options.allocation !== undefined) throw contradiction('threshold', 'an allocation');
  const rule: Threshold =
    typeof given === 'function'
      ? given
      : (tensors) => tensors.map(() => expectNumber('prune', 'threshold', given));
  if (typeof given !== 'function') expectNumber('prune', 'threshold', given);
  return (tensors) => keepAbove(tensors, rule);
}

/** The choice of a structure that fixes its own share, as an allocation. */
function fixedAllocation(options: PruneOptions, structure: Structure): Allocation | undefined {
  if (structure.prunes !== 'weights' || !structure.choose) return undefined;
  const { choose, kind } = structure;
  if (options.sparsity !== undefined) throw contradiction(`sparsity`, kind);
  if (options.threshold !== undefined) throw contradiction('threshold', kind);
  if (options.allocation !== undefined) throw contradiction('an allocation', kind);
  const allocate = (tensors: readonly ScoredTensor[]) => tensors.map(({ keys }) => choose(keys));
  return Object.assign(allocate, { whole: true, byShape: true });
}

function checkAxes(options: PruneOptions): PruningAxes<Structure> {
  const criterion = resolveCriterion('prune', options.criterion);
  const structure = resolveStructure('prune', options.structure);
  if (criterion.scores === 'units' && structure.prunes === 'weights') {
    throw new OptionError(
      `prune: structure must be 'neuron', 'filter', 'channel' or 'layer' for a criterion of units, got ${show(structure.kind)}`,
    );
  }
  const fixed = fixedAllocation(options, structure);
  const allocation =
    fixed ??
    (options.threshold === undefined
      ? resolveAllocation(
          'prune',
          options.allocation ?? (criterion.defaults?.allocation as AllocationName | undefined),
        )
      : thresholdAllocation(options));
  const guard = expectBoolean('prune', 'guard', options.guard ?? true);
  return { criterion, structure, allocation, guard, layers: options.layers };
}

/** Throws OptionError unless `layers` is left out or a list of layers with weights, each once. */
function checkLayers({ graph }: Resizable, structure: Structure, layers: unknown): void {
  if (layers === undefined) return;
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new OptionError(`prune: layers must be a list such as ['dense1'], got ${show(layers)}`);
  }
  const { prunes } = structure;
  const forks = prunes === 'layers' ? graph.nodes.filter(({ type }) => type.role === 'fork') : [];
  const known = [...weightLayers(graph), ...forks].map(({ name }) => name);
  for (const name of layers) expectOneOf('prune', 'layers', name, known);
  if (new Set(layers).size !== layers.length) {
    throw new OptionError(`prune: layers must name each layer once, got ${show(layers)}`);
  }
}

/** The share of zeros that is asked for, by the user or by an axis that decides it, never by both. */
function askedSparsity(model: Resizable, options: PruneOptions, axes: PruningAxes<Structure>): number | null {
  const { allocation, structure, layers } = axes;
  if (structure.prunes === 'weights' && structure.share !== undefined) return structure.share;
  if (options.threshold !== undefined) return null;
  if (!allocation.target) {
    if (options.sparsity === undefined) {
      throw new OptionError('prune: sparsity or threshold must be given, got neither');
    }
    return expectNumber('prune', 'sparsity', options.sparsity, 0, 1);
  }
  if (options.sparsity !== undefined) {
    throw new OptionError(
      `prune: sparsity must be left out where the allocation decides it, got ${show(options.sparsity)}`,
    );
  }
  if (structure.prunes !== 'weights') {
    throw new OptionError(
      `prune: allocation must take a sparsity for ${structure.kind}s, got one that decides it`,
    );
  }
  return allocation.target(
    chosenWeights(model, layers).map(({ parameter }) => {
      const { rows, cols, of } = structure.groups(parameter);
      return { name: parameter.name, shape: of ? [rows, cols] : parameter.shape, length: rows * cols };
    }),
  );
}

function checkSchedule(options: PruneOptions, { criterion }: PruningAxes<Structure>): RoundSchedule {
  const rounds = criterion.defaults?.rounds;
  const schedule = options.schedule ?? (rounds ? iterative({ rounds }) : oneShot());
  if (typeof schedule?.sparsityAt !== 'function') {
    throw new OptionError(`prune: schedule must be made by oneShot() or iterative(), got ${show(schedule)}`);
  }
  expectInteger('prune: schedule', 'rounds', schedule.rounds);
  return schedule;
}

function checkSurvivors(options: PruneOptions, { criterion, structure }: PruningAxes<Structure>): Survivors {
  const choices = ['trained', 'rewind', 'reinit', 'reconstruct'] as const;
  const weights = structure.prunes === 'weights';
  const preferred = weights ? criterion.defaults?.survivors : undefined;
  const survivors = expectOneOf('prune', 'survivors', options.survivors ?? preferred ?? 'trained', choices);
  if (survivors === 'reconstruct' && !weights) throw contradiction("survivors 'reconstruct'", structure.kind);
  return survivors;
}

function expectRetraining(model: Resizable, given: RetrainOptions): void {
  if (typeof given?.data !== 'object' || given.data === null) {
    throw new OptionError(
      `prune: fit must have data: { images, labels } to retrain with, got ${show(given)}`,
    );
  }
  const { data, ...options } = given;
  if (options.checkpoint !== undefined) {
    throw new OptionError('prune: checkpoint must be an option of prune itself, got it in fit');
  }
  prepareFit(model, data.images, data.labels, options);
}

/** Checks everything that prune is given; changes nothing. */
export function checkPruning(model: Resizable, options: PruneOptions): PruneJob {
  expectOptions('prune', options, names);
  const axes = checkAxes(options);
  checkLayers(model, axes.structure, options.layers);
  const sparsity = askedSparsity(model, options, axes);
  const schedule = checkSchedule(options, axes);
  if (options.onRound !== undefined && typeof options.onRound !== 'function') {
    throw new OptionError(`prune: onRound must be a function, got ${show(options.onRound)}`);
  }
  const survivors = checkSurvivors(options, axes);
  if (options.fit !== undefined) expectRetraining(model, options.fit);
  const needed = needsData(axes.criterion) || survivors === 'reconstruct';
  return {
    axes,
    sparsity,
    schedule,
    survivors,
    damp: expectNumber('prune', 'damp', options.damp ?? 0.01, 0),
    restart: expectBoolean('prune', 'restart', options.restart ?? false),
    fit: options.fit,
    calibration: checkCalibration('prune', model, options, options.fit?.data, needed),
    onRound: options.onRound,
    checkpoint: options.checkpoint === undefined ? undefined : checkCheckpoint('prune', options.checkpoint),
  };
}
