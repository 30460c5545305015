import { describedAs } from '../../described.js';
import { OptionError } from '../../errors.js';
import { rounded } from '../../graph/distributions.js';
import { expectNumber, show } from '../../options.js';
import { type Allocation, keptOf, layerOf, type ScoredTensor, type TensorShape } from './allocation.js';
import { keepCounts } from './kept.js';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * A share of zeros for every layer by name, such as `{ dense1: 0.95, dense2: 0.8 }`; layers without one stay as they are.
 * They make the sparsity over all: leave `sparsity` out of prune(). In rounds, all layers approach their shares together.
 * Throws OptionError for layers that the model does not have, and for shares outside [0, 1].
 */
export function perLayer(shares: Readonly<Record<string, number>>): Allocation {
  if (typeof shares !== 'object' || shares === null) {
    throw new OptionError(`perLayer: shares must be an object such as { dense1: 0.95 }, got ${show(shares)}`);
  }
  for (const [name, share] of Object.entries(shares)) expectNumber('perLayer', name, share, 0, 1);
  /** Weights that each tensor loses in the end. */
  const lossesOf = (tensors: readonly TensorShape[]) => {
    const known = tensors.map(layerOf);
    const other = Object.keys(shares).find((name) => !known.includes(name));
    if (other !== undefined) {
      throw new OptionError(`perLayer: layers must be among ${known.join(', ')}, got ${show(other)}`);
    }
    return tensors.map((tensor) => tensor.length - keptOf(tensor.length, shares[layerOf(tensor)] ?? 0));
  };
  const allocate = (tensors: readonly ScoredTensor[], sparsity: number) => {
    const losses = lossesOf(tensors);
    const lengths = tensors.map(({ length }) => length);
    const wanted = Math.round(sparsity * sum(lengths));
    const all = sum(losses);
    const exact = losses.map((loss) => (all === 0 ? 0 : (loss * wanted) / all));
    const now = rounded(exact, lengths, wanted);
    return keepCounts(
      tensors,
      lengths.map((length, i) => length - now[i]!),
    );
  };
  const target = (tensors: readonly TensorShape[]) =>
    sum(lossesOf(tensors)) / sum(tensors.map(({ length }) => length));
  return describedAs(
    { kind: 'perLayer', shares: { ...shares } },
    Object.assign(allocate, { target, stored: true, byShape: true }),
  );
}
