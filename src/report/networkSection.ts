/** What is left of a network: inputs that are read, units with a path through them, masks. */
import { unitClasses } from '../graph/unitClasses.js';
import type { Sequential } from '../model/index.js';
import type { LayerLiveness, Liveness } from '../prune/liveness.js';
import { livePositions } from '../prune/livePositions.js';
import { type Field, fieldGallery } from './fieldGallery.js';
import { filterFigure } from './filterFigure.js';
import { heatMap } from './heatMap.js';
import { element, escapeText } from './markup.js';
import { maskPicture } from './maskPicture.js';
import { figure, htmlTable, paragraph } from './page.js';
import { formatCount, formatPercent } from './table.js';
import { unitPicture } from './unitPicture.js';

/** A model with what was found about it. */
export interface StudiedModel {
  readonly model: Sequential;
  readonly liveness: Liveness;
  /** [rows, columns] of the image that it reads, if it reads one. */
  readonly image: readonly [rows: number, columns: number] | undefined;
}

const caption = (text: string) => element('figcaption', {}, escapeText(text));

/** True when the first layer has a weight for every value of the input. */
function readsPixels({ model, liveness: { inputs, layers } }: StudiedModel): boolean {
  const [input] = unitClasses(model.graph);
  const readers = input!.consumers.filter(({ type }) => type.role === 'product');
  return readers[0]?.name === layers[0]?.name && layers[0]?.readers.length === inputs.size;
}

/** Weights of the first layer that read each pixel, summed over channels. */
function pixelCounts({ liveness, image }: StudiedModel): number[] {
  const pixels = image![0] * image![1];
  const counts = Array.from({ length: pixels }, () => 0);
  liveness.layers[0]?.readers.forEach((count, i) => {
    counts[i % pixels]! += count;
  });
  return counts;
}

/** The live pixels beside what they mean. */
function pixelFigure(studied: StudiedModel): string {
  const [rows, columns] = studied.image!;
  const counts = pixelCounts(studied);
  const unread = counts.filter((count) => count === 0).length;
  const map = heatMap({
    title: 'Weights that read each pixel',
    ...{ rows, columns, values: counts, label: 'weights', emptyLabel: 'unread', format: formatCount },
  });
  const text = element(
    'div',
    {},
    element(
      'p',
      {},
      element('strong', { class: 'big' }, `${formatCount(unread)}`),
      `of ${formatCount(counts.length)} pixels are unread`,
    ),
    paragraph(
      unread === 0
        ? 'Every pixel still reaches an output.'
        : `No chain of live weights leads from them to an output: ${formatPercent(unread / counts.length, 1)} of the image has no influence on the answer.`,
    ),
    paragraph(`Each square is one pixel of the ${rows} by ${columns} image.`),
  );
  return element('figure', { class: 'pair' }, map, text);
}

function unitFigure({ layers }: Liveness): string {
  const pictures = layers.map(({ name, units, live, fanIn }) =>
    element(
      'div',
      {},
      unitPicture({
        title: name,
        note: `${formatCount(live)} of ${formatCount(units)} units live`,
        counts: fanIn,
      }),
    ),
  );
  const text =
    'Each square is a unit, shaded by how many weights enter it; a small dot lies on no path from an input to an output.';
  const title = element('p', { class: 'title' }, 'Weights that enter each unit');
  return element('figure', {}, title, element('div', { class: 'pictures' }, ...pictures), caption(text));
}

function layersTable({ inputs, layers, sparsity, effectiveSparsity }: Liveness): string {
  const row = (layer: LayerLiveness) => [
    layer.name,
    ...[layer.units, layer.live, layer.constant, layer.unread].map(formatCount),
    ...[layer.weights, layer.liveWeights, layer.effectiveWeights].map(formatCount),
    formatPercent(layer.sparsity),
    formatPercent(layer.effectiveSparsity),
  ];
  const sum = (key: 'weights' | 'liveWeights' | 'effectiveWeights') =>
    formatCount(layers.reduce((total, layer) => total + layer[key], 0));
  const counts = [inputs.size, inputs.live, 0, inputs.size - inputs.live].map(formatCount);
  const first = ['inputs', ...counts, ...Array.from({ length: 5 }, () => '')];
  const total = [
    ...['total', '', '', '', ''],
    ...[sum('weights'), sum('liveWeights'), sum('effectiveWeights')],
    ...[formatPercent(sparsity), formatPercent(effectiveSparsity)],
  ];
  const head = ['layer', 'units', 'live', 'constant', 'unread', 'weights', 'live', 'on a path'];
  const note =
    'Units and weights on a path from an input to an output; effective sparsity counts all others as pruned';
  return htmlTable(note, [[...head, 'sparsity', 'effective sparsity'], first, ...layers.map(row), total]);
}

/** Layers larger than this are not laid out to look at single units. */
const mostWeights = 1 << 24;
const mostFields = 36;

/** The units of the first layer that read most, as the images that they look for. */
function fieldFigure({ model, liveness, image }: StudiedModel): string {
  const [first] = liveness.layers;
  const weight = model.parameters.find(({ prunable }) => prunable);
  if (!first || !weight || weight.length > mostWeights) return '';
  const [rows, columns] = image!;
  const pixels = rows * columns;
  const values = weight.read();
  const chosen = Array.from(first.fanIn, (_, unit) => unit)
    .filter((unit) => first.fanIn[unit]! > 0)
    .sort((a, b) => first.fanIn[b]! - first.fanIn[a]! || a - b)
    .slice(0, mostFields);
  if (chosen.length === 0) return '';
  const fields = chosen.map((unit): Field => {
    const weights = new Float32Array(pixels);
    for (let i = 0; i < weight.cols; i++) weights[i % pixels]! += values[unit * weight.cols + i]!;
    return { name: `unit ${unit + 1}: ${formatCount(first.fanIn[unit]!)} weights`, weights };
  });
  const text = `Units of ${first.name} that read most, ${chosen.length} of ${formatCount(first.units)}, each as the image that it looks for. Green weights are above zero, orange ones below.`;
  const title = element('p', { class: 'title' }, 'What single units look at');
  return element('figure', {}, title, fieldGallery(fields, rows, columns), caption(text));
}

/** Live pixels, units and paths of one model. */
export function networkBody(studied: StudiedModel): string {
  const { model, liveness, image } = studied;
  const pixels = image && readsPixels(studied);
  return [
    pixels ? pixelFigure(studied) : '',
    unitFigure(liveness),
    pixels ? fieldFigure(studied) : '',
    filterFigure(model, liveness),
    layersTable(liveness),
  ].join('\n');
}

/** A picture of every mask of one model. */
export function masksBody({ model }: StudiedModel): string {
  const weights = model.parameters.filter(({ prunable }) => prunable);
  const figures = weights.map((weight) => {
    const { name, rows, cols, length, live, shape } = weight;
    const labels =
      shape.length > 2
        ? { rowLabel: 'filters', columnLabel: 'weights of each' }
        : { rowLabel: 'units', columnLabel: 'inputs' };
    const share = formatPercent(length === 0 ? 0 : live / length);
    const picture = {
      title: `${name.replace(/\.weight$/, '')}: ${formatCount(live)} of ${formatCount(length)} weights left, ${share}`,
      ...{ rows, columns: cols, positions: livePositions(weight) },
      ...labels,
    };
    return figure((width) => maskPicture({ ...picture, width }));
  });
  return figures.join('\n');
}
