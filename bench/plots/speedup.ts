/**
 * Speed-up against sparsity, one panel a batch size, as an SVG file for `<img>`: no script, no font, nothing to load.
 * The file holds the plot twice, for wide displays and for phones, and shows the one that fits the image.
 */
import { type Attributes, element } from '../../src/report/markup.js';
import { chartSheet } from '../../src/report/style.js';
import { svgLine, svgText, textWidth } from '../../src/report/svg.js';
import { type SpeedupData, speedupScales } from './speedupData.js';
import {
  type Blocks,
  columns,
  keySample,
  measure,
  type Sizes,
  sizes,
  surroundings,
} from './speedupLayout.js';
import { panel } from './speedupPanel.js';

export type { Peer, SpeedupBatch, SpeedupData } from './speedupData.js';

const sheet = `${chartSheet}.chart{font-size:inherit}
.sheet{fill:var(--card);stroke:var(--line)}
.heading,.headline{font-weight:650}
.one{stroke:var(--dense);stroke-width:1.25}
.ideal{stroke:var(--sparse);stroke-width:1.25;opacity:.75}
.peer{fill:none;stroke:var(--axis)}
.plate{fill:var(--card)}
.narrow .line{stroke-width:1.75}
.narrow .dot{stroke-width:1}
.narrow .one,.narrow .ideal{stroke-width:1}
.narrow .peer,.narrow .grid{stroke-width:.75}
.narrow .halo{stroke-width:3px}
.narrow{display:none}
@media (max-width:600px){.wide{display:none}.narrow{display:inline}}
`;

/** Sample of a line in the key. */
function sample(kind: string, x: number, y: number, at: Sizes): string {
  const end = x + keySample(at);
  if (kind === 'ours') {
    const dot = { cx: (x + end) / 2, cy: y, r: at.dot, class: 'dot sparse' };
    return svgLine(x, y, end, y, 'line sparse') + element('circle', dot);
  }
  return svgLine(x, y, end, y, kind === 'ideal' ? 'ideal dashed' : kind);
}

/** Title and key. */
function head(blocks: Blocks, at: Sizes): string {
  const style = { class: 'headline', 'font-size': at.title };
  const title = blocks.title.map((text, i) =>
    svgText(at.padding, at.padding + at.title * (0.8 + i * 1.35), text, style),
  );
  const top = at.padding + blocks.title.length * at.title * 1.35;
  const keys = blocks.keys.map(({ kind, text, x }) => {
    const y = top + at.font * 1.1;
    return sample(kind, x, y - at.font * 0.35, at) + svgText(x + keySample(at) + at.font * 0.5, y, text);
  });
  return title.join('') + keys.join('');
}

/** The name of x and the machine. */
function foot(blocks: Blocks, at: Sizes, height: number, middle: number): string {
  const top = height - blocks.foot;
  const label = { class: 'muted', 'text-anchor': 'middle' };
  const lines = blocks.machine.map((text, i) =>
    svgText(at.padding, top + at.font * (4.6 + i * 1.4), text, { class: 'muted' }),
  );
  return svgText(middle, top + at.font * 2.9, 'zeros among the weights (%)', label) + lines.join('');
}

/** The plot in one of its layouts, in an `<svg>` of its own that covers the image. */
function layout(data: SpeedupData, blocks: Blocks, at: Sizes, height: number): string {
  const rows = Math.max(1, Math.ceil(data.batches.length / columns));
  const tall = (height - surroundings(blocks, at, rows)) / rows;
  const left = at.padding + textWidth('0.5x', at.font) + at.font * 0.5;
  const wide = (at.width - at.padding - left - (columns - 1) * at.gutter) / columns;
  const scales = speedupScales(data.batches, at.footroom);
  const panels = data.batches.map((batch, i) => {
    const column = i % columns;
    const from = left + column * (wide + at.gutter);
    const top = blocks.head + Math.floor(i / columns) * (tall + at.gutter);
    const frame = { left: from, right: from + wide, top, bottom: top + tall };
    const edges = { left: column === 0, bottom: i + columns >= data.batches.length };
    return panel(batch, frame, scales, at, edges);
  });
  const box: Attributes = {
    class: at.name,
    viewBox: `0 0 ${at.width} ${height.toFixed(2)}`,
    'font-size': at.font,
  };
  const place = { width: sizes.wide.width, height: (height * sizes.wide.width) / at.width };
  const middle = (left + at.width - at.padding) / 2;
  return element(
    'svg',
    { ...box, ...place },
    head(blocks, at),
    '\n',
    panels.join('\n'),
    '\n',
    foot(blocks, at, height, middle),
  );
}

/** The plot as the text of an SVG file. Equal data give equal bytes. */
export function speedupPlot(data: SpeedupData): string {
  const rows = Math.max(1, Math.ceil(data.batches.length / columns));
  const { width } = sizes.wide;
  const both = [sizes.wide, sizes.narrow].map((at) => {
    const blocks = measure(data.title, data.machine, at);
    const natural = surroundings(blocks, at, rows) + rows * at.frame;
    return { at, blocks, height: (natural * width) / at.width };
  });
  // An image has one aspect: the layout that needs the taller one sets it, frames of the other fill the rest.
  const height = Math.ceil(Math.max(...both.map((one) => one.height)));
  const layouts = both.map(({ at, blocks }) => layout(data, blocks, at, (height * at.width) / width));
  const label = `${data.title}. Speed-up against the share of zeros, by batch size.`;
  const root = { xmlns: 'http://www.w3.org/2000/svg', class: 'chart', role: 'img', 'aria-label': label };
  const card = { x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 12, class: 'sheet' };
  return `${element(
    'svg',
    { ...root, viewBox: `0 0 ${width} ${height}`, width, height },
    `\n<style>\n${sheet}</style>\n`,
    element('rect', card),
    '\n',
    layouts.join('\n'),
    '\n',
  )}\n`;
}
