/** LiteRT.js as a peer: XNNPACK in WebAssembly, one thread, in Node. */

import { Tensor } from '@litertjs/core';
import { litert } from './litertRuntime.mjs';
import { installedVersion } from './packages.mjs';
import { tfliteMlp } from './tfliteMlp.mjs';

const NAME = '@litertjs/core';

/**
 * A compiled LiteRT model that runs the given layers, for one batch size.
 *
 * `run` takes x [batch, inFeatures] and gives y [batch, outFeatures], both sample-major float32. It writes
 * into an input tensor that is kept: a new one for each call, as in LiteRT's example, takes 20 us more.
 *
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 * @param {number} batch
 */
export async function createLitert(layers, batch) {
  const runtime = await litert();
  const { liteRtWasm } = runtime;
  const model = await runtime.loadAndCompile(tfliteMlp(layers, batch), { accelerator: 'wasm' });
  if (!model.isFullyAccelerated)
    throw new Error('createLitert: XNNPACK must take the whole model, got a part');
  const inFeatures = layers[0]?.inFeatures ?? 0;
  const input = new Tensor(new Float32Array(batch * inFeatures), [batch, inFeatures]);

  /** @param {Float32Array} x */
  function write(x) {
    const buffer = input.liteRtTensorBuffer;
    const at = buffer.lock(liteRtWasm.LiteRtTensorBufferLockMode.WRITE);
    liteRtWasm.HEAPU8.set(new Uint8Array(x.buffer, x.byteOffset, x.byteLength), at);
    buffer.unlock();
  }

  return {
    name: NAME,
    version: installedVersion(NAME),

    /**
     * @param {Float32Array} x
     * @param {number} n
     * @returns {Promise<Float32Array>}
     */
    async run(x, n) {
      if (n !== batch || x.length !== batch * inFeatures)
        throw new RangeError(
          `run: n must be the batch of the model, ${batch}, got ${n} (${x.length} values)`,
        );
      write(x);
      const [output] = await model.run(input);
      const y = output.toTypedArray();
      output.delete();
      return /** @type {Float32Array} */ (y);
    },

    dispose() {
      input.delete();
      model.delete();
    },
  };
}
