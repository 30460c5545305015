/** Layer by layer from the front: every layer is ranked by the inputs that the layers before it, pruned already, hand on. */
import { AbortedError } from '../errors.js';
import type { TensorValues } from '../tensor/values.js';
import type { Trainable } from '../train/trainable.js';
import { layerOf } from './allocations/index.js';
import { type Calibration, study } from './calibration.js';
import type { Criterion } from './criteria/index.js';
import { type Cut, cutOf } from './cut.js';
import { type GroupedWeight, group } from './grouped.js';
import { inRows } from './inRows.js';
import { type Applied, applyMasks, chooseMasks, chosenWeights, type PruningAxes } from './mask.js';
import { reconstruct } from './reconstruct.js';
import { type PrunableWeight, scoreWeights } from './score.js';
import { keepHighest } from './select.js';

/** How survivors of a layer are chosen anew so that its outputs stay what they were. */
export interface Reconstruction {
  /** Added to the diagonal of the second moments of the inputs, as a share of its mean. */
  readonly damp: number;
}

const alike: Criterion = ({ weight }) => new Float32Array(weight.length).fill(1);

/** How many groups each weight keeps. Scores are those of the model as it is, where the allocation looks at any. */
async function countsOf(
  model: Trainable,
  weights: readonly PrunableWeight[],
  axes: PruningAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
): Promise<{ counts: number[]; guarded: readonly string[] }> {
  const { allocation, criterion, structure } = axes;
  const ranking = allocation.byShape ? alike : criterion;
  const statistics = await study(model, ranking.needs ?? [], calibration, 'ranking all layers');
  const share = () => sparsity;
  const scoring = { ...calibration.reporting, criterion: ranking, statistics, seed, share, whole: true };
  const scores = await scoreWeights(model, weights, scoring);
  const tensors = scores.map((one) => group(one, structure).tensor);
  const { masks, guarded } = chooseMasks(tensors, axes, sparsity);
  return { counts: masks.map((mask) => mask.reduce((sum, kept) => sum + kept, 0)), guarded };
}

/** Which groups of one weight stay: `count` of them. */
function keepOf(entry: GroupedWeight, { allocation }: PruningAxes, count: number, share: number): Uint8Array {
  const { tensor } = entry;
  // Rules inside a tensor, such as equal rows, hold here too; what goes to which layer is decided.
  if (allocation.withinTensors) return allocation([tensor], share)[0]!;
  return keepHighest([tensor.keys], count)[0]!;
}

/**
 * What stays of a layer takes over what goes, its bias included; the groups of a convolution each by itself, as they have
 * inputs of their own.
 */
async function refit(
  model: Trainable,
  { parameter, index }: PrunableWeight,
  mask: Uint8Array,
  gram: Float64Array,
  { damp }: Reconstruction,
  { reporting }: Calibration,
): Promise<void> {
  const { name } = parameter;
  const groups = parameter.spec.groups ?? 1;
  const rows = parameter.rows / groups;
  const next = model.parameters[index + 1];
  const own = next && !next.prunable && layerOf(next) === layerOf(parameter) ? next : undefined;
  const { engine } = model;
  const { signal } = reporting;
  const [weights, bias] = [parameter.read(), own?.read() ?? null];
  const [length, entries] = [weights.length / groups, gram.length / groups];
  for (let g = 0; g < groups; g++) {
    const [from, to] = [g * length, (g + 1) * length];
    const fitted = await reconstruct({
      engine,
      name,
      gram: gram.subarray(g * entries, (g + 1) * entries),
      rows,
      weights: weights.slice(from, to),
      bias: bias?.slice(g * rows, (g + 1) * rows) ?? null,
      mask: mask.subarray(from, to),
      damp,
      onProgress: (done, total) =>
        reporting.onProgress?.(`reconstructing ${name}`, g * total + done, groups * total),
      ...(signal && { signal }),
    });
    weights.set(fitted.weights, from);
    if (fitted.bias) bias!.set(fitted.bias, g * rows);
  }
  parameter.write(weights);
  if (bias) own!.write(bias);
}

/**
 * Prunes layer by layer: statistics are gathered anew for every layer, through those that are pruned already, and with
 * `reconstruction` what stays of a layer takes over what went. Masks are set for all at the end; until then, and when
 * anything throws, moments stay and values come back.
 */
export async function applyLayerwise(
  model: Trainable,
  axes: PruningAxes,
  sparsity: number,
  seed: number,
  calibration: Calibration,
  reconstruction: Reconstruction | undefined,
): Promise<Applied> {
  const weights = chosenWeights(model, axes.layers);
  const saved: TensorValues[] = model.parameters.map((parameter) => parameter.values());
  try {
    return await inRows(weights, async () => {
      const { counts, guarded } = await countsOf(model, weights, axes, sparsity, seed, calibration);
      const masks: Uint8Array[] = [];
      const cuts: Cut[] = [];
      for (const [i, weight] of weights.entries()) {
        if (calibration.signal?.aborted) {
          throw new AbortedError(`prune: aborted before ${weight.parameter.name}`, {
            cause: calibration.signal.reason,
          });
        }
        const { parameter, index } = weight;
        const { criterion, structure } = axes;
        const phase = `ranking ${parameter.name}`;
        const needs = [
          ...new Set([...(criterion.needs ?? []), ...(reconstruction ? ['gram' as const] : [])]),
        ];
        const statistics = await study(model, needs, calibration, phase, index);
        const { rows, cols } = structure.groups(parameter);
        const share = 1 - counts[i]! / (rows * cols);
        const scoring = {
          ...calibration.reporting,
          criterion,
          statistics,
          seed,
          share: () => share,
          whole: true,
        };
        const [scores] = await scoreWeights(model, [weight], scoring);
        const grouped = group(scores!, structure);
        const keep = keepOf(grouped, axes, counts[i]!, share);
        cuts.push(cutOf(grouped, keep));
        const mask = grouped.mask(keep);
        masks.push(mask);
        if (reconstruction) {
          await refit(model, weight, mask, statistics.get(index)!.gram!, reconstruction, calibration);
        } else {
          const values = parameter.read();
          parameter.write(values.map((value, at) => (mask[at] === 1 ? value : 0)));
        }
      }
      await applyMasks(model, weights, masks);
      return { guarded, cuts };
    });
  } catch (error) {
    model.parameters.forEach((parameter, i) => {
      parameter.restore(saved[i]!);
    });
    throw error;
  }
}
