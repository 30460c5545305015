import { expectBoolean, expectOneOf, expectOptions } from '../../options.js';
import { type PoolName, poolNames } from './pool.js';
import type { RemovalStructure } from './structure.js';

/** Options of neuron(), filter() and channel(). */
export interface NeuronOptions {
  /**
   * How scores of weights make that of a unit: `'sum'` by default for neurons, the L1 norm for magnitude(); `'mean'` for filters and channels,
   * whose sizes differ far more from layer to layer. Within a layer both rank alike.
   */
  readonly pool?: PoolName;
  /** Ranks a layer after the units before it are gone, without the inputs that it has lost; false by default. */
  readonly greedy?: boolean;
}

/** A structure of units from its options. */
export function unitStructure(
  kind: 'neuron' | 'filter' | 'channel',
  options: NeuronOptions,
): RemovalStructure {
  expectOptions(kind, options, ['pool', 'greedy']);
  const usual: PoolName = kind === 'neuron' ? 'sum' : 'mean';
  const pool = expectOneOf(kind, 'pool', options.pool ?? usual, poolNames);
  const greedy = expectBoolean(kind, 'greedy', options.greedy ?? false);
  const of = kind === 'neuron' ? 'product' : 'convolution';
  const by = kind === 'channel' ? 'readers' : 'makers';
  return Object.freeze({ kind, prunes: 'units', of, by, greedy, pool } as const);
}

/**
 * Whole units of hidden dense layers are removed: their weights and bias, and the inputs of the next layer that they fed. Tensors
 * become smaller. Criteria of single weights are pooled over the incoming weights of a unit. The units of the output layer
 * are what the network answers with, and stay. Li et al. 2017, arXiv:1608.08710 (`greedy` and independent ranking).
 */
export function neuron(options: NeuronOptions = {}): RemovalStructure {
  return unitStructure('neuron', options);
}
