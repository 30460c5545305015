/** Networks as files that run by themselves. */
import type { Graph } from '../graph/graph.js';
import type { NetworkSource } from '../graph/network.js';
import { expectBoolean, expectOneOf, expectOptions } from '../options.js';
import { checkOptions } from '../session/options.js';
import type { KernelChoice } from '../session/planner.js';
import { networkOf } from '../session/source.js';
import { type Bundle, bundle } from './bundle.js';
import { declarationsOf, scriptOf } from './script.js';

/** What exportModule writes: an ES module, or a bare WebAssembly module. */
export type ExportFormat = 'js' | 'wasm';

/** Names of the formats. */
export const exportFormats: readonly ExportFormat[] = ['js', 'wasm'];

/** Options of exportModule. */
export interface ExportOptions<Format extends ExportFormat = ExportFormat> {
  /** `'js'` by default. */
  readonly format?: Format;
  /** Samples that run together; 1 by default. Decides layout and kernels as in createSession; of `js`, any number may be run. */
  readonly batch?: number;
  /** As in createSession: `'auto'` by default. */
  readonly kernels?: KernelChoice;
  /** As in createSession: hidden activations up to it count as zero; 0 by default. */
  readonly activationThreshold?: number;
  /**
   * Keeps sparse layers column by column as well, as sessions do for one sample, where skipping zero inputs can pay: up to twice as
   * fast on inputs of mostly zeros, and up to twice as large. False by default; changes no bit.
   */
  readonly skipZeros?: boolean;
}

/** What an exported file consists of. */
export interface ExportSize {
  /** The file. */
  readonly bytes: number;
  /** The WebAssembly module in it; of `wasm`, the same. */
  readonly wasmBytes: number;
  /** Its code section: kernels, and the calls between them. */
  readonly codeBytes: number;
  /** Its data section: weights with their indices, biases, lists. */
  readonly weightBytes: number;
  /** Memory that a running module holds. */
  readonly memoryBytes: number;
  /** Kernels that are called, and how many functions the module has. */
  readonly kernels: readonly string[];
  readonly functions: number;
}

/** An ES module: its text, declarations for TypeScript, and sizes. */
export interface ExportedScript {
  readonly format: 'js';
  readonly code: string;
  readonly types: string;
  readonly size: ExportSize;
}

/** A WebAssembly module without imports, and sizes. */
export interface ExportedWasm {
  readonly format: 'wasm';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: ExportSize;
}

/** What exportModule gives for a format. */
export type Exported<Format extends ExportFormat> = Format extends 'js' ? ExportedScript : ExportedWasm;

const sizeOfFile = (bytes: number, made: Bundle): ExportSize => ({
  bytes,
  wasmBytes: made.bytes.length,
  codeBytes: made.codeBytes,
  weightBytes: made.dataBytes,
  memoryBytes: made.memoryBytes,
  kernels: made.kernels,
  functions: made.functions,
});

/**
 * A model as one file that needs nothing else: its weights, the kernels that it needs, and answers that equal those of
 * createSession with the same options bit by bit. The same model gives the same file.
 *
 * - `js`: an ES module for Node, pages and workers, with `run(x, out?)` for any number of samples, `load()`, `inputShape`,
 *   `outputShape` and `batch`. Synchronous; under a content security policy it needs `wasm-unsafe-eval`.
 * - `wasm`: exports `memory`, `run`, and the constants `input`, `output` (byte addresses), `inputs`, `outputs` (float32 values a
 *   sample) and `batch`: write `batch` samples at `input`, call `run()`, read the answers at `output`; `run` may overwrite the samples.
 *   Imports nothing; shapes are in the custom section `espalier`, as JSON.
 *
 * Weights are stored once for every width of a tile that the batch is cut into: 1, or a multiple of 32, gives the smallest files.
 *
 * @throws OptionError on options that do not fit, or what is no model; DisposedError after dispose(); MemoryError when it does not fit
 * into 4 GiB; UnsupportedError where WebAssembly SIMD is missing.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { exportModule, loadModel } from 'espalier';
 *
 * const model = await loadModel('model.safetensors');
 * const { code, types } = await exportModule(model, { batch: 32 });
 * await writeFile('digits.mjs', code); // import { run } from './digits.mjs'
 * await writeFile('digits.d.mts', types);
 * ```
 */
export async function exportModule<Format extends ExportFormat = 'js'>(
  model: NetworkSource,
  options: ExportOptions<Format> = {},
): Promise<Exported<Format>> {
  const where = 'exportModule';
  expectOptions(where, options, ['format', 'batch', 'kernels', 'activationThreshold', 'skipZeros']);
  const { format = 'js', batch = 1, skipZeros = false, ...rest } = options;
  expectOneOf(where, 'format', format, exportFormats);
  expectBoolean(where, 'skipZeros', skipZeros);
  const checked = checkOptions(where, { ...rest, batch });
  const network = networkOf(`${where}: model`, model);
  const made = await bundle(network, { ...checked, skipZeros });
  return (
    format === 'js' ? scriptFile(network.graph, checked.batch, made) : wasmFile(made)
  ) as Exported<Format>;
}

function wasmFile(made: Bundle): ExportedWasm {
  const { bytes } = made;
  return { format: 'wasm', bytes, size: sizeOfFile(bytes.length, made) };
}

function scriptFile({ inputShape, outputShape }: Graph, batch: number, made: Bundle): ExportedScript {
  const source = { ...made, wasm: made.bytes, inputShape, outputShape, batch };
  const code = scriptOf(source);
  return { format: 'js', code, types: declarationsOf(source), size: sizeOfFile(code.length, made) };
}
