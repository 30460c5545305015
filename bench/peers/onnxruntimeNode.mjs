/** onnxruntime-node as a peer: native code, its CPU provider, one thread. */

import * as ort from 'onnxruntime-node';
import { onnxPeer } from './onnxPeer.mjs';

/**
 * A session of onnxruntime-node that runs the given layers.
 *
 * The CPU library is inside the package; its install script fetches CUDA only, and is not run.
 *
 * @param {import('./onnxMlp.mjs').DenseLayer[]} layers
 */
export async function createOnnxruntimeNode(layers) {
  return onnxPeer('onnxruntime-node', ort, layers, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
}
