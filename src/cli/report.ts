/** `espalier report MODEL`: an HTML page on what is left of a pruned model. */
import { basename } from 'node:path';
import { type TradeOff, tradeOff } from '../bench/tradeOff.js';
import { loadModel, type Sequential } from '../model/index.js';
import { type Liveness, liveness } from '../prune/liveness.js';
import { sensitivity } from '../prune/sensitivity.js';
import { renderReport } from '../report/report.js';
import { formatBytes, formatCount, formatMicros, formatPercent, table } from '../report/table.js';
import type { Command } from './command.js';
import { dataNames, dataOption, expectFit, loadData } from './data.js';
import { machine } from './demoParts.js';
import { prepareFile, writeText } from './files.js';
import type { Output } from './io.js';
import { phaseProgress } from './phases.js';

/** Of a pruned model, the sparsest ones are what is left to try. */
const SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];

/** The model as if nothing were pruned, on dense kernels, and as the planner runs it. */
async function bothPoints(model: Sequential, data: Parameters<typeof tradeOff>[1]['data'], output: Output) {
  const { signal } = output.io;
  const options = { data, measure: true, signal };
  const full = await tradeOff(model, { ...options, label: 'dense', kernels: 'dense' });
  return [full, await tradeOff(model, { ...options, label: 'pruned' })] as const;
}

function pointsTable(points: readonly TradeOff[]): string {
  const [first] = points;
  const times = first?.micros ?? [];
  const head = ['', 'accuracy', 'parameters', 'bytes', 'multiply-adds'];
  const rows = points.map((point) => [
    point.label,
    formatPercent(point.accuracy),
    formatCount(point.parameters),
    formatBytes(point.bytes),
    formatCount(point.multiplyAdds),
    ...(point.micros ?? []).map(({ micros }) => formatMicros(micros)),
  ]);
  return table([[...head, ...times.map(({ batch }) => `batch ${batch}`)], ...rows]);
}

/** Without the lists of single units. */
function countsOf({ inputs, layers, sparsity, effectiveSparsity }: Liveness) {
  return {
    inputs,
    layers: layers.map(({ fanIn: _in, readers: _out, ...counts }) => counts),
    sparsity,
    effectiveSparsity,
  };
}

/** The file by its name alone; nothing tells of units that it may have lost. */
function titleOf(path: string, { sparsity, layers }: Liveness): string {
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const share = `${formatPercent(sparsity)} of the weights pruned`;
  return `${basename(path)}: ${sparsity > 0 ? share : `${formatCount(weights)} weights, none pruned`}`;
}

export const report: Command = {
  name: 'report',
  summary:
    'Writes an HTML page on a model: masks, live units and pixels, cost against accuracy, sensitivity.',
  takesModel: true,
  options: {
    out: { type: 'string', value: 'FILE', help: 'where the page goes', default: 'report.html' },
    data: dataOption,
    sensitivity: { type: 'boolean', help: 'prune each layer alone, at several sparsities, and evaluate' },
    samples: { type: 'string', value: 'N', help: 'test samples for --sensitivity', default: '2000' },
    seed: {
      type: 'string',
      value: 'N',
      help: 'accepted for uniformity: nothing here is random',
      default: '1',
    },
  },
  examples: ['pruned.safetensors', 'pruned.safetensors --sensitivity --out pruned.html'],
  notes: [
    'The page is one file that loads nothing. Times are medians of session.run on this machine; the dense ones are',
    'those of the same model on kernels that skip nothing.',
  ],
  async run(args, output) {
    args.integer('seed', 0);
    const [out, dataName, samples] = [
      args.text('out'),
      args.oneOf('data', dataNames),
      args.integer('samples'),
    ];
    await prepareFile(args.where, '--out', out);
    const model = await loadModel(args.model);
    const { test, ...rest } = await loadData(dataName);
    expectFit(args.where, model, dataName, { test, ...rest });
    output.note('timing');
    const points = await bothPoints(model, test, output);
    const sensitive = args.has('sensitivity')
      ? await sensitivity(model, test, {
          sparsities: SPARSITIES,
          samples: Math.min(samples, test.labels.length),
          signal: output.io.signal,
          onProgress: phaseProgress(output.io.stderr),
        })
      : undefined;
    const live = liveness(model);
    const { cpu, cores, node, platform } = machine();
    const page = renderReport({
      title: titleOf(args.model, live),
      models: { [basename(args.model)]: model },
      tradeOffs: points,
      ...(sensitive && { sensitivity: sensitive }),
      facts: {
        Model: args.model,
        'Test data': dataName,
        Processor: `${cpu}, ${cores} cores`,
        'Node.js': `${node} on ${platform}`,
      },
    });
    model.dispose();
    await writeText(out, page);
    output.print(`${pointsTable(points)}\n\n${live}`);
    if (sensitive) output.print(`\n${sensitive}`);
    output.print(`\nwrote ${out}, ${formatBytes(page.length)}`);
    return {
      model: args.model,
      out,
      data: dataName,
      tradeOffs: points,
      liveness: countsOf(live),
      sensitivity: sensitive,
    };
  },
};
