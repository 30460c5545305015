import { type NeuronOptions, unitStructure } from './neuron.js';
import type { RemovalStructure } from './structure.js';

/**
 * Whole filters of convolutions are removed, with the channels that they make: weights and bias, batch normalization, depthwise
 * kernels, and the columns of all layers that read them. Criteria of single weights are pooled over the weights of a filter. Layers
 * whose outputs are added share their channels, and the score of such a channel is the mean over these layers; so `sparsity` counts
 * channels, each once. Li et al. 2017, arXiv:1608.08710; Fang et al. 2023, arXiv:2301.12900 (shared channels). Dense layers, the outputs
 * and what is added to the inputs of the network stay. Throws OptionError.
 */
export function filter(options: NeuronOptions = {}): RemovalStructure {
  return unitStructure('filter', options);
}

/**
 * The same filters and channels are removed, but ranked by the weights that read them: criteria of single weights are pooled over
 * the columns of a channel in each layer behind it, and the score is the mean over these layers. Criteria of units score
 * as with filter(). He et al. 2017, arXiv:1707.06168 (pruning of input channels).
 */
export function channel(options: NeuronOptions = {}): RemovalStructure {
  return unitStructure('channel', options);
}
