/** Model files: safetensors with the architecture as JSON in the metadata, sealed with a checksum. */
import { EspalierError, FormatError, MemoryError } from '../errors.js';
import { buildGraph, type Graph } from '../graph/graph.js';
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

/** Throws FormatError unless encodings are given for the parameters that there are, and for nothing else. */
function expectEncodings(given: Description['parameters'], { nodes }: Graph): void {
  const counts = (lists: readonly { readonly length: number }[]) =>
    lists.map(({ length }) => length).join(' ');
  const expected = counts(nodes.map(({ parameters }) => parameters));
  const fits = Array.isArray(given) && given.every(Array.isArray) && counts(given) === expected;
  if (fits) return;
  throw new FormatError(
    `loadModel: parameters must be lists of ${expected} encodings, one for each layer, got ${show(given)}`,
  );
}

/** The seed of a file; 0 where it has none. */
function seedOf({ seed = 0 }: Description): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new FormatError(`loadModel: seed must be a whole number of at least 0, got ${show(seed)}`);
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
    expectEncodings(description.parameters, graph);
    const seed = seedOf(description);
    const parameters = graph.nodes.map((node) =>
      node.parameters.map((spec, i): ParameterValues => {
        const name = tensorName(node.name, spec.role);
        const encoding = description.parameters[node.index]![i];
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
    return { network: { graph, parameters }, seed };
  } catch (error) {
    if (error instanceof FormatError || error instanceof MemoryError) throw error;
    if (error instanceof EspalierError || error instanceof TypeError) {
      throw new FormatError(`loadModel: the file does not describe a model: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}
