/** Pruning: independent axes joined into rounds of prune and retrain. */
import { OptionError } from '../errors.js';
import { expectBoolean, expectInteger, expectNumber, expectOneOf, expectOptions, show } from '../options.js';
import type { History } from '../train/callbacks/index.js';
import type { LabelledData } from '../train/data.js';
import { evaluate, type Metrics } from '../train/evaluate.js';
import { fit } from '../train/fit.js';
import { type FitOptions, prepareFit } from '../train/fitOptions.js';
import { sparsityOf, type Trainable, takeSnapshot } from '../train/trainable.js';
import { keptOf } from './allocations/allocation.js';
import type { Allocation, AllocationName } from './allocations/index.js';
import { resolveAllocation, resolveCriterion } from './axes.js';
import type { Criterion, CriterionName } from './criteria/index.js';
import { applyPruning, weightsOf } from './mask.js';
import { oneShot, type RoundSchedule } from './presets/rounds.js';
import { type Reinitializable, resetSurvivors, type Survivors } from './survivors.js';

/** Retraining after each round: the options of fit, and the data. */
export interface RetrainOptions extends FitOptions {
  readonly data: LabelledData;
}

/** Options of prune. */
export interface PruneOptions {
  /**
   * Share of zeros over the prunable weights in the end, 0 to 1; weights of the output layer count, biases do not. Left out
   * where the allocation decides it, as perLayer() does.
   */
  readonly sparsity?: number;
  /** Which weights matter: magnitude by default. A name, a built-in, or `(context) => scores`. */
  readonly criterion?: Criterion | CriterionName;
  /** How much from which tensor: `'global'` by default. */
  readonly allocation?: Allocation | AllocationName;
  /** Leaves every layer its best weight, where a ranking would take all; true by default. Rounds tell where it acted. */
  readonly guard?: boolean;
  /** In how many rounds: oneShot() by default. */
  readonly schedule?: RoundSchedule;
  /** What the survivors become: `'trained'` by default. */
  readonly survivors?: Survivors;
  /** Retraining after every round; none by default. */
  readonly fit?: RetrainOptions;
  /** Called after every round. */
  readonly onRound?: (round: RoundReport) => void;
}

/** Asked and reached sparsity of one tensor or of all. */
export interface TensorReport {
  readonly name: string;
  readonly weights: number;
  readonly live: number;
  readonly sparsity: number;
}

/** One round: what was asked, what was reached, and how well the model did right after and after retraining. */
export interface RoundReport {
  readonly round: number;
  readonly asked: number;
  readonly reached: number;
  readonly layers: readonly TensorReport[];
  /** Tensors that the guard kept from losing all their weights. */
  readonly guarded: readonly string[];
  /** On the validation data, when `fit` has some. */
  readonly pruned?: Metrics;
  readonly retrained?: Metrics;
  readonly history?: History;
}

/** What prune did. */
export interface PruneReport {
  readonly asked: number;
  readonly reached: number;
  readonly layers: readonly TensorReport[];
  readonly rounds: readonly RoundReport[];
}

const names = ['sparsity', 'criterion', 'allocation', 'guard', 'schedule', 'survivors', 'fit', 'onRound'];

interface Axes {
  readonly sparsity: number;
  readonly criterion: Criterion;
  readonly allocation: Allocation;
  readonly guard: boolean;
  readonly schedule: RoundSchedule;
  readonly survivors: Survivors;
}

/** The share of zeros that is asked for, by the user or by an allocation that decides it, never by both. */
function askedSparsity(model: Trainable, given: number | undefined, { target }: Allocation): number {
  if (!target) return expectNumber('prune', 'sparsity', given, 0, 1);
  if (given !== undefined) {
    throw new OptionError(
      `prune: sparsity must be left out where the allocation decides it, got ${show(given)}`,
    );
  }
  return target(weightsOf(model).map(({ name, shape, length }) => ({ name, shape, length })));
}

function checkAxes(model: Trainable, options: PruneOptions): Axes {
  expectOptions('prune', options, names);
  const criterion = resolveCriterion('prune', options.criterion);
  const allocation = resolveAllocation('prune', options.allocation);
  const sparsity = askedSparsity(model, options.sparsity, allocation);
  const guard = expectBoolean('prune', 'guard', options.guard ?? true);
  const schedule = options.schedule ?? oneShot();
  if (typeof schedule?.sparsityAt !== 'function') {
    throw new OptionError(`prune: schedule must be made by oneShot() or iterative(), got ${show(schedule)}`);
  }
  const choices = ['trained', 'rewind', 'reinit'] as const;
  expectInteger('prune: schedule', 'rounds', schedule.rounds);
  if (options.onRound !== undefined && typeof options.onRound !== 'function') {
    throw new OptionError(`prune: onRound must be a function, got ${show(options.onRound)}`);
  }
  const survivors = expectOneOf('prune', 'survivors', options.survivors ?? 'trained', choices);
  return { sparsity, criterion, allocation, guard, schedule, survivors };
}

/** Live weights per tensor. */
export function tensorReports(model: Pick<Trainable, 'parameters'>): TensorReport[] {
  return weightsOf(model).map(({ name, length, live }) => ({
    name,
    weights: length,
    live,
    sparsity: length === 0 ? 0 : 1 - live / length,
  }));
}

function checkRetraining(model: Trainable, given: RetrainOptions): void {
  if (typeof given?.data !== 'object' || given.data === null) {
    throw new OptionError(
      `prune: fit must have data: { images, labels } to retrain with, got ${show(given)}`,
    );
  }
  const { data, ...options } = given;
  prepareFit(model, data.images, data.labels, options);
}

async function retrain(
  model: Trainable,
  { data, ...options }: RetrainOptions,
): Promise<Pick<RoundReport, 'pruned' | 'retrained' | 'history'>> {
  const held = options.validation;
  const measure = () => held && evaluate(model, held.images, held.labels, options.loss);
  const pruned = measure();
  const history = await fit(model, data.images, data.labels, options);
  const retrained = measure();
  return { history, ...(pruned && { pruned }), ...(retrained && { retrained }) };
}

/**
 * Prunes a model to `sparsity`, exact to one weight, in the rounds of `schedule`, retraining after each when `fit`
 * is given. Pruned weights stay zero through all later training. Options are checked before anything changes.
 *
 * @throws OptionError on unknown options, sparsity outside [0, 1], or below what is pruned already.
 */
export async function prune(model: Trainable & Reinitializable, options: PruneOptions): Promise<PruneReport> {
  model.expectLive('prune');
  const { sparsity, criterion, allocation, guard, schedule, survivors } = checkAxes(model, options);
  const now = sparsityOf(model.parameters);
  const weights = weightsOf(model);
  const total = weights.reduce((sum, { length }) => sum + length, 0);
  const live = weights.reduce((sum, weight) => sum + weight.live, 0);
  if (keptOf(total, sparsity) > live) {
    throw new OptionError(
      `prune: sparsity must be at least ${now}, what is pruned already (pruned weights do not come back), got ${sparsity}`,
    );
  }
  const from = Math.min(now, sparsity);
  if (options.fit) checkRetraining(model, options.fit);
  const targets = Array.from({ length: schedule.rounds }, (_, i) =>
    expectNumber(
      'prune: schedule',
      `sparsity of round ${i + 1}`,
      schedule.sparsityAt(i + 1, from, sparsity),
      0,
      1,
    ),
  );
  model.rewindPoint ??= takeSnapshot(model);
  const rounds: RoundReport[] = [];
  for (const [i, asked] of targets.entries()) {
    const round = i + 1;
    const guarded = applyPruning(model, { criterion, allocation, guard }, asked, round);
    resetSurvivors(model, survivors, round);
    const trained = options.fit ? await retrain(model, options.fit) : {};
    const layers = tensorReports(model);
    const report = { round, asked, reached: sparsityOf(model.parameters), layers, guarded, ...trained };
    rounds.push(report);
    options.onRound?.(report);
  }
  return { asked: sparsity, reached: sparsityOf(model.parameters), layers: tensorReports(model), rounds };
}
