/** The filters of the first convolution, each as the small image that it looks for. */
import { weightLayers } from '../graph/unitClasses.js';
import type { Sequential } from '../model/index.js';
import type { Liveness } from '../prune/liveness.js';
import { type Field, fieldGallery } from './fieldGallery.js';
import { element, escapeText } from './markup.js';
import { formatCount } from './table.js';

/** More filters than this are not drawn. */
const mostFilters = 64;

/** Filters with a path through them, in order; an empty text when the first layer with a weight is no convolution. */
export function filterFigure(model: Sequential, liveness: Liveness): string {
  const node = weightLayers(model.graph)[0];
  const layer = node && liveness.layers.find(({ name }) => name === node.name);
  const weight = node && model.parameters.find(({ name }) => name === `${node.name}.weight`);
  if (!layer || !weight || node.type.role !== 'convolution') return '';
  const [height, width] = [node.spec.kernelHeight as number, node.spec.kernelWidth as number];
  const area = height * width;
  const values = weight.read();
  const live = Array.from(layer.fanIn.keys()).filter((unit) => layer.fanIn[unit]! > 0);
  const fields = live.slice(0, mostFilters).map((unit): Field => {
    const weights = new Float32Array(area);
    for (let i = 0; i < weight.cols; i++) weights[i % area]! += values[unit * weight.cols + i]!;
    return { name: `filter ${unit + 1}: ${formatCount(layer.fanIn[unit]!)} weights`, weights };
  });
  if (fields.length === 0) return '';
  const shown = `${formatCount(fields.length)} of ${formatCount(layer.units)} filters of ${layer.name}, those with a path to an output`;
  const channels = weight.cols > area ? ', summed over channels' : '';
  const text = `${shown}, each ${height} x ${width}${channels}. Green weights are above zero, orange ones below; an empty square is pruned.`;
  const title = element('p', { class: 'title' }, 'Filters that stay');
  const caption = element('figcaption', {}, escapeText(text));
  return element('figure', {}, title, fieldGallery(fields, height, width), caption);
}
