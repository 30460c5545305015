/** Whole layers leave a model. */
import { removableLayers } from '../graph/removable.js';
import { keptOf } from './allocations/index.js';
import type { Calibration } from './calibration.js';
import { cutOf } from './cut.js';
import type { Applied } from './mask.js';
import type { RemovalAxes, RemovalState } from './removalState.js';
import type { Resizable } from './resizable.js';
import { keepHighest, sortableKeys } from './select.js';
import { removeLayers } from './surgery.js';
import { scoreRows } from './unitScores.js';

/** Scores of layers and blocks by their present names: the mean over the rows of a weight, and over the weights of a block. */
async function scoreLayers(
  model: Resizable,
  names: readonly string[],
  axes: RemovalAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
): Promise<Float32Array> {
  const runs = removableLayers(model.graph);
  const weights = names.map((name) =>
    runs
      .find((run) => run.name === name)!
      .nodes.flatMap((node) => {
        const index = model.parameters.findIndex((parameter) => parameter.name === `${node.name}.weight`);
        return index < 0 ? [] : [{ index, parameter: model.parameters[index]! }];
      }),
  );
  const rows = await scoreRows(model, weights.flat(), axes, sparsity, seed, calibration);
  const mean = (list: ArrayLike<number> & Iterable<number>) =>
    [...list].reduce((a, b) => a + b, 0) / list.length;
  let next = 0;
  return Float32Array.from(weights, (own) => mean(own.map(() => mean(rows[next++]!))));
}

/** Removes layers until `sparsity` of the candidates are gone: those whose weights score least on average. */
export async function removeWholeLayers(
  model: Resizable,
  axes: RemovalAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
  state: RemovalState,
): Promise<Applied> {
  const present = [...state.candidates.entries()];
  const own = await scoreLayers(
    model,
    present.map(([, now]) => now),
    axes,
    sparsity,
    seed,
    calibration,
  );
  // As they were when it began: layers that are gone have the key 0.
  const names = state.began;
  const [scores, keys] = [new Float32Array(names.length), new Uint32Array(names.length)];
  const ownKeys = sortableKeys('layers', own);
  present.forEach(([name], i) => {
    const at = names.indexOf(name);
    [scores[at], keys[at]] = [own[i]!, ownKeys[i]!];
  });
  const [mask] = keepHighest([keys], keptOf(names.length, sparsity));
  const going = names.filter((_, i) => keys[i] !== 0 && mask![i] === 0);
  const renamed = removeLayers(
    model,
    going.map((name) => state.candidates.get(name)!),
  );
  state.keepLayers(going, renamed);
  const tensor = { name: 'layers', shape: [names.length], length: names.length, columns: names.length };
  const cut = cutOf({ tensor: { ...tensor, keys, deviation: () => 0 }, scores, positions: null }, mask!);
  return { guarded: [], cuts: [cut] };
}
