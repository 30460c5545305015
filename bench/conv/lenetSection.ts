/** LeNet-5 dense and with 90 % zeros, beside other engines. */
import { syntheticDigits } from '../../datasets/index.js';
import type { Effort, Section } from '../section.js';
import { runnerOf } from './networks.js';
import { lenet5, withZeroWeights } from './peers.js';
import { type ConvnetRow, comparePeers } from './peersSection.js';

const BATCHES = [1, 8, 32, 256];
const SPARSITY = 0.9;

/** Microseconds a sample of the whole network at every batch. */
export async function lenetSection(effort: Effort): Promise<Section<ConvnetRow>> {
  const network = lenet5(1);
  const sparse = withZeroWeights(network, SPARSITY, 2);
  const { images } = syntheticDigits({ samples: Math.max(...BATCHES), shape: [1, 28, 28] });
  return comparePeers(
    {
      title: 'LeNet-5',
      network,
      batches: BATCHES,
      x: images,
      ours: (batch) =>
        Promise.all([
          runnerOf('dense', network, { batch, kernels: 'dense' }),
          runnerOf('90 % zeros', sparse, { batch }),
        ]),
    },
    effort,
  );
}
