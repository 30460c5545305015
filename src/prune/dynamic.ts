/** Dynamic sparse training: while a model trains, the weakest connections are dropped and others grown in their place. */
import { OptionError } from '../errors.js';
import type { Schedule } from '../schedules/index.js';
import type { Structure } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { deriveSeed, Random } from '../tensor/random.js';
import type { PruningProcess, PruningRun, TrainingPruning } from '../train/pruning.js';
import type { Trainable } from '../train/trainable.js';
import type { WeightPass } from '../train/trainer.js';
import { type Candidates, steepestAbsent, withStructure } from './absent.js';
import { weightsOf } from './mask.js';
import type { Regrowth } from './regrowth/index.js';
import { keepHighest, sortableKeys } from './select.js';

/** A method, taken apart. */
export interface DynamicRecipe {
  readonly kind: string;
  /** Steps from one update to the next, for a fit. */
  every(run: PruningRun): number;
  /** Updates happen before this step. */
  until(run: PruningRun): number;
  /** Share of the live connections of each weight that is dropped, for every step of a fit. */
  fraction(run: PruningRun): Schedule;
  /** True when positive and negative weights lose the same share each. */
  readonly bySign: boolean;
  readonly regrowth: Regrowth;
}

/** Scores of the live blocks of a weight, from an array that lies as its values do (a byte address). */
function liveScores(
  { engine, kernels }: Trainable,
  { storage }: Parameter,
  structure: Structure,
  array: number,
): Float32Array {
  const { count, grid } = structure;
  const { memory } = engine;
  const [scores, values] = memory.allOrNothing(() => [
    memory.allocate(count * 4, false),
    memory.allocate(count * grid.height * 4, false),
  ]);
  try {
    let from = array;
    if (storage.format === 'dense') {
      const { rowPtr, colIdx } = structure;
      from = values.address;
      kernels.blocks_gather_f32(from, rowPtr, colIdx, array, grid.rows, grid.cols, 1);
    }
    kernels.blocks_scores_f32(scores.address, from, count, grid.height);
    return scores.f32(count).slice();
  } finally {
    scores.free();
    values.free();
  }
}

/** Marks the blocks that stay: all but the `share` with the lowest scores, ties keep the lower position. */
function keepLargest(scores: Float32Array, share: number, positive: Uint8Array | null): Uint8Array {
  const keys = sortableKeys('drop', scores);
  const kept = (length: number) => length - Math.floor(length * share);
  if (!positive) return keepHighest([keys], kept(keys.length))[0]!;
  const keep = new Uint8Array(keys.length);
  for (const sign of [0, 1]) {
    const places = Uint32Array.from(keys.keys()).filter((i) => positive[i] === sign);
    const mask = keepHighest([Uint32Array.from(places, (i) => keys[i]!)], kept(places.length))[0]!;
    places.forEach((place, i) => {
      keep[place] = mask[i]!;
    });
  }
  return keep;
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
  readonly #every: number;
  readonly #until: number;
  readonly #fraction: Schedule;
  readonly #gradients = new Map<number, Gradients>();

  constructor(recipe: DynamicRecipe, model: Trainable, run: PruningRun) {
    this.#recipe = recipe;
    this.#model = model;
    this.#every = recipe.every(run);
    this.#until = recipe.until(run);
    this.#fraction = recipe.fraction(run);
  }

  #updates(step: number): boolean {
    return step > 0 && step % this.#every === 0 && step < this.#until;
  }

  observe(step: number): ((pass: WeightPass) => void) | undefined {
    this.#gradients.clear();
    if (!this.#recipe.regrowth.gradients || !this.#updates(step)) return undefined;
    return (pass) => {
      const model = this.#model;
      const parameter = model.parameters[pass.index]!;
      if (!parameter.pruned) return;
      const live = withStructure(model, parameter, (structure) =>
        liveScores(model, parameter, structure, pass.gradients[0]!),
      );
      const count = Math.floor(live.length * this.#fraction(step));
      this.#gradients.set(pass.index, { live, steepest: steepestAbsent(model, pass, count) });
    };
  }

  rewire(step: number): boolean {
    if (!this.#updates(step)) return false;
    this.#model.parameters.forEach((parameter, index) => {
      if (parameter.prunable && parameter.pruned) this.#rewireWeight(parameter, index, step);
    });
    return true;
  }

  #rewireWeight(parameter: Parameter, index: number, step: number): void {
    const model = this.#model;
    const { keep, present, total } = withStructure(model, parameter, (structure) => {
      const { grid, groups } = structure;
      const scores = liveScores(model, parameter, structure, parameter.address);
      const present = structure.positions();
      const single = this.#recipe.bySign && grid.height === 1;
      const positive = single ? signsOf(parameter, present) : null;
      return {
        keep: keepLargest(scores, this.#fraction(step), positive),
        present,
        total: groups * grid.cols,
      };
    });
    const [kept, dropped] = [take(present, keep, 1), take(present, keep, 0)];
    if (dropped.length === 0) return;
    const gradients = this.#gradients.get(index);
    const added = this.#recipe.regrowth.choose({
      count: dropped.length,
      total,
      kept,
      dropped: {
        positions: dropped,
        scores: gradients ? gradients.live.filter((_, i) => keep[i] === 0) : new Float32Array(dropped.length),
      },
      steepest: gradients?.steepest ?? nothing,
      random: new Random(deriveSeed(model.seed, 7, model.clock.steps, index)),
    });
    if (parameter.format !== 'dense') {
      parameter.rewire(keep, added);
      return;
    }
    const mask = new Uint8Array(parameter.length);
    for (const position of kept) mask[position] = 1;
    parameter.rewire(mask, added);
  }
}

/** 1 for every live weight that is not negative. */
function signsOf(parameter: Parameter, positions: Uint32Array): Uint8Array {
  const { format, values } = parameter.values();
  return Uint8Array.from(positions, (at, i) => (values[format === 'dense' ? at : i]! < 0 ? 0 : 1));
}

/** A method for `fit({ pruning })` from its parts. */
export function dynamicPruning(recipe: DynamicRecipe): TrainingPruning {
  return Object.freeze({
    kind: recipe.kind,
    start(model: Trainable, run: PruningRun): PruningProcess {
      const weights = weightsOf(model);
      if (weights.every((weight) => !weight.pruned)) {
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
