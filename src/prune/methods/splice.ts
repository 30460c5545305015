/** Which connections dynamic network surgery cuts and splices back. */
import { OptionError } from '../../errors.js';
import { show } from '../../options.js';
import type { Schedule } from '../../schedules/index.js';
import { type CheckpointValue, listOf, numberOf } from '../../train/checkpoint/read.js';
import type { Trainable } from '../../train/trainable.js';
import type { Allocation } from '../allocations/index.js';
import { rankedMasks } from './ranking.js';
import type { ShadowedWeight, Shadows } from './shadows.js';

/** Decides the masks from the sizes of the shadows. */
export interface Splice {
  /** One update of all masks, at a step. */
  update(step: number): void;
  /** What it keeps from one update to the next. */
  state?(): CheckpointValue;
  restore?(state: CheckpointValue): void;
}

/** c of every weight, in their order; null leaves a layer alone. Throws OptionError for layers that there are not. */
export function thresholdsOf(
  model: Pick<Trainable, 'parameters'>,
  c: number | Readonly<Record<string, number>>,
): readonly (number | null)[] {
  const layers = model.parameters.flatMap(({ prunable, name }) =>
    prunable ? [name.slice(0, name.lastIndexOf('.'))] : [],
  );
  if (typeof c === 'number') return layers.map(() => c);
  const other = Object.keys(c).find((name) => !layers.includes(name));
  if (other !== undefined) {
    throw new OptionError(
      `dynamicNetworkSurgery: layers of c must be among ${layers.join(', ')}, got ${show(other)}`,
    );
  }
  return layers.map((layer) => c[layer] ?? null);
}

/** max(mean + c deviations, 0) of the sizes of what is not zero. */
export function threshold(values: Float32Array, c: number): number {
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > 0) count++;
    sum += size;
    squares += size * size;
  }
  if (count === 0) return 0;
  const mean = sum / count;
  return Math.max(mean + c * Math.sqrt(Math.max(squares / count - mean * mean, 0)), 0);
}

/** The largest weight stays where a threshold would take all of them. */
function keepOne({ kernels, engine }: Trainable, { parameter, shadow }: ShadowedWeight, mask: number): void {
  if (kernels.mask_count(mask, parameter.length) > 0) return;
  const sizes = shadow.f32(parameter.length);
  let best = 0;
  for (let i = 1; i < sizes.length; i++) if (Math.abs(sizes[i]!) > Math.abs(sizes[best]!)) best = i;
  new Uint8Array(engine.memory.buffer)[mask + best] = 1;
}

/** By one threshold a layer, set at the first update: cut at |w| <= (1 - band) t, spliced back at |w| > (1 + band) t. */
export function thresholdSplice(
  model: Trainable,
  shadows: Shadows,
  c: readonly (number | null)[],
  band: number,
): Splice {
  let thresholds: readonly (number | null)[] | undefined;
  const update = () => {
    thresholds ??= shadows.weights.map(({ parameter, shadow }, i) =>
      c[i] == null ? null : threshold(shadow.f32(parameter.length), c[i]),
    );
    shadows.weights.forEach((weight, i) => {
      const t = thresholds![i];
      if (t == null) return;
      shadows.remask(weight, (mask) => {
        const { parameter, shadow } = weight;
        model.kernels.splice_f32(mask, shadow.address, parameter.length, (1 - band) * t, (1 + band) * t);
        keepOne(model, weight, mask);
      });
    });
  };
  return {
    update,
    state: () => thresholds ?? null,
    restore(state) {
      const kept = state === null ? undefined : listOf('thresholds', state, shadows.weights.length);
      thresholds = kept?.map((t) => (t === null ? null : numberOf('threshold', t)));
    },
  };
}

/**
 * To a share of zeros: the threshold is the one that cuts so many. Live weights rank by |w| / (1 - band), others by
 * |w| / (1 + band), which is the rule of thresholdSplice() for the threshold that comes out.
 */
export function targetSplice(
  model: Trainable,
  shadows: Shadows,
  target: { readonly sparsityAt: Schedule; readonly allocation: Allocation },
  band: number,
): Splice {
  const { engine, kernels } = model;
  const update = (step: number) => {
    const longest = Math.max(0, ...shadows.weights.map(({ parameter }) => parameter.length));
    const room = engine.memory.allocate(longest * 4, false);
    try {
      const scores = (weight: ShadowedWeight) => {
        const { length } = weight.parameter;
        const [live, pruned] = [1 + band, 1 - band];
        kernels.biased_abs_f32(
          room.address,
          weight.shadow.address,
          shadows.mask(weight),
          length,
          live,
          pruned,
        );
        return room.f32(length).slice();
      };
      const masks = rankedMasks(shadows.weights, scores, target.allocation, target.sparsityAt(step));
      shadows.weights.forEach((weight, i) => {
        shadows.remask(weight, (mask) => new Uint8Array(engine.memory.buffer).set(masks[i]!, mask));
      });
    } finally {
      room.free();
    }
  };
  return { update };
}
