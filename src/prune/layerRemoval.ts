/** Whole layers leave a model. */
import { keptOf } from './allocations/index.js';
import type { Calibration } from './calibration.js';
import { cutOf } from './cut.js';
import type { Applied } from './mask.js';
import type { RemovalAxes, RemovalState } from './removalState.js';
import type { Resizable } from './resizable.js';
import { keepHighest, sortableKeys } from './select.js';
import { removeLayers } from './surgery.js';
import { scoreUnits } from './unitScores.js';

/** Removes layers until `sparsity` of the candidates are gone: those whose weights score least on average. */
export async function removeWholeLayers(
  model: Resizable,
  axes: RemovalAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
  state: RemovalState,
): Promise<Applied> {
  const names = [...state.candidates.keys()];
  const nodes = names.map((name) => state.candidates.get(name)!);
  const weights = nodes.map((name) => {
    const index = model.parameters.findIndex((parameter) => parameter.name === `${name}.weight`);
    return { index, parameter: model.parameters[index]! };
  });
  const units = await scoreUnits(model, weights, axes, sparsity, seed, calibration);
  const scores = Float32Array.from(units, (list) => {
    return list.reduce((sum, score) => sum + score, 0) / list.length;
  });
  const kept = keptOf(state.census.total, sparsity);
  const keys = sortableKeys('layers', scores);
  const [mask] = keepHighest([keys], kept);
  const going = names.filter((_, i) => mask![i] === 0);
  const renamed = removeLayers(
    model,
    going.map((name) => state.candidates.get(name)!),
  );
  for (const [name, now] of [...state.candidates]) {
    if (going.includes(name)) state.candidates.delete(name);
    else state.candidates.set(name, renamed.get(now)!);
  }
  const tensor = { name: 'layers', shape: [names.length], length: names.length, columns: names.length };
  const cut = cutOf({ tensor: { ...tensor, keys, deviation: () => 0 }, scores, positions: null }, mask!);
  return { guarded: [], cuts: [cut] };
}
