import { deriveSeed, Random } from '../../tensor/random.js';
import type { Targets } from '../../train/data.js';

/** Positions of all samples, in random order. */
function shuffled(samples: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  new Random(deriveSeed(seed, 11)).shuffle(order);
  return order;
}

/**
 * A random set with the same number of samples of every class that occurs: `perClass`, or as many as the rarest has. Where
 * targets are values, ten times `perClass` samples. Positions, ascending.
 */
export function balancedSamples(
  labels: Targets,
  samples: number,
  perClass: number,
  seed: number,
): Uint32Array {
  const order = shuffled(samples, seed);
  if (labels instanceof Float32Array) return order.slice(0, 10 * perClass).sort();
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const least = Math.min(perClass, ...counts.values());
  const taken = new Map<number, number>();
  return order
    .filter((sample) => {
      const label = labels[sample]!;
      const before = taken.get(label) ?? 0;
      taken.set(label, before + 1);
      return before < least;
    })
    .sort();
}
