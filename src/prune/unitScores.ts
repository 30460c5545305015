/** Scores of the units of groups. */
import type { UnitGroup } from '../graph/units.js';
import { type Calibration, study } from './calibration.js';
import { inRows } from './inRows.js';
import type { RemovalAxes } from './removalState.js';
import type { Resizable } from './resizable.js';
import { type PrunableWeight, scoreWeights, type WeightScores } from './score.js';
import { poolScores } from './structures/pool.js';

/** A weight that ranks the units of a group: unit u has `stride` of its rows or columns. */
interface Ranking extends PrunableWeight {
  readonly axis: 'rows' | 'cols';
  readonly stride: number;
}

/** The weights that rank the units of a group: those that make them, or those that read them. */
function rankingsOf(
  model: Resizable,
  { members, producers }: UnitGroup,
  { criterion, structure }: RemovalAxes,
): Ranking[] {
  const axis = structure.by === 'readers' && criterion.scores !== 'units' ? 'cols' : 'rows';
  const names = producers.map(({ name }) => `${name}.weight`);
  return members.flatMap(({ parameter: index, axis: own, stride }) => {
    const parameter = model.parameters[index]!;
    const ranks = own === axis && (axis === 'cols' || names.includes(parameter.name));
    return ranks ? [{ index, parameter, axis, stride }] : [];
  });
}

/** Scores of some weights, as asked for by the axes. */
async function scoresOf(
  model: Resizable,
  weights: readonly PrunableWeight[],
  { criterion }: RemovalAxes,
  share: number,
  seed: number,
  calibration: Calibration,
  alone: boolean,
): Promise<WeightScores[]> {
  const only = alone && weights.length === 1 ? weights[0]!.index : undefined;
  const phase = alone
    ? `ranking ${weights.map(({ parameter }) => parameter.name).join(', ')}`
    : 'ranking units';
  const statistics = await study(model, criterion.needs ?? [], calibration, phase, only);
  const scoring = { ...calibration.reporting, criterion, statistics, seed, share: () => share, whole: true };
  return inRows(weights, () => scoreWeights(model, weights, scoring));
}

/** Scores of the rows of weights, pooled where the criterion scores single weights. */
export async function scoreRows(
  model: Resizable,
  weights: readonly PrunableWeight[],
  axes: RemovalAxes,
  share: number,
  seed: number,
  calibration: Calibration,
): Promise<Float32Array[]> {
  const scored = await scoresOf(model, weights, axes, share, seed, calibration, false);
  return scored.map((one, i) => unitsOf(one, { ...weights[i]!, axis: 'rows', stride: 1 }, axes));
}

/** Scores of the units that one weight ranks: over all their weights, or the mean of those of their rows. */
function unitsOf(
  { scores, live }: WeightScores,
  ranking: Ranking,
  { criterion, structure }: RemovalAxes,
): Float32Array {
  const { parameter, axis, stride } = ranking;
  const { rows, cols } = parameter;
  const units = (axis === 'rows' ? rows : cols) / stride;
  if (criterion.scores === 'units') {
    if (stride === 1) return scores;
    const of = Uint32Array.from({ length: rows }, (_, row) => Math.floor(row / stride));
    return poolScores('mean', scores, of, units, null);
  }
  const of = Uint32Array.from({ length: rows * cols }, (_, i) =>
    Math.floor((axis === 'rows' ? Math.floor(i / cols) : i % cols) / stride),
  );
  return poolScores(structure.pool, scores, of, units, live);
}

/** Mean of several lists, place by place, in float64. */
function meanOf(lists: readonly Float32Array[]): Float32Array {
  if (lists.length === 1) return lists[0]!;
  return lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0) / lists.length);
}

/**
 * Scores of the units of some groups: the mean over the weights that rank them (Fang et al. 2023, arXiv:2301.12900). `alone` where a
 * group is ranked by itself, amid a greedy removal.
 */
export async function scoreUnits(
  model: Resizable,
  groups: readonly UnitGroup[],
  axes: RemovalAxes,
  share: number,
  seed: number,
  calibration: Calibration,
  alone = false,
): Promise<Float32Array[]> {
  const rankings = groups.map((group) => rankingsOf(model, group, axes));
  const scored = await scoresOf(model, rankings.flat(), axes, share, seed, calibration, alone);
  let next = 0;
  return rankings.map((own) => meanOf(own.map((ranking) => unitsOf(scored[next++]!, ranking, axes))));
}
