/** onnxruntime-web as a peer: its WebAssembly backend (SIMD), one thread, in Node. */

import * as ort from 'onnxruntime-web';
import { keepingGlobals } from './keepingGlobals.mjs';
import { onnxPeer } from './onnxPeer.mjs';

/**
 * A session of onnxruntime-web that runs the given layers.
 *
 * In Node its glue sets `globalThis.Worker` for all, and jax-js, seeing one, takes the process for a
 * browser and compiles for shared memory (LinkError): hence the global is put back.
 *
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 */
export async function createOnnxruntimeWeb(layers) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  return keepingGlobals(['Worker'], () =>
    onnxPeer('onnxruntime-web', ort, layers, { executionProviders: ['wasm'] }),
  );
}
