/** Pruning: independent axes joined into rounds of prune and retrain. */
import { AbortedError, OptionError } from '../errors.js';
import { expectNumber } from '../options.js';
import type { Keeper } from '../train/checkpoint/keeper.js';
import { evaluateInTurns, type Metrics } from '../train/evaluate.js';
import { fit } from '../train/fit.js';
import { takeSnapshot } from '../train/trainable.js';
import { keptOf } from './allocations/index.js';
import { type Census, shareGone, tensorReports } from './census.js';
import { checkPruning, type PruneJob } from './checkPruning.js';
import { type KeptPruning, PruneKeeper, type PruneState } from './checkpoint.js';
import { PruningLog } from './log.js';
import type { Applied } from './mask.js';
import type { PruneOptions, RetrainOptions } from './pruneOptions.js';
import { type Pruner, prunerOf, takeShapes } from './pruner.js';
import type { PruneReport, PruneStart, RoundReport } from './report.js';
import { reportText } from './reportText.js';
import type { Resizable } from './resizable.js';
import { type Reinitializable, resetSurvivors } from './survivors.js';
import { withText } from './textTable.js';

export type { PruneOptions, RetrainOptions } from './pruneOptions.js';
export type { PruneReport, PruneStart, RoundReport } from './report.js';

type Model = Resizable & Reinitializable;

/** On the validation data of retraining, where there is some. */
async function measure(model: Model, { validation, loss }: RetrainOptions): Promise<Metrics | undefined> {
  return validation && evaluateInTurns(model, validation, loss);
}

async function retrain(
  model: Model,
  { data, ...options }: RetrainOptions,
  pruned: Metrics | undefined,
  keeper: Keeper | undefined,
): Promise<Pick<RoundReport, 'pruned' | 'retrained' | 'history'>> {
  const history = await fit(model, data.images, data.labels, options, keeper, Infinity);
  const retrained = await measure(model, { data, ...options });
  return { history, ...(pruned && { pruned }), ...(retrained && { retrained }) };
}

/** A model that has been pruned and is about to be retrained. */
type CutModel = Pick<Applied, 'guarded' | 'cuts'> & { readonly pruned: Metrics | undefined };

/** The same as it was kept; the model follows when its fit goes on. */
const cutBefore = ({ guarded, cuts, round, pruned }: PruneState): CutModel => ({
  guarded,
  cuts: cuts[round - 1]!,
  pruned,
});

/** Sparsity after every round; null where a threshold decides. Throws OptionError below what is pruned already. */
function targetsOf({ sparsity, schedule, axes }: PruneJob, census: Census): (number | null)[] {
  const rounds = Array.from({ length: schedule.rounds }, (_, i) => i + 1);
  if (sparsity === null) return rounds.map(() => null);
  const fixed = axes.structure.prunes === 'weights' && axes.structure.share !== undefined;
  const now = shareGone(census);
  if (!fixed && keptOf(census.total, sparsity) > census.live) {
    throw new OptionError(
      `prune: sparsity must be at least ${now}, what is pruned already (pruned weights do not come back), got ${sparsity}`,
    );
  }
  const from = Math.min(now, sparsity);
  return rounds.map((round) => {
    const share = fixed ? sparsity : schedule.sparsityAt(round, from, sparsity);
    return expectNumber('prune: schedule', `sparsity of round ${round}`, share, 0, 1);
  });
}

/** Counted before anything goes, and before a model takes the shapes that were kept of it. */
function startOf(model: Model, { axes: { structure } }: PruneJob, { total }: Census): PruneStart {
  return {
    layers: tensorReports(model),
    parameters: model.parameters.reduce((sum, { length }) => sum + length, 0),
    structure: structure.kind,
    prunes: structure.prunes,
    groups: total,
  };
}

/** A pruning whose options have been checked. */
interface Rounds {
  readonly model: Model;
  readonly job: PruneJob;
  readonly pruner: Pruner;
  readonly targets: readonly (number | null)[];
  readonly before: PruneStart;
  readonly keeper: PruneKeeper | undefined;
  /** What was kept, for the model to go on with: `taken` once it does. */
  readonly found: KeptPruning | undefined;
  readonly taken: () => void;
}

/** Prunes once and brings the survivors to where they go on from. */
async function cutRound({ model, job, pruner }: Rounds, round: number, target: number): Promise<CutModel> {
  const applied = await pruner.apply(target, round);
  resetSurvivors(model, job.survivors, round);
  if (job.restart) model.states.reset();
  return { ...applied, pruned: job.fit && (await measure(model, job.fit)) };
}

/** All rounds, or those that are left. */
async function runRounds(all: Rounds): Promise<PruneReport> {
  const { model, job, pruner, targets, before, keeper, found, taken } = all;
  model.rewindPoint ??= takeSnapshot(model);
  const rounds: RoundReport[] = [...(found?.rounds ?? [])];
  const log = new PruningLog();
  for (const [i, target] of targets.entries()) {
    const round = i + 1;
    const { signal } = job.calibration;
    if (signal?.aborted) {
      throw new AbortedError(`prune: aborted before round ${round}`, { cause: signal.reason });
    }
    if (found && round < found.round) {
      log.add(found.cuts[i]!);
      continue;
    }
    const { guarded, cuts, pruned } =
      found?.round === round ? cutBefore(found) : await cutRound(all, round, target ?? 0);
    log.add(cuts);
    const state = { round, rounds: [...rounds], cuts: log.rounds, guarded, pruned };
    const trained = job.fit ? await retrain(model, job.fit, pruned, keeper?.ofRound(state, taken)) : {};
    const reached = shareGone(pruner.census());
    const layers = tensorReports(model);
    const report = { round, asked: target ?? reached, reached, layers, guarded, ...trained };
    rounds.push(report);
    await job.onRound?.(report);
  }
  const reached = shareGone(pruner.census());
  const layers = tensorReports(model);
  const report = { asked: job.sparsity ?? reached, reached, before, layers, rounds, log };
  return withText(report, () => reportText(report));
}

/**
 * Prunes a model to `sparsity`, exact to one weight (block, unit) but for what `guard` keeps, in the rounds of `schedule`, retraining after each when
 * `fit` is given. Pruned weights stay zero through all later training; units and layers are removed and tensors become
 * smaller. Options are checked before anything changes, and a round happens as a whole or not at all.
 *
 * @throws OptionError on unknown or contradictory options, sparsity outside [0, 1], or below what is pruned already.
 */
export async function prune(model: Model, options: PruneOptions): Promise<PruneReport> {
  model.expectLive('prune');
  const job = checkPruning(model, options);
  const pruner = prunerOf(model, job);
  const census = pruner.census();
  const targets = targetsOf(job, census);
  const before = startOf(model, job, census);
  const keeper = job.checkpoint && new PruneKeeper(model, job.checkpoint, job, targets);
  const found = await keeper?.load();
  if (job.rewindTo) model.rewindPoint = job.rewindTo;
  let held = takeShapes(model, pruner, found);
  const taken = () => {
    held?.free();
    held = undefined;
  };
  try {
    return await runRounds({ model, job, pruner, targets, before, keeper, found, taken });
  } catch (error) {
    held?.restore();
    throw error;
  }
}
