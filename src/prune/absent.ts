/** Connections that a sparse weight does not have: picked at random, or by their gradient. */
import { Structure } from '../tensor/formats/index.js';
import type { SparseStorage } from '../tensor/formats/sparse.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Random, sample } from '../tensor/random.js';
import type { Trainable } from '../train/trainable.js';
import type { WeightPass } from '../train/trainer.js';
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
 * The absent connections with the largest gradients, at most `count`: score = |dL/dw|, summed over the rows of a block.
 * The gradient is made for a slab of rows at a time and forgotten again.
 */
export function steepestAbsent(
  model: Pick<Trainable, 'engine' | 'kernels' | 'parameters'>,
  pass: WeightPass,
  count: number,
): Candidates {
  const parameter = model.parameters[pass.index]!;
  return withStructure(model, parameter, (structure) => search(model, pass, structure, count));
}

function search(
  { engine, kernels }: Pick<Trainable, 'engine' | 'kernels'>,
  { x, dy, inputs, outputs, lanes, tiles }: WeightPass,
  structure: Structure,
  count: number,
): Candidates {
  const { memory } = engine;
  const { height } = structure.grid;
  const { groups } = structure;
  const slabGroups = Math.min(groups, Math.max(1, Math.floor(SLAB / (inputs * height))));
  const slabRows = Math.min(outputs, slabGroups * height);
  const panels = (tiles * lanes) / 8;
  const capacity = 2 * count + slabGroups * inputs;
  const sizes = [
    inputs * panels * 32,
    slabRows * panels * 32,
    slabRows * inputs * 4,
    Math.ceil(inputs / 8) * (panels * 288 + 4) + panels * 160 + 64,
    capacity * 4,
    capacity * 4,
  ];
  const blocks = memory.allOrNothing(() => sizes.map((bytes) => memory.allocate(bytes, false)));
  const [xs, dys, gradient, scratch, scores, positions] = blocks as [(typeof blocks)[0], ...typeof blocks];
  try {
    kernels.panels_from_tiles_f32(xs.address, x, inputs, 0, inputs, lanes, tiles);
    let found = 0;
    let threshold = 0; // what has no gradient at all is no candidate
    const take = () =>
      highest({ positions: positions!.u32(found).slice(), scores: scores!.f32(found).slice() }, count);
    for (let first = 0; first < groups; first += slabGroups) {
      const here = Math.min(slabGroups, groups - first);
      const rows = Math.min(here * height, outputs - first * height);
      kernels.panels_from_tiles_f32(dys!.address, dy, outputs, first * height, rows, lanes, tiles);
      kernels.gemm_nt_f32(
        gradient!.address,
        dys!.address,
        xs.address,
        rows,
        inputs,
        panels,
        scratch!.address,
      );
      found = kernels.collect_absent_f32(
        scores!.address,
        positions!.address,
        found,
        gradient!.address,
        structure.rowPtr,
        structure.colIdx,
        first,
        here,
        rows,
        inputs,
        height,
        threshold,
      );
      if (found <= 2 * count) continue;
      // Later ones have higher positions and lose ties: only larger scores can still get in.
      const best = take();
      positions!.u32(count).set(best.positions);
      scores!.f32(count).set(best.scores);
      found = count;
      if (count > 0) threshold = best.scores.reduce((least, score) => Math.min(least, score), Infinity);
    }
    return take();
  } finally {
    for (const block of blocks) block.free();
  }
}
