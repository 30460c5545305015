/** Model files: safetensors with the architecture as JSON in the metadata, sealed with a checksum. */
import { EspalierError, FormatError } from '../errors.js';
import { buildGraph } from '../graph/graph.js';
import type { Network, ParameterValues } from '../graph/network.js';
import type { LayerSpec } from '../layers/layer.js';
import { show } from '../options.js';
import type { Engine } from '../runtime/engine.js';
import { sameShape, showShape } from '../tensor/shape.js';
import { Allowance, type Budget } from './budget.js';
import { openSealed, seal } from './checksum.js';
import type { SafetensorsFile } from './safetensors.js';
import type { NamedTensor } from './tensors.js';
import { decodeWeight, encodeParameter, type WeightEncoding } from './weights.js';

const FORMAT = 'espalier-model';
const VERSION = 1;

interface Description {
  readonly inputShape: readonly number[];
  readonly layers: readonly LayerSpec[];
  /** Encodings of the parameters, layer by layer. */
  readonly parameters: readonly (readonly WeightEncoding[])[];
  readonly seed?: number;
}

/** A network and what else a model file tells. */
export interface ModelFile {
  readonly network: Network;
  readonly seed: number;
}

function tensorName(layer: string, role: string): string {
  return `${layer}.${role}`;
}

/** What a model file is made of: its tensors, each weight in its smallest faithful form, and the metadata. */
export function describeModel({ network, seed }: ModelFile): {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
} {
  const { graph, parameters } = network;
  const tensors: NamedTensor[] = [];
  const encodings = graph.nodes.map((node) =>
    node.parameters.map((spec, i) => {
      const given = parameters[node.index]![i]!;
      const encoded = encodeParameter(tensorName(node.name, spec.role), spec.shape, given);
      tensors.push(...encoded.tensors);
      return encoded.encoding;
    }),
  );
  const layers = graph.nodes.map((node) => node.spec);
  const description: Description = { inputShape: graph.inputShape, layers, parameters: encodings, seed };
  const metadata = { format: FORMAT, version: String(VERSION), model: JSON.stringify(description) };
  return { tensors, metadata };
}

/** Bytes of a model file. Pruned weights are stored sparse. */
export function encodeModel(model: ModelFile): Uint8Array {
  const { tensors, metadata } = describeModel(model);
  return seal(tensors, metadata);
}

function parseDescription(metadata: Readonly<Record<string, string>>): Description {
  if (metadata.format !== FORMAT || metadata.version !== String(VERSION)) {
    const got = `${show(metadata.format)} version ${show(metadata.version)}`;
    throw new FormatError(`loadModel: the file must be an ${FORMAT} of version ${VERSION}, got ${got}`);
  }
  try {
    return JSON.parse(metadata.model ?? '') as Description;
  } catch (cause) {
    throw new FormatError('loadModel: the metadata "model" must be JSON, got something else', { cause });
  }
}

/**
 * The network of a model file. Throws FormatError; nothing is allocated for a file that is refused. With an `engine`, the
 * checksum takes its kernels.
 */
export function decodeModel(bytes: Uint8Array, budget: Partial<Budget> = {}, engine?: Engine): ModelFile {
  return readModel(openSealed(bytes, budget, engine), new Allowance(bytes.length, budget), engine);
}

/** The same from an opened file. */
export function readModel(
  { tensors, metadata }: SafetensorsFile,
  allowance: Allowance,
  engine?: Engine,
): ModelFile {
  const description = parseDescription(metadata);
  try {
    const graph = buildGraph(description.inputShape, description.layers);
    const parameters = graph.nodes.map((node) =>
      node.parameters.map((spec, i): ParameterValues => {
        const name = tensorName(node.name, spec.role);
        const encoding = description.parameters[node.index]?.[i];
        const weight = decodeWeight(name, encoding, tensors, allowance, engine);
        if (!sameShape(weight.shape, spec.shape)) {
          throw new FormatError(
            `loadModel: ${name} must be ${showShape(spec.shape)}, got ${showShape(weight.shape)}`,
          );
        }
        if (encoding!.masked && spec.role !== 'weight') {
          throw new FormatError(`loadModel: ${name} must have no mask, got one; only weights are pruned`);
        }
        return weight; // whole: its arrays may not have been made
      }),
    );
    const network = { graph, parameters };
    const seed = description.seed;
    return { network, seed: Number.isSafeInteger(seed) ? (seed as number) : 0 };
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if (error instanceof EspalierError || error instanceof TypeError) {
      throw new FormatError(`loadModel: the file does not describe a model: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}
