/** Scores of the units of layers. */
import type { UnitGroup } from '../graph/units.js';
import { type Calibration, study } from './calibration.js';
import { inRows } from './inRows.js';
import type { RemovalAxes } from './removalState.js';
import type { Resizable } from './resizable.js';
import { type PrunableWeight, scoreWeights } from './score.js';
import { poolScores } from './structures/pool.js';

/** The weight that makes the units of a group. */
export function weightOf(model: Resizable, { members }: UnitGroup): PrunableWeight {
  const index = members.find(
    ({ parameter, axis }) => axis === 'rows' && model.parameters[parameter]!.prunable,
  )!.parameter;
  return { index, parameter: model.parameters[index]! };
}

/** Scores of the units of some weights. */
export async function scoreUnits(
  model: Resizable,
  weights: readonly PrunableWeight[],
  { criterion, structure }: RemovalAxes,
  share: number,
  seed: number,
  calibration: Calibration,
  only?: number,
): Promise<Float32Array[]> {
  const phase = only === undefined ? 'ranking units' : `ranking ${model.parameters[only]!.name}`;
  const statistics = await study(model, criterion.needs ?? [], calibration, phase, only);
  const scoring = { ...calibration.reporting, criterion, statistics, seed, share: () => share, whole: true };
  const scored = await inRows(weights, () => scoreWeights(model, weights, scoring));
  return scored.map(({ parameter, scores, live }) => {
    if (criterion.scores === 'units') return scores;
    const { rows, cols } = parameter;
    const of = Uint32Array.from({ length: rows * cols }, (_, i) => Math.floor(i / cols));
    return poolScores(structure.pool, scores, of, rows, live);
  });
}
