/** Checks of the options of prune. */
import { OptionError } from '../errors.js';
import { weightLayers } from '../graph/unitClasses.js';
import { expectBoolean, expectInteger, expectNumber, expectOneOf, expectOptions, show } from '../options.js';
import { type CheckpointPlan, checkCheckpoint } from '../train/checkpoint/options.js';
import { prepareFit } from '../train/fitOptions.js';
import type { Snapshot } from '../train/trainable.js';
import { resolveCriterion, resolveStructure } from './axes.js';
import { type Calibration, checkCalibration, needsData } from './calibration.js';
import type { PruningAxes } from './mask.js';
import { iterative, oneShot, type RoundSchedule } from './presets/rounds.js';
import type { PruneOptions, RetrainOptions } from './pruneOptions.js';
import type { Resizable } from './resizable.js';
import { checkRewindTo } from './rewindTo.js';
import type { Structure } from './structures/index.js';
import type { Survivors } from './survivors.js';
import { allocationFor, contradiction, targetSparsity } from './targetSparsity.js';

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
  'rewindTo',
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
  readonly rewindTo: Snapshot | undefined;
  readonly damp: number;
  readonly restart: boolean;
  readonly fit: RetrainOptions | undefined;
  readonly calibration: Calibration;
  readonly onRound: PruneOptions['onRound'];
  readonly checkpoint: CheckpointPlan | undefined;
}

function checkAxes(options: PruneOptions): PruningAxes<Structure> {
  const criterion = resolveCriterion('prune', options.criterion);
  const structure = resolveStructure('prune', options.structure);
  if (criterion.scores === 'units' && structure.prunes === 'weights') {
    throw new OptionError(
      `prune: structure must be 'neuron', 'filter', 'channel' or 'layer' for a criterion of units, got ${show(structure.kind)}`,
    );
  }
  const allocation = allocationFor(options, criterion, structure);
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

function expectRetraining(model: Resizable, given: RetrainOptions, rounds: number): void {
  if (typeof given?.data !== 'object' || given.data === null) {
    throw new OptionError(
      `prune: fit must have data: { images, labels } to retrain with, got ${show(given)}`,
    );
  }
  const { data, ...options } = given;
  if (options.checkpoint !== undefined) {
    throw new OptionError('prune: checkpoint must be an option of prune itself, got it in fit');
  }
  prepareFit(model, data.images, data.labels, options, rounds);
}

/** Checks everything that prune is given; changes nothing. */
export function checkPruning(model: Resizable, options: PruneOptions): PruneJob {
  expectOptions('prune', options, names);
  const axes = checkAxes(options);
  checkLayers(model, axes.structure, options.layers);
  const sparsity = targetSparsity(model, options, axes);
  const schedule = checkSchedule(options, axes);
  if (options.onRound !== undefined && typeof options.onRound !== 'function') {
    throw new OptionError(`prune: onRound must be a function, got ${show(options.onRound)}`);
  }
  const survivors = checkSurvivors(options, axes);
  if (options.fit !== undefined) expectRetraining(model, options.fit, schedule.rounds);
  const restart = expectBoolean('prune', 'restart', options.restart ?? false);
  if (restart && !options.fit) {
    throw new OptionError('prune: restart must come with fit, whose optimizer begins anew, got no fit');
  }
  const scored = needsData(axes.criterion);
  const needed = scored || survivors === 'reconstruct';
  const by = scored ? undefined : "survivors 'reconstruct'";
  return {
    axes,
    sparsity,
    schedule,
    survivors,
    rewindTo: checkRewindTo(model, options.rewindTo, survivors),
    damp: expectNumber('prune', 'damp', options.damp ?? 0.01, 0),
    restart,
    fit: options.fit,
    calibration: checkCalibration('prune', model, options, options.fit?.data, needed, by),
    onRound: options.onRound,
    checkpoint: options.checkpoint === undefined ? undefined : checkCheckpoint('prune', options.checkpoint),
  };
}
