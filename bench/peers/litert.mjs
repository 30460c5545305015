/** LiteRT.js as a peer: XNNPACK in WebAssembly, one thread, in Node. */

import { Tensor } from '@litertjs/core';
import { sizeOf } from './convnet.mjs';
import { litert } from './litertRuntime.mjs';
import { installedVersion } from './packages.mjs';
import { tfliteConvnet } from './tfliteConvnet.mjs';
import { tfliteMlp } from './tfliteMlp.mjs';

const NAME = '@litertjs/core';

/**
 * A compiled LiteRT model, for one batch size.
 *
 * `run` takes x [batch, ...inputShape] and gives y [batch, ...], both sample-major float32. It writes
 * into an input tensor that is kept: a new one for each call, as in LiteRT's example, takes 20 us more.
 *
 * @param {Uint8Array} bytes
 * @param {number} batch
 * @param {number[]} inputShape of one sample
 */
async function compiled(bytes, batch, inputShape) {
  const runtime = await litert();
  const { liteRtWasm } = runtime;
  const model = await runtime.loadAndCompile(bytes, { accelerator: 'wasm' });
  if (!model.isFullyAccelerated) throw new Error('litert: XNNPACK must take the whole model, got a part');
  const size = batch * sizeOf(inputShape);
  const input = new Tensor(new Float32Array(size), [batch, ...inputShape]);

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
      if (n !== batch || x.length !== size)
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

/** A model that runs the given layers. @param {import('./onnxMlp.mjs').DenseLayer[]} layers @param {number} batch */
export const createLitert = async (layers, batch) =>
  compiled(tfliteMlp(layers, batch), batch, [layers[0].inFeatures]);

/**
 * The same for a convolutional network; `run` takes x [batch, h, w, c].
 *
 * @param {import('./convnet.mjs').Convnet} network
 * @param {number} batch
 * @param {{ sparse?: boolean }} [options] of tfliteConvnet
 */
export async function createLitertConvnet(network, batch, options) {
  const [channels, height, width] = network.inputShape;
  const bytes = tfliteConvnet(network, batch, options);
  return { ...(await compiled(bytes, batch, [height, width, channels])), channelsLast: true };
}
