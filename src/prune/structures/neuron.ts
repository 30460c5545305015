import { expectBoolean, expectOneOf, expectOptions } from '../../options.js';
import { type PoolName, poolNames } from './pool.js';
import type { RemovalStructure } from './structure.js';

/** Options of neuron(), filter() and channel(). */
export interface NeuronOptions {
  /**
   * How scores of live weights make that of a unit: `'mean'` by default, which layers of any size can be ranked together by; `'sum'`, the
   * L1 norm for magnitude(), ranks a layer without pruned weights alike, but units with few inputs below all others.
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
  const pool = expectOneOf(kind, 'pool', options.pool ?? 'mean', poolNames);
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
