import type { CriterionContext } from './criterion.js';

type Score = (context: CriterionContext, gram: Float64Array) => Promise<Float32Array>;

async function partByPart(
  context: CriterionContext,
  gram: Float64Array,
  score: Score,
): Promise<Float32Array> {
  const { weight, mask, shape, groups = 1, onProgress } = context;
  const [rows, ...rest] = shape as [number, ...number[]];
  const [length, entries] = [weight.length / groups, gram.length / groups];
  const scores = new Float32Array(weight.length);
  for (let g = 0; g < groups; g++) {
    const part: CriterionContext = {
      ...context,
      shape: [rows / groups, ...rest],
      groups: 1,
      weight: weight.subarray(g * length, (g + 1) * length),
      mask: mask?.subarray(g * length, (g + 1) * length) ?? null,
      onProgress: (done, total) => onProgress?.(g * total + done, groups * total),
    };
    scores.set(await score(part, gram.subarray(g * entries, (g + 1) * entries)), g * length);
  }
  return scores;
}

/**
 * Calls `score` for every part of the rows that has inputs of its own (see CriterionContext.groups), with its part of the
 * statistic `gram`; the scores of all, one behind the other.
 */
export function eachGroup(
  context: CriterionContext,
  gram: Float64Array,
  score: Score,
): Promise<Float32Array> {
  return (context.groups ?? 1) === 1 ? score(context, gram) : partByPart(context, gram, score);
}
