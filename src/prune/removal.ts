/** Pruning of units: scores, allocation, and their removal from the model. */
import { type UnitGroup, unitGroups } from '../graph/units.js';
import type { TensorValues } from '../tensor/values.js';
import type { ScoredTensor } from './allocations/index.js';
import type { Calibration } from './calibration.js';
import { type Cut, cutOf } from './cut.js';
import { removeWholeLayers } from './layerRemoval.js';
import { type Applied, chooseMasks } from './mask.js';
import type { RemovalAxes, RemovalState, UnitLayer } from './removalState.js';
import type { Resizable } from './resizable.js';
import { keepHighest, sortableKeys } from './select.js';
import { removeUnits } from './surgery.js';
import { scoreUnits, weightOf } from './unitScores.js';

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

async function chooseUnits(
  model: Resizable,
  axes: RemovalAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
  state: RemovalState,
): Promise<Choice> {
  const groups = unitGroups(model.graph).filter(({ name }) => state.layers.has(name));
  const layers = groups.map(({ name }) => state.layers.get(name)!);
  const weights = groups.map((group) => weightOf(model, group));
  const scores = await scoreUnits(model, weights, axes, sparsity, seed, calibration);
  const tensors = groups.map(({ name }, i) => tensorOf(name, layers[i]!, scores[i]!));
  const { masks, guarded } = chooseMasks(
    tensors.map(({ tensor }) => tensor),
    axes,
    sparsity,
  );
  const present = (i: number, mask: Uint8Array) => Uint8Array.from(layers[i]!.origins, (at) => mask[at]!);
  const keeps = new Map(groups.map(({ name }, i) => [name, present(i, masks[i]!)]));
  if (!axes.structure.greedy) return { keeps, guarded, cuts: tensors.map((one, i) => cutOf(one, masks[i]!)) };
  const saved: TensorValues[] = model.parameters.map((parameter) => parameter.values());
  try {
    const cuts: Cut[] = [];
    for (const [i, group] of groups.entries()) {
      const count = masks[i]!.reduce((sum, kept) => sum + kept, 0);
      const { index } = weights[i]!;
      const [own] = await scoreUnits(model, [weights[i]!], axes, sparsity, seed, calibration, index);
      const tensor = tensorOf(group.name, layers[i]!, own!);
      const mask = keepHighest([tensor.tensor.keys], count)[0]!;
      keeps.set(group.name, present(i, mask));
      cuts.push(cutOf(tensor, mask));
      silence(model, group, keeps.get(group.name)!);
    }
    return { keeps, cuts, guarded };
  } finally {
    model.parameters.forEach((parameter, i) => {
      parameter.restore(saved[i]!);
    });
  }
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
  for (const [name, keep] of keeps) {
    const layer = state.layers.get(name)!;
    layer.origins = layer.origins.filter((_, i) => keep[i] === 1);
  }
  return { cuts, guarded };
}
