import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import { expectInteger, expectNumber, expectOptions } from '../../options.js';
import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import { type PruneKernels, pruneKernels } from '../../runtime/pruneKernels.js';
import { inverseOf, type Moments, momentsOf, PIVOT, singular } from '../moments.js';
import { keepHighest, sortableKeys } from '../select.js';
import { Room, readDoubles, writeDoubles } from '../statistics/room.js';
import { Pace } from '../statistics/study.js';
import { type Criterion, type CriterionContext, engineOf, statisticOf } from './criterion.js';
import { eachGroup } from './eachGroup.js';

/** Score of what goes before everything else. */
const LOWEST = -3e38;

/** U [n, n] with H^-1 = U^T · U, row-major. */
function upperFactor(kernels: PruneKernels, room: Room, moments: Moments, order: Uint32Array): Block {
  const n = order.length;
  const factor = inverseOf(kernels, room, moments, order, 'sparsegpt');
  if (kernels.cholesky_f64(factor.address, n, PIVOT) < n) throw singular(moments, 'sparsegpt');
  const lower = readDoubles(factor, n * n);
  const upper = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) upper[j * n + i] = lower[i * n + j]!;
  writeDoubles(factor, upper);
  return factor;
}

/** A run of columns, and how many of its weights go. */
interface Chosen {
  readonly from: number;
  readonly to: number;
  readonly drop: number;
}

/** Blocks of live columns; what is to go is spread evenly, and exact in sum. */
function blocksOf(columns: number, blockSize: number, drop: number): Chosen[] {
  const upTo = (column: number) => Math.round((drop * column) / Math.max(1, columns));
  const count = Math.ceil(columns / blockSize);
  return Array.from({ length: count }, (_, k) => {
    const [from, to] = [k * blockSize, Math.min(columns, (k + 1) * blockSize)];
    return { from, to, drop: upTo(to) - upTo(from) };
  });
}

/** Negative for what goes, above 0 for what stays; in both, a higher w^2 / u^2 scores higher. */
function signed(saliency: number, kept: boolean): number {
  return kept ? saliency : Math.max(LOWEST, -1 / saliency);
}

async function choose(
  context: CriterionContext,
  engine: Engine,
  moments: Moments,
  blockSize: number,
): Promise<Float32Array> {
  const { weight, mask, share = 0 } = context;
  const { cols, live, constant } = moments;
  const kernels = await pruneKernels(engine);
  const rows = weight.length / cols;
  const n = live.length + (constant ? 1 : 0);
  const dead = (cols - live.length) * rows;
  const blocks = blocksOf(live.length, blockSize, Math.max(0, Math.round(share * weight.length) - dead));
  const pace = new Pace('sparsegpt', blocks.length, context);
  const scores = new Float32Array(weight.length).fill(LOWEST);
  const room = new Room(engine.memory);
  try {
    const order = Uint32Array.from(constant ? [...live, cols] : live);
    const u = upperFactor(kernels, room, moments, order);
    const w = room.doubles(rows * n);
    const start = new Float64Array(rows * n);
    const place = (row: number, k: number) => row * cols + live[k]!;
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < live.length; k++) start[row * n + k] = weight[place(row, k)]!;
    }
    writeDoubles(w, start);
    const saliencies = room.doubles(rows * blockSize);
    const bytes = room.allocate(rows * blockSize);
    for (const { from, to, drop } of blocks) {
      const width = to - from;
      kernels.sparsegpt_scores_f64(saliencies.address, w.address, u.address, rows, n, from, to);
      const found = readDoubles(saliencies, rows * width);
      const at = (i: number) => place(Math.floor(i / width), from + (i % width));
      const keys = sortableKeys(context.name, Float32Array.from(found));
      keys.forEach((_, i) => {
        if (mask?.[at(i)] === 0) keys[i] = 0;
      });
      const keep = keepHighest([keys], keys.length - drop)[0]!;
      keep.forEach((kept, i) => {
        if (mask?.[at(i)] === 0) keep[i] = 0;
        else scores[at(i)] = signed(found[i]!, kept === 1);
      });
      bytes.u8(keep.length).set(keep);
      kernels.sparsegpt_update_f64(w.address, u.address, bytes.address, rows, n, from, to);
      await pace.step();
    }
    return scores;
  } finally {
    room.free();
  }
}

/**
 * SparseGPT: the columns of a weight from left to right, in blocks. In a block, the asked share of all its weights goes, those
 * with the least w^2 / U_jj^2, U^T U = H^-1; whatever goes moves all later weights of its row by -w_j / U_jj U_j. H is that of
 * obs(), with the constant input last. The mask comes out as scores: negative for what goes at the asked `share`, which must
 * be that of the tensor (allocation `'uniform'`). Weights of inputs that are always 0 go first. Best with survivors
 * `'reconstruct'`, which solves for all that stay at once. Frantar & Alistarh 2023, arXiv:2301.00774, algorithm 1.
 *
 * Throws OptionError unless damp >= 0 and blockSize >= 1, NumericError when H has no inverse (only with damp 0).
 */
export function sparsegpt(options: { damp?: number; blockSize?: number } = {}): Criterion {
  expectOptions('sparsegpt', options, ['damp', 'blockSize']);
  const damp = expectNumber('sparsegpt', 'damp', options.damp ?? 0.01, 0);
  const blockSize = expectInteger('sparsegpt', 'blockSize', options.blockSize ?? 128);
  const score: Criterion = (context) => {
    const gram = statisticOf('sparsegpt', context, 'gram');
    const engine = engineOf('sparsegpt', context);
    if (context.share === undefined) {
      throw new OptionError('sparsegpt: share must be the sparsity that is asked for, got none');
    }
    const cols = context.weight.length / context.shape[0]!;
    return eachGroup(context, gram, (part, own) =>
      choose(part, engine, momentsOf(context.name, own, cols, damp), blockSize),
    );
  };
  return describedAs(
    { kind: 'sparsegpt', damp, blockSize },
    Object.assign(score, {
      needs: ['gram'],
      layerwise: true,
      defaults: { allocation: 'uniform', survivors: 'reconstruct' },
    } as const),
  );
}
