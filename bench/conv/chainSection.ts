/** The one graph whose zeros another engine skips: a 3x3 stem of stride 2, 1x1 convolutions, a global average (XNNPACK in LiteRT). */
import { SeededRandom } from '../../test/support/seededRandom.js';
import type { Effort, Section } from '../section.js';
import { runnerOf } from './networks.js';
import { convnetPeers, isPointwise, litertDense, pointwiseChain, withZeroWeights } from './peers.js';
import { type ConvnetRow, comparePeers } from './peersSection.js';

const SPARSITY = 0.9;

/** One sample through the chain, 90 % of the weights of its 1x1 convolutions zero. */
export async function chainSection(effort: Effort): Promise<Section<ConvnetRow>> {
  const network = withZeroWeights(pointwiseChain(1), SPARSITY, 2, isPointwise);
  const x = new SeededRandom(3).floats(network.inputShape.reduce((a, b) => a * b, 1));
  const litert = convnetPeers.filter(({ name }) => name.includes('litert'));
  return comparePeers(
    {
      title: '3x3 stem, chain of 1x1 convolutions 512 -> 512 on 14x14 with 90 % zeros, global average',
      network,
      batches: [1],
      x,
      peers: litert.length > 0 ? [...litert, litertDense] : [],
      ours: (batch) =>
        Promise.all([
          runnerOf('dense', network, { batch, kernels: 'dense' }),
          runnerOf('sparse', network, { batch }),
        ]),
    },
    effort,
  );
}
