/** Connections that a sparse weight does not have: picked at random, or by their gradient. */
import { Structure } from '../tensor/formats/index.js';
import type { SparseStorage } from '../tensor/formats/sparse.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Random, sample } from '../tensor/random.js';
import type { WeightPass } from '../train/passes.js';
import type { Trainable } from '../train/trainable.js';
import { type Owner, type RowGradients, withRowGradients } from './rowGradients.js';
import { keepHighest, sortableKeys } from './select.js';

/** Blocks (single weights but in block storage) with a score each. */
export interface Candidates {
  /** group of rows * columns + column */
  readonly positions: Uint32Array;
  readonly scores: Float32Array;
}

/** Calls `use` with the structure of a weight; that of dense storage is made for the call. */
export function withStructure<T>(
  { engine, kernels }: Pick<Trainable, 'engine' | 'kernels'>,
  parameter: Parameter,
  use: (structure: Structure) => T,
): T {
  const { storage, rows, cols, length } = parameter;
  if (storage.format !== 'dense') return use((storage as SparseStorage).structure);
  const bytes = engine.memory.allocate(length, false);
  let structure: Structure | undefined;
  try {
    const mask = parameter.readMask();
    if (mask) bytes.u8(length).set(mask);
    else bytes.u8(length).fill(1);
    structure = Structure.fromMask(engine, kernels, { rows, cols, height: 1 }, bytes.address);
    return use(structure);
  } finally {
    bytes.free();
    structure?.free();
  }
}

/** `count` positions, ascending, out of those below `total` that are not in the ascending list `present`. */
export function randomAbsent(
  random: Random,
  total: number,
  present: Uint32Array,
  count: number,
): Uint32Array {
  const ranks = sample(random, total - present.length, count);
  let before = 0; // of `present`, below the position at hand
  return ranks.map((rank) => {
    while (before < present.length && present[before]! <= rank + before) before++;
    return rank + before;
  });
}

/** The `count` highest of some candidates; ties keep the lower position, and positions come out ascending. */
export function highest({ positions, scores }: Candidates, count: number): Candidates {
  if (positions.length <= count) return { positions, scores };
  const mask = keepHighest([sortableKeys('regrowth', scores)], count)[0]!;
  const kept = { positions: new Uint32Array(count), scores: new Float32Array(count) };
  let next = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    kept.positions[next] = positions[i]!;
    kept.scores[next++] = scores[i]!;
  }
  return kept;
}

/** Gradients that are looked at together: 4 MB of them. */
const SLAB = 2 ** 20;

/**
 * The absent connections with the largest gradients, at most `count`: score = |dL/dw|, summed over the rows of a block. Of a
 * weight in dense storage the pass holds them all, where it is `raw`; for one that is stored sparse the gradient is made for a slab
 * of rows at a time and forgotten again.
 */
export function steepestAbsent(
  model: Pick<Trainable, 'engine' | 'kernels' | 'parameters'>,
  pass: WeightPass,
  count: number,
): Candidates {
  const parameter = model.parameters[pass.index]!;
  return withStructure(model, parameter, (structure) => search(model, pass, structure, count));
}

function search(model: Owner, pass: WeightPass, structure: Structure, count: number): Candidates {
  const { groups, grid } = structure;
  const { rows, cols, height } = grid;
  const slabGroups = Math.min(groups, Math.max(1, Math.floor(SLAB / (cols * height))));
  const collected = (gradients: RowGradients) => collect(model, structure, slabGroups, count, gradients);
  if (pass.parameters[0]!.format === 'dense') {
    return collected((first) => pass.gradients[0]! + first * cols * 4);
  }
  return withRowGradients(model, pass, Math.min(rows, slabGroups * height), collected);
}

/** The best of all slabs. */
function collect(
  { engine: { memory }, kernels }: Owner,
  { grid, groups, rowPtr, colIdx }: Structure,
  slabGroups: number,
  count: number,
  gradients: RowGradients,
): Candidates {
  const { cols, height } = grid;
  const capacity = 2 * count + slabGroups * cols;
  const [scores, positions] = memory.allOrNothing(() => [
    memory.allocate(capacity * 4, false),
    memory.allocate(capacity * 4, false),
  ]);
  try {
    let found = 0;
    let threshold = 0; // what has no gradient at all is no candidate
    const take = () =>
      highest({ positions: positions.u32(found).slice(), scores: scores.f32(found).slice() }, count);
    for (let first = 0; first < groups; first += slabGroups) {
      const here = Math.min(slabGroups, groups - first);
      const rows = Math.min(here * height, grid.rows - first * height);
      const from = gradients(first * height, rows);
      const [to, at] = [scores.address, positions.address];
      found = kernels.collect_absent_f32(
        to,
        at,
        found,
        from,
        rowPtr,
        colIdx,
        first,
        here,
        rows,
        cols,
        height,
        threshold,
      );
      if (found <= 2 * count) continue;
      // Later ones have higher positions and lose ties: only larger scores can still get in.
      const best = take();
      positions.u32(count).set(best.positions);
      scores.f32(count).set(best.scores);
      found = count;
      if (count > 0) threshold = best.scores.reduce((least, score) => Math.min(least, score), Infinity);
    }
    return take();
  } finally {
    scores.free();
    positions.free();
  }
}
