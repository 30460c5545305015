/** What the two packages of ONNX Runtime have in common: one API, so one way to run it. */

import { onnxMlp } from './onnxMlp.mjs';
import { installedVersion } from './packages.mjs';

/**
 * An ONNX Runtime session as a peer.
 *
 * `run` takes x [n, inFeatures] and gives y [n, outFeatures], both sample-major float32, any n.
 * Weights are packed at creation, and the tensor around `x` is kept while the caller hands in the
 * same array (its content may change): what is left is the cost of `InferenceSession.run` itself.
 *
 * @param {string} name of the package
 * @param {typeof import('onnxruntime-common')} ort
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 * @param {import('onnxruntime-common').InferenceSession.SessionOptions} options
 */
export async function onnxPeer(name, ort, layers, options) {
  const session = await ort.InferenceSession.create(onnxMlp(layers), {
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    ...options,
  });
  const inFeatures = layers[0]?.inFeatures ?? 0;
  /** @type {{ x: import('onnxruntime-common').Tensor } | undefined} */
  let feeds;

  return {
    name,
    version: installedVersion(name),

    /**
     * @param {Float32Array} x
     * @param {number} n
     * @returns {Promise<Float32Array>}
     */
    async run(x, n) {
      if (feeds?.x.data !== x || feeds.x.dims[0] !== n)
        feeds = { x: new ort.Tensor('float32', x, [n, inFeatures]) };
      const { y } = await session.run(feeds);
      return /** @type {Float32Array} */ (y?.data);
    },

    dispose: () => session.release(),
  };
}
