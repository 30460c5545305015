/** `espalier bench MODEL`: dense kernels against planned ones, with the same weights. */
import { syntheticDigits } from '../../datasets/index.js';
import { type ComparisonRow, compare } from '../bench/compare.js';
import { OptionError } from '../errors.js';
import { loadModel, type Sequential } from '../model/index.js';
import { formatCount, formatMicros, formatPercent, formatRatio, table } from '../report/table.js';
import { createSession } from '../session/session.js';
import { sizeOf } from '../tensor/shape.js';
import type { Command } from './command.js';

/** Calls walk through this many samples, or one batch where that is more. */
const SAMPLES = 1024;
/** Larger batches take minutes, and tell no more: sessions run 32 samples at a time. */
const MOST = 16_384;

function rowsTable(rows: readonly ComparisonRow[]): string {
  const cells = rows.map(({ batch, denseMicros, sparseMicros, speedup }) => [
    formatCount(batch),
    formatMicros(denseMicros),
    formatMicros(sparseMicros),
    formatMicros(sparseMicros / batch),
    formatRatio(speedup),
  ]);
  return table([['batch', 'dense', 'planned', 'per sample', 'speed-up'], ...cells]);
}

/** The measured plan for every batch size that is laid out differently. */
async function plans(model: Sequential, batches: readonly number[]): Promise<string[]> {
  const byLayout = new Map<string, string>();
  for (const batch of batches) {
    const session = await createSession(model, { batch, measure: true });
    const text = session.explain();
    session.dispose();
    const layout = text.split('\n', 1)[0]!;
    if (!byLayout.has(layout)) byLayout.set(layout, text);
  }
  return [...byLayout.values()];
}

export const bench: Command = {
  name: 'bench',
  summary: 'Times a model: dense kernels, which skip nothing, against those that the planner chooses.',
  takesModel: true,
  options: {
    batches: { type: 'string', value: 'N,N', help: `samples per call, at most ${MOST}`, default: '1,32,256' },
    seed: { type: 'string', value: 'N', help: 'decides the made-up inputs', default: '1' },
  },
  examples: ['runs/demo/sparse.safetensors', 'model.safetensors --batches 1,8,64 --json'],
  notes: ['Both run the same weights on the same inputs; times are medians of alternating blocks.'],
  async run(args, output) {
    const batches = args.integers('batches');
    const most = Math.max(...batches);
    if (most > MOST) throw new OptionError(`${args.where}: --batches must be at most ${MOST}, got ${most}`);
    const seed = args.integer('seed', 0);
    const model = await loadModel(args.model);
    const { inputShape } = model.graph;
    // Made up, so that a model of any input shape can be timed without files.
    const samples = Math.max(SAMPLES, ...batches);
    const { images } = syntheticDigits({ samples, shape: [sizeOf(inputShape)], seed });
    const { signal } = output.io;
    const rows = await compare({ dense: model, sparse: model, images, batches, signal });
    const { sparsity } = model.summary();
    output.print(`${output.heading(`${args.model}, sparsity ${formatPercent(sparsity)}`)}\n`);
    output.print(`${rowsTable(rows)}\n`);
    output.print((await plans(model, batches)).join('\n\n'));
    model.dispose();
    return { model: args.model, sparsity, rows };
  },
};
