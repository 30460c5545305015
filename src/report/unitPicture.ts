/** The units of a layer as squares, shaded by how many live weights enter each. */
import { heatStep } from './heatMap.js';
import { element } from './markup.js';
import { svgRoot, svgText, titleBlock, tooltip } from './svg.js';
import { formatCount } from './table.js';

/** Units of one layer with the number of weights that enter each; 0 is a unit that no path enters. */
export interface UnitPictureOptions {
  readonly title: string;
  /** Below the title, such as `287 of 300 live`. */
  readonly note: string;
  readonly counts: ArrayLike<number>;
  readonly width?: number;
}

/** More units than this are drawn as runs of units. */
const mostUnits = 1024;

/** The units as one `<svg>`; more than 1,024 are drawn in equal groups, with the mean of each. */
export function unitPicture(options: UnitPictureOptions): string {
  const width = options.width ?? 240;
  const units = options.counts.length;
  const group = Math.ceil(units / mostUnits);
  const cells = Array.from({ length: Math.ceil(units / group) }, (_, i) => {
    const last = Math.min(units, (i + 1) * group);
    let total = 0;
    for (let unit = i * group; unit < last; unit++) total += options.counts[unit]!;
    return total / (last - i * group);
  });
  const columns = Math.max(1, Math.ceil(Math.sqrt(cells.length)));
  const size = Math.min(22, width / columns);
  const most = cells.reduce((high, count) => Math.max(high, count), 0);
  const title = titleBlock(options.title, width);
  const top = title.height + 28;
  const squares = cells.map((count, i) => {
    const step = heatStep(count, most);
    const inset = step === 0 ? size * 0.36 : size * 0.06;
    const name =
      group === 1 ? `unit ${i + 1}` : `units ${i * group + 1} to ${Math.min(units, (i + 1) * group)}`;
    const text = step === 0 ? 'no path' : `${formatCount(count)} weights enter`;
    const box = {
      x: (i % columns) * size + inset,
      y: top + Math.floor(i / columns) * size + inset,
      width: size - 2 * inset,
      height: size - 2 * inset,
      rx: size * 0.12,
    };
    return element('rect', { ...box, class: `heat h${step}` }, tooltip(`${name}: ${text}`));
  });
  return svgRoot(
    width,
    top + Math.ceil(cells.length / columns) * size + 4,
    `${options.title}: ${options.note}`,
    title.svg,
    svgText(0, title.height + 14, options.note, { class: 'muted' }),
    squares.join(''),
  );
}
