/** Pruning of units: scores, allocation, and their removal from the model. */
import type { UnitGroup } from '../graph/units.js';
import type { TensorValues } from '../tensor/values.js';
import type { ScoredTensor } from './allocations/index.js';
import type { Calibration } from './calibration.js';
import { type Cut, cutOf } from './cut.js';
import { removeWholeLayers } from './layerRemoval.js';
import { type Applied, chooseMasks } from './mask.js';
import { groupsOf, type RemovalAxes, type RemovalState, type UnitLayer } from './removalState.js';
import type { Resizable } from './resizable.js';
import { keepHighest, sortableKeys } from './select.js';
import { removeUnits } from './surgery.js';
import { scoreUnits } from './unitScores.js';

/** The units of a layer as they were when it began: those that are gone have the key 0. */
function tensorOf(name: string, { units, origins }: UnitLayer, scores: Float32Array) {
  const all = new Float32Array(units);
  const keys = new Uint32Array(units);
  const own = sortableKeys(name, scores);
  origins.forEach((at, i) => {
    all[at] = scores[i]!;
    keys[at] = own[i]!;
  });
  const tensor: ScoredTensor = {
    name,
    shape: [units],
    length: units,
    keys,
    columns: units,
    deviation: () => 0,
  };
  return { tensor, scores: all, positions: null };
}

/** Sets everything that the units of a group make or are read by to zero, where they do not stay; masks are as they were. */
function silence(model: Resizable, { members }: UnitGroup, keep: Uint8Array): void {
  for (const { parameter: index, axis, stride } of members) {
    const parameter = model.parameters[index]!;
    const { cols } = parameter;
    const values = parameter.read();
    for (let i = 0; i < values.length; i++) {
      const place = axis === 'rows' ? Math.floor(i / cols) : i % cols;
      if (keep[Math.floor(place / stride)] === 0) values[i] = 0;
    }
    parameter.write(values);
  }
}

/** Which units of every group stay, by their present places. */
interface Choice {
  readonly keeps: ReadonlyMap<string, Uint8Array>;
  readonly cuts: readonly Cut[];
  readonly guarded: readonly string[];
}

/** The groups that a removal began with. */
interface Entry {
  readonly layer: UnitLayer;
  /** Left out where one unit is left that a convolution of one channel only hands on: it stays. */
  readonly group: UnitGroup | undefined;
  readonly grouped: ReturnType<typeof tensorOf>;
}

async function entriesOf(
  model: Resizable,
  state: RemovalState,
  score: (groups: readonly UnitGroup[]) => Promise<Float32Array[]>,
  axes: RemovalAxes,
): Promise<Entry[]> {
  const present = groupsOf(model.graph, axes.structure).filter(({ name }) => state.layers.has(name));
  const scores = await score(present);
  return [...state.layers].map(([name, layer]) => {
    const at = present.findIndex((group) => group.name === name);
    const own = scores[at] ?? new Float32Array(layer.origins.length).fill(Infinity);
    return { layer, group: present[at], grouped: tensorOf(name, layer, own) };
  });
}

const present = ({ layer }: Entry, mask: Uint8Array) => Uint8Array.from(layer.origins, (at) => mask[at]!);

/** Ranks group by group, each as it is when the units before it are gone; values are put back in the end. */
async function chooseGreedily(
  model: Resizable,
  entries: readonly (Entry & { readonly group: UnitGroup })[],
  counts: readonly number[],
  score: (groups: readonly UnitGroup[]) => Promise<Float32Array[]>,
): Promise<Pick<Choice, 'keeps' | 'cuts'>> {
  const saved: TensorValues[] = model.parameters.map((parameter) => parameter.values());
  const keeps = new Map<string, Uint8Array>();
  const cuts: Cut[] = [];
  try {
    for (const [i, entry] of entries.entries()) {
      const { group, layer } = entry;
      const [own] = await score([group]);
      const grouped = tensorOf(group.name, layer, own!);
      const mask = keepHighest([grouped.tensor.keys], counts[i]!)[0]!;
      const keep = present(entry, mask);
      keeps.set(group.name, keep);
      cuts.push(cutOf(grouped, mask));
      silence(model, group, keep);
    }
    return { keeps, cuts };
  } finally {
    model.parameters.forEach((parameter, i) => {
      parameter.restore(saved[i]!);
    });
  }
}

async function chooseUnits(
  model: Resizable,
  axes: RemovalAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
  state: RemovalState,
): Promise<Choice> {
  const score = (alone: boolean) => (groups: readonly UnitGroup[]) =>
    scoreUnits(model, groups, axes, sparsity, seed, calibration, alone);
  const entries = await entriesOf(model, state, score(false), axes);
  const tensors = entries.map(({ grouped }) => grouped.tensor);
  const { masks, guarded } = chooseMasks(tensors, axes, sparsity);
  const chosen = entries.flatMap((entry, i) => {
    const { group } = entry;
    return group ? [{ ...entry, group, mask: masks[i]! }] : [];
  });
  if (axes.structure.greedy) {
    const counts = chosen.map(({ mask }) => mask.reduce((sum, kept) => sum + kept, 0));
    return { ...(await chooseGreedily(model, chosen, counts, score(true))), guarded };
  }
  const keeps = new Map(chosen.map((entry) => [entry.group.name, present(entry, entry.mask)]));
  return { keeps, guarded, cuts: chosen.map(({ grouped, mask }) => cutOf(grouped, mask)) };
}

/**
 * Removes units or layers of the model until `sparsity` of those it began with are gone. All or nothing.
 *
 * @throws OptionError when a layer would lose all its units.
 */
export async function applyRemoval(
  model: Resizable,
  axes: RemovalAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
  state: RemovalState,
): Promise<Applied> {
  if (axes.structure.prunes === 'layers') {
    return removeWholeLayers(model, axes, sparsity, seed, calibration, state);
  }
  const { keeps, cuts, guarded } = await chooseUnits(model, axes, sparsity, seed, calibration, state);
  removeUnits(model, keeps);
  for (const [name, keep] of keeps) state.keepUnits(name, keep);
  return { cuts, guarded };
}
