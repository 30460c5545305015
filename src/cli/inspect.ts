/** `espalier inspect MODEL`: what a model file holds, and how it would run. */
import { openSealed } from '../io/checksum.js';
import { readBytes } from '../io/read.js';
import { loadModel, type Sequential } from '../model/index.js';
import { smaller } from '../report/demoText.js';
import { formatBytes, formatCount, formatPercent, table } from '../report/table.js';
import { createSession } from '../session/session.js';
import type { Command } from './command.js';
import { standingOf, standingText } from './standing.js';

/** One parameter as it lies in the file. */
interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly encoding: string;
  readonly elements: number;
  readonly live: number;
  readonly bytes: number;
}

/** How a file stores each parameter; `bytes` are those of an intact model file. */
function storedTensors(model: Sequential, bytes: Uint8Array): StoredTensor[] {
  const { tensors, metadata } = openSealed(bytes);
  const description = JSON.parse(metadata.model!) as { parameters: { kind: string }[][] };
  const kinds = description.parameters.flat();
  return model.parameters.map(({ name, shape, length, live }, i) => {
    const parts = [...tensors.values()].filter(
      (part) => part.name === name || part.name.startsWith(`${name}.`),
    );
    const stored = parts.reduce((sum, part) => sum + part.data.byteLength, 0);
    return { name, shape, encoding: kinds[i]!.kind, elements: length, live, bytes: stored };
  });
}

function tensorTable(tensors: readonly StoredTensor[]): string {
  const rows = tensors.map(({ name, shape, encoding, elements, live, bytes }) => [
    name,
    shape.join(' x '),
    encoding,
    formatCount(live),
    formatBytes(bytes),
    formatPercent(elements === 0 ? Number.NaN : bytes / (4 * elements), 1),
  ]);
  return table([['tensor', 'shape', 'encoding', 'live', 'stored', 'of dense'], ...rows], {
    align: ['left', 'left', 'left', 'right', 'right', 'right'],
  });
}

export const inspect: Command = {
  name: 'inspect',
  summary: 'Shows what a model file holds: layers, encodings, sizes, and the kernels that would run it.',
  takesModel: true,
  options: {
    batch: { type: 'string', value: 'N', help: 'samples per call that the plan is for', default: '32' },
    seed: {
      type: 'string',
      value: 'N',
      help: 'accepted for uniformity: nothing here is random',
      default: '1',
    },
  },
  examples: ['runs/demo/sparse.safetensors', 'runs/demo/sparse.safetensors --batch 1'],
  async run(args, output) {
    args.integer('seed', 0);
    const batch = args.integer('batch');
    const bytes = await readBytes(args.model, 'a model', args.where);
    const model = await loadModel(bytes);
    const tensors = storedTensors(model, bytes);
    const checkpoint = standingOf(bytes);
    const summary = model.summary();
    const session = await createSession(model, { batch });
    const [plan, explained] = [session.layers, session.explain()];
    session.dispose();
    const denseBytes = 4 * summary.parameters;
    const { seed, graph } = model;
    model.dispose();
    output.print(
      `${output.heading(args.model)}  ${formatBytes(bytes.length)}, ${smaller(denseBytes, bytes.length)} than ` +
        `its ${formatCount(summary.parameters)} parameters in float32 (${formatBytes(denseBytes)})\n`,
    );
    if (checkpoint) output.print(standingText(checkpoint));
    output.print(`reads [${graph.inputShape.join(', ')}], seed ${seed}\n\n${summary}\n`);
    output.print(`${tensorTable(tensors)}\n\n${explained}`);
    const { parameters, live, sparsity, layers } = summary;
    const sizes = { bytes: bytes.length, denseBytes, parameters, live, sparsity };
    const shown = { ...sizes, inputShape: graph.inputShape, seed, layers, tensors, plan };
    return { model: args.model, ...shown, checkpoint };
  },
};
