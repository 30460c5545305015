/** Our networks for the comparisons: with the weights of those that other engines are given. */
import {
  conv2d,
  createSession,
  dense,
  flatten,
  globalAvgPool2d,
  type LayerSpec,
  maxPool2d,
  relu,
  type Sequential,
  type SessionOptions,
  sequential,
} from '../../src/index.js';
import type { PeerConvnet, PeerConvnetLayer } from './peers.js';
import type { OwnRunner } from './peersSection.js';

function specsOf(layer: PeerConvnetLayer): LayerSpec[] {
  switch (layer.kind) {
    case 'conv2d': {
      const { kernel, stride, padding } = layer;
      return [conv2d(layer.bias.length, kernel, { stride, padding })];
    }
    case 'maxPool2d':
      return [maxPool2d(layer.size)];
    case 'dense':
      return layer.relu ? [dense(layer.bias.length), relu()] : [dense(layer.bias.length)];
    case 'relu':
      return [relu()];
    case 'flatten':
      return [flatten()];
    case 'globalAvgPool2d':
      return [globalAvgPool2d()];
  }
}

/** A model with the weights of a network. */
export async function modelOf({ inputShape, layers }: PeerConvnet): Promise<Sequential> {
  const model = await sequential({ inputShape, seed: 1 }, layers.flatMap(specsOf));
  model.setWeights(layers.flatMap((layer) => ('weights' in layer ? [layer.weights, layer.bias] : [])));
  return model;
}

/** A session of a network, as a comparison takes it; its outputs go to one array that is used again. */
export async function runnerOf(
  name: string,
  network: PeerConvnet,
  options: SessionOptions,
): Promise<OwnRunner & { dispose(): void; explain(): string }> {
  const model = await modelOf(network);
  const session = await createSession(model, options);
  const outputs = model.graph.outputShape.reduce((product, d) => product * d, 1);
  model.dispose();
  let out = new Float32Array(0);
  return {
    name,
    network,
    run(x, n) {
      if (out.length !== n * outputs) out = new Float32Array(n * outputs);
      return session.run(x, out);
    },
    dispose: () => session.dispose(),
    explain: () => session.explain(),
  };
}
