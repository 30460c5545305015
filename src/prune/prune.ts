/** Pruning: independent axes joined into rounds of prune and retrain. */
import { AbortedError, OptionError } from '../errors.js';
import { expectNumber } from '../options.js';
import type { Keeper } from '../train/checkpoint/keeper.js';
import { evaluateInTurns, type Metrics } from '../train/evaluate.js';
import { fit } from '../train/fit.js';
import { takeSnapshot } from '../train/trainable.js';
import { keptOf } from './allocations/index.js';
import { study } from './calibration.js';
import { type Census, census, shareGone, tensorReports } from './census.js';
import { checkPruning, type PruneJob } from './checkPruning.js';
import { type KeptPruning, PruneKeeper, type PruneState } from './checkpoint.js';
import { applyLayerwise } from './layerwise.js';
import { PruningLog } from './log.js';
import { type Applied, applyPruning, chosenWeights } from './mask.js';
import type { PruneOptions, RetrainOptions } from './pruneOptions.js';
import { applyRemoval } from './removal.js';
import { RemovalState } from './removalState.js';
import { replayRemoval } from './replay.js';
import type { PruneReport, RoundReport } from './report.js';
import type { Resizable } from './resizable.js';
import { type Reinitializable, resetSurvivors } from './survivors.js';

export type { PruneOptions, RetrainOptions } from './pruneOptions.js';
export type { PruneReport, RoundReport } from './report.js';

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

/** How a job prunes once, and what is left. */
interface Pruner {
  readonly census: () => Census;
  readonly apply: (sparsity: number, round: number) => Promise<Applied>;
  /** Brings a model whose tensors change their shapes to those that it was kept with. */
  readonly replay?: (kept: KeptPruning) => void;
}

/** Units and layers leave the model; weights become zero, in one ranking or layer by layer. */
function prunerOf(model: Model, { axes, calibration, survivors, damp }: PruneJob): Pruner {
  const { structure } = axes;
  if (structure.prunes !== 'weights') {
    const own = { ...axes, structure };
    const state = new RemovalState(model, own);
    return {
      census: () => state.census,
      apply: (sparsity, round) => applyRemoval(model, own, sparsity, model.seed + round, calibration, state),
      replay: ({ cuts, fit }) => replayRemoval(model, state, cuts, fit.network.graph),
    };
  }
  const own = { ...axes, structure };
  const count = () => census(chosenWeights(model, axes.layers), structure);
  const reconstruction = survivors === 'reconstruct' ? { damp } : undefined;
  if (axes.criterion.layerwise || reconstruction) {
    return {
      census: count,
      apply: (sparsity, round) =>
        applyLayerwise(model, own, sparsity, model.seed + round, calibration, reconstruction),
    };
  }
  return {
    census: count,
    apply: async (sparsity, round) => {
      const statistics = await study(model, axes.criterion.needs ?? [], calibration, `round ${round}`);
      return applyPruning(model, own, sparsity, {
        ...calibration.reporting,
        statistics,
        seed: model.seed + round,
      });
    },
  };
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
  const targets = targetsOf(job, pruner.census());
  const cut = async (round: number, target: number): Promise<CutModel> => {
    const applied = await pruner.apply(target, round);
    resetSurvivors(model, job.survivors, round);
    if (job.restart) model.states.reset();
    return { ...applied, pruned: job.fit && (await measure(model, job.fit)) };
  };
  const keeper = job.checkpoint && new PruneKeeper(model, job.checkpoint, job, options, targets);
  const found = await keeper?.load();
  if (found) pruner.replay?.(found);
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
      found?.round === round ? cutBefore(found) : await cut(round, target ?? 0);
    log.add(cuts);
    const state = { round, rounds: [...rounds], cuts: log.rounds, guarded, pruned };
    const trained = job.fit ? await retrain(model, job.fit, pruned, keeper?.ofRound(state)) : {};
    const reached = shareGone(pruner.census());
    const layers = tensorReports(model);
    const report = { round, asked: target ?? reached, reached, layers, guarded, ...trained };
    rounds.push(report);
    job.onRound?.(report);
  }
  const reached = shareGone(pruner.census());
  return { asked: job.sparsity ?? reached, reached, layers: tensorReports(model), rounds, log };
}
