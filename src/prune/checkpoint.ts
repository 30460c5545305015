/** Checkpoints of prune(): rounds that are done, and the fit of the round at hand. */
import { OptionError } from '../errors.js';
import type { Engine } from '../runtime/engine.js';
import { Describer } from '../train/checkpoint/describe.js';
import { describeData, describeFit, describeModel, type Identity } from '../train/checkpoint/identity.js';
import { type Keeper, type Kept, RunKeeper } from '../train/checkpoint/keeper.js';
import type { CheckpointPlan } from '../train/checkpoint/options.js';
import { type CheckpointValue, countOf, fieldsOf, listOf, refuse } from '../train/checkpoint/read.js';
import type { Metrics } from '../train/evaluate.js';
import { prepareFit } from '../train/fitOptions.js';
import type { Trainable } from '../train/trainable.js';
import type { PruneJob } from './checkPruning.js';
import type { Cut } from './cut.js';
import { packCut, packRound, readCut, readMetrics, readRound } from './packReport.js';
import type { RoundReport } from './report.js';

/** A pruning between its begin and its end: what prune() knows when the fit of a round begins. */
export interface PruneState {
  /** The round whose fit is under way or done, from 1. */
  readonly round: number;
  /** Those before it. */
  readonly rounds: readonly RoundReport[];
  /** What was cut, up to this round. */
  readonly cuts: readonly (readonly Cut[])[];
  readonly guarded: readonly string[];
  /** Right after pruning. */
  readonly pruned: Metrics | undefined;
}

/** A pruning that was kept, with the fit of its round. */
export interface KeptPruning extends PruneState {
  readonly fit: Kept;
}

function readState({ network, state }: Kept, rounds: number): KeptPruning {
  const round = countOf('round', state.round, rounds);
  if (round === 0) refuse('round', round);
  const cuts = listOf('cuts', state.cuts, round);
  const guarded = listOf('guarded', state.guarded);
  if (!guarded.every((name) => typeof name === 'string')) refuse('guarded', guarded);
  return {
    round,
    rounds: listOf('rounds', state.rounds, round - 1).map(readRound),
    cuts: cuts.map((one) => listOf('cuts', one).map(readCut)),
    guarded: guarded as readonly string[],
    pruned: state.pruned === null ? undefined : readMetrics(state.pruned),
    fit: { network, state: fieldsOf('fit', state.fit) },
  };
}

/** What a pruning is told, besides its fit; a schedule by the targets of its rounds. */
function describePruning(engine: Engine, job: PruneJob, targets: readonly (number | null)[]): Identity {
  const { axes, sparsity, survivors, rewindTo, damp, restart, calibration, fit } = job;
  const { data, batchSize, loss } = calibration;
  const describer = new Describer(engine, 0);
  const same = data.images === fit?.data.images && data.labels === fit.data.labels;
  const told = { ...axes, sparsity, targets, survivors, rewindTo, damp, restart, batchSize, loss };
  return {
    pruning: describer.describe(told),
    'pruning data': same ? 'those of fit' : describeData(data, describer),
  };
}

/** Keeps a pruning through its rounds. */
export class PruneKeeper {
  readonly #keeper: Keeper;
  readonly #rounds: number;
  #found: KeptPruning | undefined;

  /** Throws OptionError for what cannot be kept. */
  constructor(model: Trainable, plan: CheckpointPlan, job: PruneJob, targets: readonly (number | null)[]) {
    if (!job.fit) throw new OptionError('prune: checkpoint must come with fit, got none to keep');
    if (job.fit.pruning) {
      throw new OptionError(
        `prune: checkpoint must come with a fit without pruning of its own, got ${job.fit.pruning.kind}`,
      );
    }
    const { data, ...fit } = job.fit;
    const prepared = prepareFit(model, data.images, data.labels, fit);
    const from = model.states.stepOf(prepared.optimizer);
    this.#rounds = targets.length;
    this.#keeper = new RunKeeper('prune', plan, model, 'pruning', {
      ...describeModel(model),
      ...describeFit(prepared, from),
      ...describePruning(model.engine, job, targets),
    });
  }

  /** Finds the pruning that was interrupted, or had ended; undefined for none. Throws FormatError or CheckpointError. */
  async load(): Promise<KeptPruning | undefined> {
    const kept = await this.#keeper.load();
    this.#found = kept && readState(kept, this.#rounds);
    return this.#found;
  }

  /** The keeper of the fit of a round; `taken` is called when that fit has taken over what was kept of it. */
  ofRound(state: PruneState, taken: () => void): Keeper {
    const kept = this.#found;
    const fixed: CheckpointValue = {
      round: state.round,
      rounds: state.rounds.map(packRound),
      cuts: state.cuts.map((cuts) => cuts.map(packCut)),
      guarded: [...state.guarded],
      pruned: state.pruned ? { ...state.pruned } : null,
    };
    return {
      plan: this.#keeper.plan,
      load: async () => (kept?.round === state.round ? kept.fit : undefined),
      save: (fit) => this.#keeper.save({ ...fixed, fit }),
      taken,
    };
  }
}
