/** Our models with given layers. */
import { dense, relu, type Sequential, sequential } from '../../src/index.js';
import type { PeerLayer } from '../peers.js';
import { randomLayers } from './weights.js';

/** A model with the weights of these layers. */
export async function modelOf(layers: readonly PeerLayer[]): Promise<Sequential> {
  const specs = layers.flatMap((layer) =>
    layer.relu ? [dense(layer.outFeatures), relu()] : [dense(layer.outFeatures)],
  );
  const model = await sequential({ inputShape: [layers[0]!.inFeatures], seed: 1 }, specs);
  model.setWeights(layers.flatMap(({ weight, bias }) => [weight, bias]));
  return model;
}

/** A perceptron of these sizes with the same share of zeros, at random places, in every layer. */
export function perceptron(sizes: readonly number[], sparsity: number): Promise<Sequential> {
  return modelOf(randomLayers(sizes, sparsity));
}
