/** Keeps the state of one run in its place, and finds it there again. */
import { CheckpointError, DataError, FormatError } from '../../errors.js';
import type { Network } from '../../graph/network.js';
import { networkOf } from '../../graph/networkOf.js';
import type { Budget } from '../../io/budget.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../io/checkpointFile.js';
import type { CheckpointValue } from '../../io/state.js';
import { show } from '../../options.js';
import type { Trainable } from '../trainable.js';
import { expectSameRun, type Identity } from './identity.js';
import type { CheckpointPlan } from './options.js';
import { type Fields, fieldsOf } from './read.js';

/** What was kept: the network as it stood, and the state beside it. */
export interface Kept {
  readonly network: Network;
  readonly state: Fields;
}

/** Where a fit keeps its state. */
export interface Keeper {
  readonly plan: Pick<CheckpointPlan, 'everyEpochs' | 'everySteps'>;
  /**
   * The state of this run when it was interrupted, or had ended. Throws FormatError or CheckpointError, and FileError where
   * nothing is kept and nothing could be; changes nothing.
   */
  load(): Promise<Kept | undefined>;
  save(state: CheckpointValue): Promise<void>;
  /** A fit has taken over what load() gave: from here on nothing is taken back. */
  taken?(): void;
}

/** A file holds a model several times over: values, moments, and what training may go back to. */
const COPIES = 24;
const TENSORS = 100;

/** The model that a file belongs to says how large it may be. */
function budgetOf({ parameters }: Trainable): Partial<Budget> {
  const elements = parameters.reduce((sum, { length }) => sum + length, 0);
  return {
    maxElements: Math.max(2 ** 28, COPIES * elements),
    maxTensors: Math.max(10_000, TENSORS * parameters.length),
    maxHeaderBytes: Math.max(1_000_000, 100 * TENSORS * parameters.length),
  };
}

/** A keeper of `kind` for a run that begins with this model. */
export class RunKeeper implements Keeper {
  readonly plan: CheckpointPlan;
  readonly #where: string;
  readonly #model: Trainable;
  readonly #kind: string;
  readonly #run: Identity;
  readonly #budget: Partial<Budget>;

  constructor(where: string, plan: CheckpointPlan, model: Trainable, kind: string, run: Identity) {
    this.#where = where;
    this.plan = plan;
    this.#model = model;
    this.#kind = kind;
    this.#run = run;
    this.#budget = budgetOf(model);
  }

  #decode(bytes: Uint8Array): Checkpoint {
    try {
      return decodeCheckpoint(bytes, this.#budget, this.#model.engine);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError(
        `${this.#where}: the checkpoint ${this.plan.label} must be whole; delete it to begin anew, or give another place: ` +
          error.message,
        { cause: error },
      );
    }
  }

  async load(): Promise<Kept | undefined> {
    const given: unknown = await this.plan.store.read();
    const bytes = given instanceof ArrayBuffer ? new Uint8Array(given) : given;
    if (bytes === undefined || bytes === null) {
      await this.plan.expectReady?.();
      return undefined;
    }
    if (!(bytes instanceof Uint8Array)) {
      throw new DataError(
        `${this.#where}: the checkpoint ${this.plan.label} must be a Uint8Array, got ${show(bytes)}`,
      );
    }
    const { network, state } = this.#decode(bytes);
    const { kind, run, ...rest } = fieldsOf('training state', state);
    if (kind !== this.#kind) {
      throw new CheckpointError(
        `${this.#where}: the checkpoint ${this.plan.label} must be that of a ${this.#kind}, got that of a ${show(kind)}. ` +
          'Delete it to begin anew, or keep this run elsewhere',
      );
    }
    expectSameRun(this.#where, this.plan.label, fieldsOf('run', run) as Identity, this.#run);
    return { network, state: rest };
  }

  async save(state: CheckpointValue): Promise<void> {
    const { seed, engine } = this.#model;
    const network = networkOf(this.#model, false);
    const whole = { kind: this.#kind, run: this.#run, ...(state as Record<string, CheckpointValue>) };
    await this.plan.store.write(encodeCheckpoint({ network, seed, state: whole }, engine));
  }
}
