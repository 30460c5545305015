/** onnxruntime-web as a peer: its WebAssembly backend (SIMD), one thread, in Node. */

import * as ort from 'onnxruntime-web';
import { onnxMlp } from './onnxMlp.mjs';

/**
 * Runs `work`, then puts `globalThis.Worker` back as it was: in Node, onnxruntime's glue sets it for all, and
 * jax-js, seeing one, takes the process for a browser and compiles for shared memory (LinkError).
 *
 * @template T
 * @param {() => Promise<T>} work
 */
async function keepingWorker(work) {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  try {
    return await work();
  } finally {
    if (before) Object.defineProperty(globalThis, 'Worker', before);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
}

/**
 * A session of onnxruntime-web that runs the given layers.
 *
 * `run` takes x [n, inFeatures] and gives y [n, outFeatures], both sample-major float32.
 * Weights are packed at creation, and the tensor around `x` is kept while the caller hands in the
 * same array (its content may change): what is left is the cost of `InferenceSession.run` itself.
 *
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 */
export async function createOnnxruntimeWeb(layers) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  const session = await keepingWorker(() =>
    ort.InferenceSession.create(onnxMlp(layers), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
    }),
  );
  const inFeatures = layers[0]?.inFeatures ?? 0;
  /** @type {{ x: ort.Tensor } | undefined} */
  let feeds;

  return {
    name: 'onnxruntime-web',
    version: ort.env.versions.web ?? ort.env.versions.common,

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
