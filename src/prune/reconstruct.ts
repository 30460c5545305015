/** Survivors solved for: what is left of a layer makes up for what was pruned. */
import { NumericError, ShapeError } from '../errors.js';
import { expectNumber } from '../options.js';
import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';
import { type PruneKernels, pruneKernels } from '../runtime/pruneKernels.js';
import { type Moments, momentsOf, PIVOT, singular } from './moments.js';
import { Room, readDoubles, writeDoubles } from './statistics/room.js';
import { Pace } from './statistics/study.js';

/** One layer to reconstruct. */
export interface ReconstructJob {
  readonly engine: Engine;
  /** Such as `dense1.weight`, for messages. */
  readonly name: string;
  /** Statistic `gram` of the layer; with the constant input when there is a bias. */
  readonly gram: Float64Array;
  readonly rows: number;
  /** Values before pruning, [rows * cols]. */
  readonly weights: Float32Array;
  /** [rows], null for a layer without bias. */
  readonly bias: Float32Array | null;
  /** One byte a weight, 1 keeps. */
  readonly mask: Uint8Array;
  /** Ridge, as a share of the mean second moment of the inputs; 0.01 by default. */
  readonly damp?: number;
  /** Called after every row. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** New values; 0 where pruned. */
export interface Reconstruction {
  readonly weights: Float32Array;
  readonly bias: Float32Array | null;
}

interface Solver {
  readonly kernels: PruneKernels;
  readonly moments: Moments;
  readonly gram: Block;
  readonly factor: Block;
  readonly support: Block;
  readonly others: Block;
  readonly values: Block;
  readonly solution: Block;
}

function solverOf(kernels: PruneKernels, room: Room, moments: Moments): Solver {
  const { size } = moments;
  const gram = room.allocate(size * size * 8, false);
  writeDoubles(gram, moments.gram);
  const [factor, values, solution] = [room.doubles(size * size), room.doubles(size), room.doubles(size)];
  const [support, others] = [room.allocate(size * 4), room.allocate(size * 4)];
  return { kernels, moments, gram, factor, support, others, values, solution };
}

/** Factors the second moments of the inputs in `list`. */
function factorize({ kernels, moments, gram, factor, support }: Solver, list: Uint32Array): void {
  const n = list.length;
  support.u32(n).set(list);
  kernels.gather_lower_f64(factor.address, gram.address, moments.size, support.address, n, moments.ridge);
  if (kernels.cholesky_f64(factor.address, n, PIVOT) < n) throw singular(moments, 'reconstruct');
}

/** How much the weights of the factored inputs change when those of `gone` become 0. */
function changes(solver: Solver, n: number, gone: Uint32Array, values: Float64Array): Float64Array {
  const { kernels, moments, gram, factor, support, others, values: w, solution } = solver;
  others.u32(gone.length).set(gone);
  writeDoubles(w, values);
  kernels.gather_product_f64(
    solution.address,
    gram.address,
    moments.size,
    support.address,
    n,
    others.address,
    w.address,
    gone.length,
  );
  kernels.cholesky_solve_f64(solution.address, factor.address, n);
  return readDoubles(solution, n);
}

function check({ name, gram, rows, weights, bias, mask, damp = 0.01 }: ReconstructJob): Moments {
  const cols = weights.length / rows;
  if (mask.length !== weights.length || !Number.isInteger(cols) || (bias && bias.length !== rows)) {
    throw new ShapeError(
      `reconstruct: mask and bias of ${name} must fit ${rows} rows of ${weights.length} weights, ` +
        `got ${mask.length} and ${bias?.length ?? 'none'}`,
    );
  }
  const moments = momentsOf(name, gram, cols, expectNumber('reconstruct', 'damp', damp, 0));
  if (moments.constant === (bias === null)) {
    throw new ShapeError(
      `reconstruct: gram of ${name} must have the constant input where there is a bias, got ${moments.size} inputs`,
    );
  }
  return moments;
}

/** Solves row after row; rows that follow one with the same support share its factor. */
async function solveRows(solver: Solver, job: ReconstructJob, pace: Pace): Promise<Reconstruction> {
  const { live, cols, constant } = solver.moments;
  const weights = job.weights.map((w, i) => (job.mask[i] === 1 ? w : 0));
  const bias = job.bias?.slice() ?? null;
  let factored: Uint32Array | null = null;
  for (let row = 0; row < job.rows; row++) {
    const at = (j: number) => row * cols + j;
    const gone = live.filter((j) => job.mask[at(j)] === 0 && job.weights[at(j)] !== 0);
    const kept = live.filter((j) => job.mask[at(j)] === 1);
    const list = constant ? Uint32Array.from([...kept, cols]) : kept;
    if (gone.length > 0 && list.length > 0) {
      const same = factored?.length === list.length && list.every((j, i) => j === factored![i]);
      factored = null;
      if (!same) factorize(solver, list);
      factored = list;
      const values = Float64Array.from(gone, (j) => job.weights[at(j)]!);
      changes(solver, list.length, gone, values).forEach((change, i) => {
        const j = list[i]!;
        if (j < cols) weights[at(j)] = job.weights[at(j)]! + change;
        else bias![row] = job.bias![row]! + change;
      });
    }
    await pace.step();
  }
  return { weights, bias };
}

/**
 * New values for the weights that stay, so that the layer answers as it did before as well as it can on the samples that
 * `gram` is of. For each row with pruned weights P and others S (the bias is one of them):
 *
 *   (G_SS + r I) (w'_S - w_S) = G_SP w_P,   r = damp * mean(diagonal of G)
 *
 * the least squares of X^T w' = X^T w with a ridge that pulls towards the old values, so that nothing changes where nothing
 * was pruned; it is where optimal brain surgeon ends that takes P from the row (Hassibi & Stork 1993; Frantar & Alistarh
 * 2022, arXiv:2208.11580). Weights of inputs that are 0 in all samples stay as they are. All in float64, nothing given changes.
 *
 * @throws ShapeError where lengths do not fit, OptionError unless damp >= 0, NumericError when inputs depend on each other
 * and damp is 0 or when a value does not fit float32, AbortedError.
 */
export async function reconstruct(job: ReconstructJob): Promise<Reconstruction> {
  const moments = check(job);
  const kernels = await pruneKernels(job.engine);
  const pace = new Pace('reconstruct', job.rows, job);
  const room = new Room(job.engine.memory);
  try {
    const found = await solveRows(solverOf(kernels, room, moments), job, pace);
    const wrong = [...found.weights, ...(found.bias ?? [])].find((value) => !Number.isFinite(value));
    if (wrong !== undefined) {
      throw new NumericError(`reconstruct: weights of ${job.name} must be finite, got ${wrong}`);
    }
    return found;
  } finally {
    room.free();
  }
}
