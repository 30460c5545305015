/** What the two packages of ONNX Runtime have in common: one API, so one way to run it. */

import { installedVersion } from './packages.mjs';

/**
 * An ONNX Runtime session as a peer.
 *
 * `run` takes x [n, ...inputShape] and gives y [n, ...], both sample-major float32, any n.
 * Weights are packed at creation, and the tensor around `x` is kept while the caller hands in the
 * same array (its content may change): what is left is the cost of `InferenceSession.run` itself.
 *
 * @param {string} name of the package
 * @param {typeof import('onnxruntime-common')} ort
 * @param {Uint8Array} model
 * @param {number[]} inputShape of one sample
 * @param {import('onnxruntime-common').InferenceSession.SessionOptions} options
 */
export async function onnxPeer(name, ort, model, inputShape, options) {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    ...options,
  });
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
        feeds = { x: new ort.Tensor('float32', x, [n, ...inputShape]) };
      const { y } = await session.run(feeds);
      return /** @type {Float32Array} */ (y?.data);
    },

    dispose: () => session.release(),
  };
}
