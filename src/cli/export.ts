/** `espalier export MODEL`: a model as one file that runs by itself. */
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OptionError } from '../errors.js';
import { type ExportFormat, type ExportSize, exportFormats, exportModule } from '../export/exportModule.js';
import { writeAtomically } from '../io/files.js';
import { loadModel } from '../model/index.js';
import { show } from '../options.js';
import { formatBytes, formatCount, table } from '../report/table.js';
import { productFormats } from '../session/products/index.js';
import type { Arguments } from './arguments.js';
import type { Command } from './command.js';
import { prepareFile } from './files.js';

const kernelChoices = ['auto', ...(Object.keys(productFormats) as (keyof typeof productFormats)[])] as const;

/** Where the file goes: beside the model, unless told. */
function outOf(args: Arguments, format: ExportFormat): string {
  const remote = /^[a-z]{2,}:/i.test(args.model);
  if (!args.has('out') && remote) {
    throw new OptionError(`${args.where}: --out must be given for a model from an address, got none`);
  }
  const out = args.has('out') ? args.text('out') : `${args.model.replace(/\.[^./\\]*$/, '')}.${format}`;
  if (!remote && resolve(out) === resolve(args.model)) {
    throw new OptionError(`${args.where}: --out must be another file than the model, got ${show(out)}`);
  }
  return out;
}

/** `digits.js` to `digits.d.ts`, `digits.mjs` to `digits.d.mts`. */
function typesFile(out: string): string {
  const [, base = out, m = ''] = /^(.*)\.(m?)js$/i.exec(out) ?? [];
  return `${base}.d.${m}ts`;
}

function sizeTable(size: ExportSize, gzipBytes: number, format: ExportFormat): string {
  const { bytes, wasmBytes, codeBytes, weightBytes, functions } = size;
  const around = bytes - wasmBytes;
  const row = (part: string, count: number, note: string) => [
    part,
    formatCount(count),
    formatBytes(count),
    note,
  ];
  return table(
    [
      ['part', 'bytes', '', ''],
      row('weights', weightBytes, 'values, indices, biases'),
      row('code', codeBytes, `${functions} functions: kernels and the calls between`),
      row('frame', wasmBytes - codeBytes - weightBytes, 'types, exports, shapes'),
      ...(format === 'js' ? [row('script', around, 'checks, and what bytes take more as text')] : []),
      row('file', bytes, ''),
      row('gzip -9', gzipBytes, ''),
    ],
    { align: ['left', 'right', 'right', 'left'] },
  );
}

/** Exports a model file; what to write, and to say. */
async function exported(args: Arguments, format: ExportFormat, batch: number) {
  const kernels = args.oneOf('kernels', kernelChoices);
  const model = await loadModel(args.model);
  try {
    const made = await exportModule(model, { format, batch, kernels, skipZeros: args.has('skip-zeros') });
    const text = new TextEncoder();
    const { inputShape, outputShape } = model.graph;
    const shapes = { inputShape, outputShape, size: made.size };
    if (made.format === 'wasm') return { ...shapes, bytes: made.bytes, types: null };
    return { ...shapes, bytes: text.encode(made.code), types: text.encode(made.types) };
  } finally {
    model.dispose();
  }
}

export const exportCommand: Command = {
  name: 'export',
  summary: 'Writes a model as one file that runs by itself: a JavaScript or a WebAssembly module.',
  takesModel: true,
  options: {
    format: { type: 'string', value: 'NAME', help: exportFormats.join(' or '), default: 'js' },
    batch: { type: 'string', value: 'N', help: 'samples that run together', default: '1' },
    kernels: { type: 'string', value: 'NAME', help: kernelChoices.join(', '), default: 'auto' },
    'skip-zeros': {
      type: 'boolean',
      help: 'skip zero inputs of sparse layers: larger files, faster on images',
    },
    out: { type: 'string', value: 'FILE', help: 'where it goes; beside the model unless told' },
    types: { type: 'boolean', help: 'write declarations for TypeScript beside the JavaScript module' },
    seed: {
      type: 'string',
      value: 'N',
      help: 'accepted for uniformity: nothing here is random',
      default: '1',
    },
  },
  examples: [
    'runs/demo/sparse.safetensors',
    'runs/demo/sparse.safetensors --format wasm --batch 32 --out digits.wasm',
  ],
  notes: ['The answers of the file equal those of a session with the same batch, bit by bit.'],
  async run(args, output) {
    args.integer('seed', 0);
    const format = args.oneOf('format', exportFormats);
    const batch = args.integer('batch');
    if (args.has('types') && format !== 'js') {
      throw new OptionError(`${args.where}: --types must stand with --format js, got ${format}`);
    }
    const out = outOf(args, format);
    await prepareFile(args.where, '--out', out);
    const { bytes, types, size, inputShape, outputShape } = await exported(args, format, batch);
    const typesOut = args.has('types') ? typesFile(out) : null;
    if (typesOut !== null) await writeAtomically(typesOut, types!);
    await writeAtomically(out, bytes);
    const gzipBytes = gzipSync(bytes, { level: 9 }).length;
    const shape = `[${inputShape.join(', ')}] to [${outputShape.join(', ')}], batches of ${batch}`;
    output.print(`${output.heading(out)}  ${shape}\n\n${sizeTable(size, gzipBytes, format)}\n`);
    output.print(`kernels: ${size.kernels.join(', ') || 'none'}`);
    if (typesOut !== null) output.print(`types:   ${typesOut}`);
    return {
      model: args.model,
      out,
      types: typesOut,
      format,
      batch,
      inputShape,
      outputShape,
      gzipBytes,
      ...size,
    };
  },
};
