import { expectBoolean, expectOneOf, expectOptions } from '../../options.js';
import { type PoolName, poolNames } from './pool.js';
import type { RemovalStructure } from './structure.js';

/** Options of neuron(). */
export interface NeuronOptions {
  /** How scores of the incoming weights make that of a unit; `'sum'` by default: the L1 norm for magnitude(). */
  readonly pool?: PoolName;
  /** Ranks a layer after the units before it are gone, without the inputs that it has lost; false by default. */
  readonly greedy?: boolean;
}

/**
 * Whole units of hidden layers are removed: their weights and bias, and the inputs of the next layer that they fed. Tensors
 * become smaller. Criteria of single weights are pooled over the incoming weights of a unit. The units of the output layer
 * are what the network answers with, and stay. Li et al. 2017, arXiv:1608.08710 (`greedy` and independent ranking).
 */
export function neuron(options: NeuronOptions = {}): RemovalStructure {
  expectOptions('neuron', options, ['pool', 'greedy']);
  const pool = expectOneOf('neuron', 'pool', options.pool ?? 'sum', poolNames);
  const greedy = expectBoolean('neuron', 'greedy', options.greedy ?? false);
  return Object.freeze({ kind: 'neuron', prunes: 'units', greedy, pool } as const);
}
