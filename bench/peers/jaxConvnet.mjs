/** A convolutional network in jax-js, and inference with it as a peer. */

import { jit, lax, nn, numpy as np, tree } from '@jax-js/jax';
import { startJax } from './jaxNetwork.mjs';
import { installedVersion } from './packages.mjs';

const NAME = '@jax-js/jax';

/** @typedef {import('./convnet.mjs').Convnet} Convnet */
/** @typedef {import('./convnet.mjs').ConvnetLayer} ConvnetLayer */
/** @typedef {{ w: np.Array, b: np.Array }[]} Params of the layers that have weights, in order */

/** @param {Convnet} network @returns {Params} */
export function convnetParams({ layers, inputShape }) {
  let channels = inputShape[0];
  return layers.flatMap((layer) => {
    if (!('weights' in layer)) return [];
    const { weights, bias } = layer;
    const shape = layer.kind === 'conv2d' ? [bias.length, channels, ...layer.kernel] : [bias.length, -1];
    channels = bias.length;
    return [{ w: np.array(weights).reshape(shape), b: np.array(bias) }];
  });
}

/** Largest of each window, by a maximum over two more dimensions: its gradient is there. @param {np.Array} x @param {number} size */
function maxPool(x, size) {
  const [n, channels, height, width] = x.shape;
  return np.max(x.reshape([n, channels, height / size, size, width / size, size]), [3, 5]);
}

/** @param {ConvnetLayer} layer @param {np.Array} x consumed @param {Params} params the next first, consumed */
function apply(layer, x, params) {
  switch (layer.kind) {
    case 'conv2d': {
      const { w, b } = /** @type {Params[number]} */ (params.shift());
      const { stride, padding } = layer;
      const pads = /** @type {[number, number]} */ ([padding, padding]);
      return lax.conv(x, w, [stride, stride], [pads, pads]).add(b.reshape([-1, 1, 1]));
    }
    case 'dense': {
      const { w, b } = /** @type {Params[number]} */ (params.shift());
      const z = np.dot(x, w.transpose()).add(b);
      return layer.relu ? nn.relu(z) : z;
    }
    case 'maxPool2d':
      return maxPool(x, layer.size);
    case 'globalAvgPool2d':
      return np.mean(x, [2, 3]);
    case 'flatten':
      return x.reshape([x.shape[0], -1]);
    case 'relu':
      return nn.relu(x);
  }
}

/**
 * The network's output. Consumes params and x.
 *
 * @param {ConvnetLayer[]} layers
 * @param {Params} params
 * @param {np.Array} x [n, c, h, w]
 */
export function convnetLogits(layers, params, x) {
  const left = [...params];
  return layers.reduce((h, layer) => apply(layer, h, left), x);
}

/**
 * A compiled function of jax-js that runs the network: x [n, c, h, w] to y [n, ...], compiled for each n.
 *
 * @param {Convnet} network
 */
export async function createJaxConvnet(network) {
  startJax('createJaxConvnet');
  const params = convnetParams(network);
  const forward = jit((/** @type {np.Array} */ x) => convnetLogits(network.layers, tree.ref(params), x));

  return {
    name: NAME,
    version: installedVersion(NAME),

    /**
     * @param {Float32Array} x
     * @param {number} n
     * @returns {Float32Array}
     */
    run(x, n) {
      const y = forward(np.array(x).reshape([n, ...network.inputShape])).dataSync();
      return /** @type {Float32Array} */ (y);
    },

    dispose() {
      forward.dispose();
      tree.dispose(params);
    },
  };
}
