/** The charts and tables of the demo report, one function a section. */
import { barChart } from './barChart.js';
import type { DemoResult } from './demoResult.js';
import { micros, percentAxis, points, readableDate, smaller, speed } from './demoText.js';
import { heatMap } from './heatMap.js';
import { element } from './markup.js';
import { codeBlock, factList, figure, htmlTable, type PageSection, paragraph } from './page.js';
import { ratioTick } from './scale.js';
import { formatBytes, formatCount, formatDuration, formatPercent, formatRatio } from './table.js';

/** The table that the headline is made of. */
export function comparison({ dense, sparse, bench }: DemoResult): PageSection {
  const rows = [
    ['', 'dense', 'sparse', 'change'],
    [
      'accuracy',
      formatPercent(dense.accuracy),
      formatPercent(sparse.accuracy),
      `${points(dense.accuracy, sparse.accuracy)} points`,
    ],
    [
      'parameters',
      formatCount(dense.parameters),
      formatCount(sparse.parameters),
      smaller(dense.parameters, sparse.parameters),
    ],
    ['size on disk', formatBytes(dense.bytes), formatBytes(sparse.bytes), smaller(dense.bytes, sparse.bytes)],
    ...bench.map(({ batch, denseMicros, sparseMicros, speedup }) => [
      `time per call, batch ${formatCount(batch)}`,
      micros(denseMicros),
      micros(sparseMicros),
      speed(speedup),
    ]),
  ];
  const body = htmlTable('Dense and sparse network, same architecture and same test images', rows);
  return { heading: 'Dense against sparse', body };
}

/** How much faster the sparse network answers. */
export function speedups({ bench }: DemoResult): PageSection {
  const rows = bench.map(({ batch, speedup, denseMicros, sparseMicros }) => ({
    label: `batch ${formatCount(batch)}`,
    values: [speedup],
    note: `${micros(denseMicros)} dense, ${micros(sparseMicros)} sparse`,
  }));
  const chart = {
    title: 'Dense time divided by sparse time',
    axis: { label: 'speed-up (times faster than dense)', format: ratioTick, valueText: formatRatio },
    series: [{ name: 'speed-up', tone: 'sparse' as const }],
    references: [{ name: 'dense = 1x', value: 1 }],
    rows,
  };
  const note = 'Both networks run in the same engine on the same inputs; a batch is the samples of one call.';
  return { heading: 'Speed-up per batch', body: figure((width) => barChart({ ...chart, width }), note) };
}

/** Which pixels the pruned first layer still looks at. */
export function pixelMap({ pixels }: DemoResult): PageSection {
  const heading = 'What the first layer reads';
  if (pixels.length === 0) return { heading, body: paragraph('No pixel counts were recorded.') };
  const map = heatMap({
    title: 'Live weights per pixel',
    rows: 28,
    columns: 28,
    values: pixels,
    label: 'weights',
    emptyLabel: 'unread',
    format: formatCount,
  });
  const unread = pixels.filter((count) => !(count > 0)).length;
  const share = formatPercent(unread / pixels.length, 1);
  const text = element(
    'div',
    {},
    element(
      'p',
      {},
      element('strong', { class: 'big' }, formatCount(unread)),
      `of ${pixels.length} pixels are unread`,
    ),
    paragraph(`No weight is left that looks at them: ${share} of the image has no influence on the answer.`),
    paragraph(
      'Each square is one pixel of the 28 by 28 image, shaded by the weights of layer 1 that still read it.',
    ),
  );
  return { heading, body: element('figure', { class: 'pair' }, map, text) };
}

/** Where the weights that are left sit, and which kernel runs them. */
export function layerDensity({ layers }: DemoResult): PageSection {
  const density = (layer: DemoResult['layers'][number]) =>
    layer.weights > 0 ? layer.live / layer.weights : Number.NaN;
  const chart = {
    title: 'Share of weights left in each layer',
    axis: { ...percentAxis('density'), valueText: (value: number) => formatPercent(value, 1) },
    series: [{ name: 'density', tone: 'sparse' as const }],
    rows: layers.map((layer) => ({
      label: layer.name,
      values: [density(layer)],
      note: `${formatCount(layer.live)} of ${formatCount(layer.weights)} weights`,
    })),
    track: true,
  };
  const rows = layers.map((layer) => [
    layer.name,
    layer.shape.join(' × '),
    formatCount(layer.weights),
    formatCount(layer.live),
    formatPercent(density(layer), 1),
    layer.format,
    layer.kernel,
  ]);
  const head = ['layer', 'out × in', 'weights', 'live', 'density', 'format', 'kernel'];
  const body =
    figure((width) => barChart({ ...chart, width })) + htmlTable('Layers as they run', [head, ...rows]);
  return { heading: 'Layers', body };
}

/** The machine, and the command that gives this result again. */
export function environment(result: DemoResult): PageSection {
  const { machine } = result;
  const facts = factList([
    ['Processor', `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}`],
    ['System', machine.platform],
    ['Node.js', machine.node],
    ['Date', readableDate(result.date)],
    ['Seed', String(result.seed)],
    ['Duration', formatDuration(result.seconds)],
  ]);
  const command = paragraph('Run the same command with the same seed:');
  return { heading: 'Environment and how to reproduce', body: command + codeBlock(result.command) + facts };
}
