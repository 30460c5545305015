/** Dynamic sparse training: while a model trains, the weakest connections are dropped and others grown in their place. */
import { OptionError } from '../errors.js';
import type { Schedule } from '../schedules/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { deriveSeed, Random } from '../tensor/random.js';
import type { WeightPass } from '../train/passes.js';
import type { PruningProcess, PruningRun, TrainingPruning } from '../train/pruning.js';
import type { Trainable } from '../train/trainable.js';
import { type Candidates, steepestAbsent, withStructure } from './absent.js';
import type { Regrowth } from './regrowth/index.js';
import { weightsOf } from './score.js';
import { keepBySign, keepLargest, liveScores, signsOf } from './weakest.js';

/** A method, taken apart. */
export interface DynamicRecipe {
  readonly kind: string;
  /** What it was made of. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Tells the steps of a fit at which connections move. */
  updates(run: PruningRun): (step: number) => boolean;
  /** Share of the live connections of each weight that is replaced, for every step of a fit. */
  fraction(run: PruningRun): Schedule;
  /**
   * For a method that prunes as well: how many connections each weight has after an update, in the order of weightsOf();
   * undefined for as many as before. Single weights, not blocks.
   */
  counts?(model: Trainable, run: PruningRun): (step: number) => readonly number[] | undefined;
  /** True when positive and negative weights lose the same share each. */
  readonly bySign: boolean;
  readonly regrowth: Regrowth;
}

function take(list: Uint32Array, keep: Uint8Array, kept: 0 | 1): Uint32Array {
  return list.filter((_, i) => keep[i] === kept);
}

/** What is known of a weight at an update before anything changes. */
interface Gradients {
  readonly steepest: Candidates;
  /** Sizes of the gradients of the live blocks. */
  readonly live: Float32Array;
}

const nothing: Candidates = { positions: new Uint32Array(0), scores: new Float32Array(0) };

class DynamicProcess implements PruningProcess {
  readonly #recipe: DynamicRecipe;
  readonly #model: Trainable;
  readonly #updates: (step: number) => boolean;
  readonly #fraction: Schedule;
  readonly #countsAt: ((step: number) => readonly number[] | undefined) | undefined;
  /** Connections of every weight after the update at hand, by its index; of the others, as many as before. */
  #counts: ReadonlyMap<number, number> = new Map();
  readonly #gradients = new Map<number, Gradients>();
  #looking = false;

  constructor(recipe: DynamicRecipe, model: Trainable, run: PruningRun) {
    this.#recipe = recipe;
    this.#model = model;
    this.#updates = recipe.updates(run);
    this.#fraction = recipe.fraction(run);
    this.#countsAt = recipe.counts?.(model, run);
  }

  /** Decides how many connections every weight is to have: before the pass, as gradients are looked for by their number. */
  #plan(step: number): void {
    const counts = this.#countsAt?.(step);
    const indices = [...this.#model.parameters.entries()].flatMap(([index, { prunable }]) =>
      prunable ? [index] : [],
    );
    this.#counts = new Map(counts?.map((count, i) => [indices[i]!, count] as const));
  }

  /** Of `count` connections, those that are to be new. */
  #replaced(count: number, step: number): number {
    return Math.floor(count * this.#fraction(step));
  }

  /** True in a pass that is looked at: its gradients move no weight, as rewire() follows. */
  get raw(): boolean {
    return this.#looking;
  }

  observe(step: number): ((pass: WeightPass) => void) | undefined {
    this.#gradients.clear();
    this.#looking = this.#updates(step) && this.#recipe.regrowth.gradients;
    if (!this.#updates(step)) return undefined;
    this.#plan(step);
    if (!this.#looking) return undefined;
    return (pass) => {
      const model = this.#model;
      const parameter = model.parameters[pass.index]!;
      if (!parameter.pruned) return;
      const live = withStructure(model, parameter, (structure) =>
        liveScores(model, parameter, structure, pass.gradients[0]!),
      );
      const after = this.#counts.get(pass.index) ?? live.length;
      const more = Math.max(0, after - live.length);
      const count = this.#recipe.regrowth.all ? parameter.length : this.#replaced(after, step) + more;
      this.#gradients.set(pass.index, { live, steepest: steepestAbsent(model, pass, count) });
    };
  }

  /** All it knows is of the step at hand. */
  state(): null {
    return null;
  }

  restore(): void {}

  rewire(step: number): boolean {
    if (!this.#updates(step)) return false;
    const changes = this.#model.parameters.flatMap((parameter, index) => {
      const concerned = parameter.prunable && (parameter.pruned || this.#counts.has(index));
      return concerned ? this.#choose(parameter, index, step) : [];
    });
    for (const change of changes) change(); // a rule that throws has thrown by now
    return true;
  }

  /** Connections of a weight, which of them stay, and how many there are to be. */
  #selection(parameter: Parameter, index: number, step: number) {
    const model = this.#model;
    return withStructure(model, parameter, (structure) => {
      const { grid, groups } = structure;
      const scores = liveScores(model, parameter, structure, parameter.address);
      const present = structure.positions();
      const after = this.#counts.get(index) ?? present.length;
      // A weight that was whole until now has no absent connections that could be better.
      const replaced = parameter.pruned ? this.#replaced(after, step) : 0;
      const bySign = this.#recipe.bySign && grid.height === 1;
      const keep = bySign
        ? keepBySign(scores, this.#fraction(step), signsOf(parameter, present))
        : keepLargest(scores, Math.min(present.length, after - replaced));
      return { keep, present, after, total: groups * grid.cols };
    });
  }

  /** What is to happen to one weight; nothing has changed yet. */
  #choose(parameter: Parameter, index: number, step: number): (() => void)[] {
    const model = this.#model;
    const { keep, present, after, total } = this.#selection(parameter, index, step);
    const [kept, dropped] = [take(present, keep, 1), take(present, keep, 0)];
    const count = after - kept.length;
    if (dropped.length + count === 0) return [];
    const gradients = this.#gradients.get(index);
    const added = this.#recipe.regrowth.choose({
      count,
      total,
      kept,
      dropped: {
        positions: dropped,
        scores: gradients ? gradients.live.filter((_, i) => keep[i] === 0) : new Float32Array(dropped.length),
      },
      steepest: gradients?.steepest ?? nothing,
      random: new Random(deriveSeed(model.seed, 7, model.clock.steps, index)),
    });
    if (parameter.format !== 'dense') return [() => parameter.rewire(keep, added)];
    const mask = new Uint8Array(parameter.length);
    for (const position of kept) mask[position] = 1;
    return [() => parameter.rewire(mask, added)];
  }
}

/** A method for `fit({ pruning })` from its parts. */
export function dynamicPruning(recipe: DynamicRecipe): TrainingPruning {
  return Object.freeze({
    kind: recipe.kind,
    options: recipe.options,
    start(model: Trainable, run: PruningRun): PruningProcess {
      const weights = weightsOf(model);
      if (!recipe.counts && weights.every((weight) => !weight.pruned)) {
        throw new OptionError(
          `${recipe.kind}: the model must have absent connections to move, got none; ` +
            'build it with sequential({ sparsity }) or prune it first',
        );
      }
      const empty = weights.find(({ live }) => live === 0);
      if (empty) {
        throw new OptionError(
          `${recipe.kind}: every layer must have connections, got ${empty.name} without any`,
        );
      }
      return new DynamicProcess(recipe, model, run);
    },
  });
}
