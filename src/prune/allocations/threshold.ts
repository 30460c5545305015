import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import { expectNumber, show } from '../../options.js';
import { returned } from '../returned.js';
import { keyOf } from '../select.js';
import { layerOf, type ScoredTensor } from './allocation.js';

/** Scores below which weights go, one for each tensor. */
export interface Threshold {
  (tensors: readonly ScoredTensor[]): readonly number[];
  /** True for a rule that looks at no keys: see Allocation. */
  readonly stored?: boolean;
}

/**
 * Thresholds of q standard deviations of the weights of each layer, for prune({ threshold }); one q for all layers or one by
 * name, such as { dense1: 2, dense2: 1.5 } (layers without one keep everything). Han et al. 2015, arXiv:1506.02626.
 * Throws OptionError for a q below 0, and when it is used on a model without such a layer.
 */
export function standardDeviations(q: number | Readonly<Record<string, number>>): Threshold {
  const byName = typeof q === 'object' && q !== null ? q : undefined;
  if (byName) {
    for (const [name, value] of Object.entries(byName)) {
      expectNumber('standardDeviations', name, value, 0);
    }
  } else expectNumber('standardDeviations', 'q', q, 0);
  const rule = (tensors: readonly ScoredTensor[]) => {
    const known = tensors.map(layerOf);
    const other = Object.keys(byName ?? {}).find((name) => !known.includes(name));
    if (other !== undefined) {
      throw new OptionError(
        `standardDeviations: layers must be among ${known.join(', ')}, got ${show(other)}`,
      );
    }
    return tensors.map((tensor) => {
      const factor = byName ? (byName[layerOf(tensor)] ?? 0) : (q as number);
      return factor === 0 ? Number.NEGATIVE_INFINITY : factor * tensor.deviation();
    });
  };
  return describedAs(
    { kind: 'standardDeviations', q: byName ? { ...byName } : q },
    Object.assign(rule, { stored: true }),
  );
}

/** Masks that keep every score that is not below its threshold; what is pruned stays so. */
export function keepAbove(tensors: readonly ScoredTensor[], threshold: Threshold): Uint8Array[] {
  const limits: unknown = threshold(tensors);
  const good = Array.isArray(limits) && limits.length === tensors.length;
  if (!good || !limits.every((limit) => typeof limit === 'number' && !Number.isNaN(limit))) {
    throw new OptionError(
      `prune: threshold must return ${tensors.length} numbers, one for each weight, got ${returned(limits)}`,
    );
  }
  return tensors.map(({ keys }, i) => {
    const limit = keyOf(limits[i]);
    return Uint8Array.from(keys, (key) => (key !== 0 && key >= limit ? 1 : 0));
  });
}
