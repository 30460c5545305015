/** jax-js as a peer: the forward pass in one `jit`, WebAssembly backend, one thread. */

import { jit, numpy as np, tree } from '@jax-js/jax';
import { logitsOf, paramsOf, startJax } from './jaxNetwork.mjs';
import { installedVersion } from './packages.mjs';

const NAME = '@jax-js/jax';

/**
 * A compiled function of jax-js that runs the given layers: Relu on all but the last.
 *
 * The weights are constants of the function; as its arguments they cost up to 90 us a call.
 * `run` takes x [n, inFeatures] and gives y [n, outFeatures], both sample-major float32; compiled for each n.
 *
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 */
export async function createJaxInference(layers) {
  startJax('createJaxInference');
  if (layers.some(({ relu }, i) => relu !== i < layers.length - 1))
    throw new RangeError('createJaxInference: layers must have relu on all but the last');
  const params = paramsOf(layers);
  const forward = jit((/** @type {np.Array} */ x) => logitsOf(tree.ref(params), x));
  const inFeatures = layers[0]?.inFeatures ?? 0;

  return {
    name: NAME,
    version: installedVersion(NAME),

    /**
     * @param {Float32Array} x
     * @param {number} n
     * @returns {Float32Array}
     */
    run(x, n) {
      const y = forward(np.array(x).reshape([n, inFeatures])).dataSync();
      return /** @type {Float32Array} */ (y);
    },

    dispose() {
      forward.dispose();
      tree.dispose(params);
    },
  };
}
