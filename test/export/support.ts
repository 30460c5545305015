/** What the tests of exported modules share: networks, modules brought to life, and comparisons of bits. */
import {
  createSession,
  dense,
  type ExportOptions,
  exportModule,
  type LayerSpec,
  relu,
  type Sequential,
  type SessionOptions,
  sequential,
} from '../../src/index.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { sparse, values } from '../model/support.js';
import { specialNetworks } from '../support/networks.js';

/** What an exported ES module exports. */
export interface Module {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
  readonly batch: number;
  readonly ModelError: new (code: string, message: string) => Error & { readonly code: string };
  load(): Promise<void>;
  run(x: Float32Array, out?: Float32Array): Float32Array;
}

/** Imports the text of an ES module. */
export async function imported(code: string): Promise<Module> {
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`) as Promise<Module>;
}

export const perceptrons: Readonly<Record<string, readonly LayerSpec[]>> = {
  'a perceptron': [dense(33), relu(), dense(20), relu(), dense(10)],
  ...specialNetworks,
};

/** Features of the samples that they take. */
export const FEATURES = 24;

/** A model with random weights of which a share is zero. */
export async function perceptron(name: string, sparsity: number): Promise<Sequential> {
  const model = await sequential({ inputShape: [FEATURES], seed: 5 }, perceptrons[name]!);
  const weights = model.getWeights().map((array, i) => {
    const random = values(array.length, i + 7, 0.8);
    return array.length > 40 ? sparse(random, sparsity, i) : random;
  });
  model.setWeights(weights);
  return model;
}

/** A [rows, cols] weight in blocks of `height` rows that share their columns, a `share` of them filled. */
export function blocks(
  rows: number,
  cols: number,
  height: number,
  share: number,
  seed: number,
): Float32Array {
  const kept = sparse(new Float32Array(Math.ceil(rows / height) * cols).fill(1), 1 - share, seed);
  return values(rows * cols, seed + 1).map((value, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    return kept[Math.floor(row / height) * cols + col] === 0 ? 0 : value;
  });
}

/** The first place where two arrays differ by a bit, in words; '' when there is none. */
export function difference(got: Float32Array, wanted: Float32Array): string {
  if (got.length !== wanted.length) return `${got.length} values, not ${wanted.length}`;
  const at = got.findIndex((value, i) => !Object.is(value, wanted[i]));
  return at < 0 ? '' : `${got[at]} at ${at} of ${got.length}, not ${wanted[at]}`;
}

/** Samples for a model; every other value of some is zero, as in images. */
export function samplesFor(model: Sequential, count: number): Float32Array {
  const x = values(count * sizeOf(model.graph.inputShape), count + 11, 2);
  return x.map((value, i) => (i % 5 === 1 || i % 3 === 0 ? 0 : value));
}

/** What a session answers. */
export async function sessionAnswers(
  model: Sequential,
  x: Float32Array,
  options: SessionOptions,
): Promise<Float32Array> {
  const session = await createSession(model, options);
  const y = session.run(x);
  session.dispose();
  return y;
}

/** Runs a bare module over whole batches, the last one filled up with what was there before. */
export function runBare(bytes: Uint8Array<ArrayBuffer>, x: Float32Array): Float32Array {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory, run, ...globals } = exports as Record<string, WebAssembly.Global> & {
    memory: WebAssembly.Memory;
    run: () => void;
  };
  const [input, output, inputs, outputs, batch] = ['input', 'output', 'inputs', 'outputs', 'batch'].map(
    (name) => globals[name]!.value as number,
  ) as [number, number, number, number, number];
  const floats = new Float32Array(memory.buffer);
  const samples = x.length / inputs;
  const y = new Float32Array(samples * outputs);
  for (let first = 0; first < samples; first += batch) {
    const count = Math.min(batch, samples - first);
    floats.set(x.subarray(first * inputs, (first + count) * inputs), input / 4);
    run();
    y.set(floats.subarray(output / 4, output / 4 + count * outputs), first * outputs);
  }
  return y;
}

/** The ES module of a model. */
export async function scriptFor(model: Sequential, options: ExportOptions<'js'> = {}): Promise<Module> {
  const { code } = await exportModule(model, options);
  return imported(code);
}
