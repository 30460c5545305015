/** onnxruntime-web as a peer: its WebAssembly backend (SIMD), one thread, in Node. */

import * as ort from 'onnxruntime-web';
import { keepingGlobals } from './keepingGlobals.mjs';
import { onnxConvnet } from './onnxConvnet.mjs';
import { onnxMlp } from './onnxMlp.mjs';
import { onnxPeer } from './onnxPeer.mjs';

/**
 * In Node its glue sets `globalThis.Worker` for all, and jax-js, seeing one, takes the process for a
 * browser and compiles for shared memory (LinkError): hence the global is put back.
 *
 * @param {Uint8Array} model
 * @param {number[]} inputShape
 */
function session(model, inputShape) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  return keepingGlobals(['Worker'], () =>
    onnxPeer('onnxruntime-web', ort, model, inputShape, { executionProviders: ['wasm'] }),
  );
}

/** A session of onnxruntime-web that runs the given layers. @param {import('./onnxMlp.mjs').DenseLayer[]} layers */
export const createOnnxruntimeWeb = async (layers) => session(onnxMlp(layers), [layers[0].inFeatures]);

/** The same for a convolutional network. @param {import('./convnet.mjs').Convnet} network */
export const createOnnxruntimeWebConvnet = async (network) =>
  session(onnxConvnet(network), network.inputShape);
