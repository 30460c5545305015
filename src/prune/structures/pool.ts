/** One score from many. */

/** `'sum'` of absolute weights is the L1 norm, `'l2'` the Euclidean one; `'mean'` does not depend on how many there are. */
export type PoolName = 'sum' | 'mean' | 'l2' | 'max';

export const poolNames: readonly PoolName[] = ['sum', 'mean', 'l2', 'max'];

/**
 * Scores of groups from those of weights, in float64. `of` tells the group of every weight; `live`, where given, leaves out
 * weights that are pruned. A group without live weights scores 0.
 */
export function poolScores(
  name: PoolName,
  scores: Float32Array,
  of: Uint32Array,
  groups: number,
  live: Uint8Array | null,
): Float32Array {
  const totals = new Float64Array(groups).fill(name === 'max' ? -Infinity : 0);
  const counts = new Uint32Array(groups);
  scores.forEach((score, i) => {
    if (live && live[i] === 0) return;
    const group = of[i]!;
    counts[group]!++;
    if (name === 'max') totals[group] = Math.max(totals[group]!, score);
    else totals[group]! += name === 'l2' ? score * score : score;
  });
  return Float32Array.from(totals, (total, group) => {
    if (counts[group] === 0) return 0;
    if (name === 'mean') return total / counts[group]!;
    return name === 'l2' ? Math.sqrt(total) : total;
  });
}
