/** onnxruntime-node as a peer: native code, its CPU provider, one thread. */

import * as ort from 'onnxruntime-node';
import { onnxConvnet } from './onnxConvnet.mjs';
import { onnxMlp } from './onnxMlp.mjs';
import { onnxPeer } from './onnxPeer.mjs';

/**
 * The CPU library is inside the package; its install script fetches CUDA only, and is not run.
 *
 * @param {Uint8Array} model
 * @param {number[]} inputShape
 */
const session = (model, inputShape) =>
  onnxPeer('onnxruntime-node', ort, model, inputShape, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });

/** A session of onnxruntime-node that runs the given layers. @param {import('./onnxMlp.mjs').DenseLayer[]} layers */
export const createOnnxruntimeNode = async (layers) => session(onnxMlp(layers), [layers[0].inFeatures]);

/** The same for a convolutional network. @param {import('./convnet.mjs').Convnet} network */
export const createOnnxruntimeNodeConvnet = async (network) =>
  session(onnxConvnet(network), network.inputShape);
