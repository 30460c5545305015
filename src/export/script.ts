/** The JavaScript around an exported module, and its types. */

import { encodeText } from '../runtime/textCodec.js';
import type { Shape } from '../tensor/shape.js';
import { DECODER } from './decoder.js';

/** What the script has to know of its module. */
export interface ScriptSource {
  readonly wasm: Uint8Array;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly batch: number;
  /** Values of a sample, and the addresses of the first ones. */
  readonly inputs: number;
  readonly outputs: number;
  readonly input: number;
  readonly output: number;
}

/** Outputs up to which a loop copies faster than a view. */
const FEW = 64;

const head = ({ inputShape, outputShape, batch }: ScriptSource) =>
  `// A neural network, made by espalier: [${inputShape}] to [${outputShape}], ${batch} at a time. Needs nothing else.
export const inputShape = [${inputShape}];
export const outputShape = [${outputShape}];
export const batch = ${batch};

/** Thrown on arrays of wrong lengths (code SHAPE), and where the module cannot be compiled (code UNSUPPORTED). */
export class ModelError extends Error {
  constructor(code, message, options) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}
`;

const START = `
let floats;
let step;

function bind(instance) {
  floats = new Float32Array(instance.exports.memory.buffer);
  step = instance.exports.run;
}

function unsupported(cause) {
  const needs = "WebAssembly with SIMD, and 'wasm-unsafe-eval' where a content security policy is set";
  return new ModelError('UNSUPPORTED', \`this model needs \${needs}: \${cause.message}\`, { cause });
}

/** Compiles in the background. Optional: run() does it when first called, but pages should not compile on their main thread. */
export async function load() {
  if (step) return;
  try {
    const { instance } = await WebAssembly.instantiate(wasm());
    if (!step) bind(instance);
  } catch (cause) {
    throw unsupported(cause);
  }
}

function start() {
  try {
    bind(new WebAssembly.Instance(new WebAssembly.Module(wasm())));
  } catch (cause) {
    throw unsupported(cause);
  }
}

function shown(value) {
  if (ArrayBuffer.isView(value)) return \`\${value.constructor.name}(\${value.length})\`;
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : typeof value;
}
`;

/** Copies outputs by a loop where they are few. */
function copyOut({ outputs, output, batch }: ScriptSource): string {
  const at = output / 4;
  if (outputs * batch > FEW) {
    return `out.set(floats.subarray(${at}, ${at} + count * ${outputs}), first * ${outputs});`;
  }
  return `for (let i = 0, to = first * ${outputs}; i < count * ${outputs}; i++) out[to + i] = floats[${at} + i];`;
}

const runText = (source: ScriptSource) => `
/** Runs any number of samples: x [n, ...inputShape] to \`out\`, or to a new array [n, ...outputShape]. */
export function run(x, out) {
  if (!(x instanceof Float32Array) || x.length % ${source.inputs} !== 0) {
    const rule = 'x must be a Float32Array of a multiple of ${source.inputs} values';
    throw new ModelError('SHAPE', \`run: \${rule}, got \${shown(x)}\`);
  }
  const samples = x.length / ${source.inputs};
  if (out === undefined) out = new Float32Array(samples * ${source.outputs});
  else if (!(out instanceof Float32Array) || out.length !== samples * ${source.outputs}) {
    const rule = \`out must be a Float32Array of \${samples} x ${source.outputs} values\`;
    throw new ModelError('SHAPE', \`run: \${rule}, got \${shown(out)}\`);
  } else if (out.buffer === x.buffer) x = x.slice(); // results may overwrite samples that are still to be read
  if (!step) start();
  for (let first = 0; first < samples; first += ${source.batch}) {
    const count = Math.min(${source.batch}, samples - first);
    floats.set(count === samples ? x : x.subarray(first * ${source.inputs}, (first + count) * ${source.inputs}), ${source.input / 4});
    step();
    ${copyOut(source)}
  }
  return out;
}
`;

/** An ES module that needs nothing else. */
export function scriptOf(source: ScriptSource): string {
  const { singles, text } = encodeText(source.wasm);
  const bytes = `
${DECODER}

function wasm() {
  return decodeText(SINGLES, TEXT, ${source.wasm.length});
}

const SINGLES = '${singles}';
const TEXT = '${text}';
`;
  return head(source) + START + runText(source) + bytes;
}

/** The TypeScript declarations of that module. */
export function declarationsOf({ inputShape, outputShape, batch, inputs, outputs }: ScriptSource): string {
  return `/** Shape of one sample: ${inputs} values. */
export declare const inputShape: readonly [${inputShape}];
/** Shape of one answer: ${outputs} values. */
export declare const outputShape: readonly [${outputShape}];
/** Samples that run together; any number may be given. */
export declare const batch: ${batch};
/** Thrown on arrays of wrong lengths, and where the module cannot be compiled. */
export declare class ModelError extends Error {
  readonly code: 'SHAPE' | 'UNSUPPORTED';
}
/** Compiles in the background. Optional: run() does it when first called, but pages should not compile on their main thread. */
export declare function load(): Promise<void>;
/** Runs any number of samples: x [n, ...inputShape] to \`out\`, or to a new array [n, ...outputShape]. */
export declare function run(x: Float32Array, out?: Float32Array): Float32Array;
`;
}
