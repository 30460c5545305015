/** Heads of early exits, trained on what a model gives after one of its hidden layers. */
import { OptionError } from '../errors.js';
import { endsInSoftmax } from '../graph/graph.js';
import type { Network } from '../graph/network.js';
import { cutAfter, sliceNetwork } from '../graph/slice.js';
import { dense } from '../layers/dense.js';
import { flatten } from '../layers/flatten.js';
import { softmax } from '../layers/softmax.js';
import { expectInteger, show } from '../options.js';
import { sizeOf } from '../tensor/shape.js';
import { expectData, type LabelledData } from '../train/data.js';
import type { FitOptions } from '../train/fitOptions.js';
import { modelOf, sequential } from './create.js';
import { Sequential } from './sequential.js';

/** Options of trainExit(): those of fit as well. */
export interface TrainExitOptions extends FitOptions {
  /** Name of the hidden layer, such as `relu1`, whose activations the head takes. */
  readonly after: string;
  /** Samples and their classes, as for fit. */
  readonly data: LabelledData;
  /** Decides first weights and the order of samples; the model's seed by default. */
  readonly seed?: number;
}

/** Samples with labels, which is what a head learns from. */
function expectClasses(name: string, data: LabelledData, { graph }: Network): void {
  const where = `trainExit: ${name}`;
  if (typeof data !== 'object' || data === null) {
    throw new OptionError(`${where} must be an object of images and labels, got ${show(data)}`);
  }
  expectData(where, data.images, data.labels, sizeOf(graph.inputShape), sizeOf(graph.outputShape));
  if (data.labels instanceof Float32Array) {
    throw new OptionError(`${where}: labels must be classes, got ${show(data.labels)}`);
  }
}

/** The same scores as probabilities, for models that end in softmax. */
async function withSoftmax(head: Sequential): Promise<Sequential> {
  const { inputShape, nodes } = head.graph;
  try {
    const layers = [...nodes.map(({ spec }) => spec), softmax()];
    const probable = await sequential({ inputShape, seed: head.seed }, layers);
    probable.setWeights(head.getWeights());
    return probable;
  } finally {
    head.dispose();
  }
}

/**
 * Trains the head of an exit: W · h + b, with softmax cross-entropy unless told, on the activations h that the model gives
 * after a hidden layer; the model itself is not touched. Give it to createExitSession, or save it and give the file to
 * loadExitSession. Ends in softmax if the model does. The activations of all samples are held in memory while it trains.
 *
 * Linear classifiers on hidden layers: Alain & Bengio 2016, arXiv:1610.01644.
 *
 * @returns a model of one dense layer, which is the caller's to dispose.
 * @throws OptionError, ShapeError, DataError before anything is trained; what fit() throws.
 */
export async function trainExit(model: Sequential, options: TrainExitOptions): Promise<Sequential> {
  if (!(model instanceof Sequential)) {
    throw new OptionError(`trainExit: model must come from sequential() or loadModel(), got ${show(model)}`);
  }
  if (typeof options !== 'object' || options === null) {
    throw new OptionError(`trainExit: options must be an object, got ${show(options)}`);
  }
  const { after, data, validation, seed, ...rest } = options;
  const network = model.toNetwork();
  const { nodes, outputShape } = network.graph;
  const at = cutAfter('trainExit', network.graph, after);
  const chosen = expectInteger('trainExit', 'seed', seed ?? model.seed, 0);
  expectClasses('data', data, network);
  if (validation !== undefined) expectClasses('validation', validation, network);
  const trunk = await modelOf(sliceNetwork(network, 0, at + 1), chosen, 'auto');
  try {
    const activationsOf = ({ images, labels }: LabelledData) => ({ images: trunk.predict(images), labels });
    const { images, labels } = activationsOf(data);
    const held = validation && { validation: activationsOf(validation) };
    const inputShape = nodes[at]!.outputShape;
    const flat = inputShape.length > 1 ? [flatten()] : [];
    const head = await sequential({ inputShape, seed: chosen }, [...flat, dense(sizeOf(outputShape))]);
    try {
      await head.fit(images, labels, { ...rest, ...held });
    } catch (error) {
      head.dispose();
      throw error;
    }
    return endsInSoftmax(network.graph) ? await withSoftmax(head) : head;
  } finally {
    trunk.dispose();
  }
}
