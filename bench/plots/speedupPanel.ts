/** One panel of the speed-up plot: a batch size with our line, the ideal, and the levels of other engines. */

import { spread } from '../../src/report/lineLabels.js';
import { linePath, type Plot } from '../../src/report/lineMarks.js';
import { element } from '../../src/report/markup.js';
import { ratioTick } from '../../src/report/scale.js';
import { type Frame, fitText, svgLine, svgText, textWidth, tooltip } from '../../src/report/svg.js';
import type { Peer, SpeedupBatch, SpeedupScales } from './speedupData.js';
import type { Sizes } from './speedupLayout.js';

type Place = readonly [x: number, y: number];

/** Share of zeros as a percentage, without the last bits: `99.5`. */
export const zerosText = (share: number) => String(Number((share * 100).toPrecision(6)));

/** Two digits: `0.62x`, `1.7x`, `28x`. */
export const timesText = (times: number) =>
  `${times >= 9.95 ? Math.round(times) : times.toFixed(times < 0.995 ? 2 : 1)}x`;

/** A frame with positions on the shared scales; dots keep off its edges. */
function makePlot(frame: Frame, { x, y }: SpeedupScales, at: Sizes): Plot {
  const inset = at.font;
  const width = frame.right - frame.left - 2 * inset;
  return {
    frame,
    valueRight: frame.right,
    x,
    y,
    place: ([px, py]) =>
      x.holds(px) && y.holds(py)
        ? [
            frame.left + inset + x.fraction(px) * width,
            frame.bottom - y.fraction(py) * (frame.bottom - frame.top),
          ]
        : undefined,
    xText: zerosText,
    yText: timesText,
  };
}

/** Which outer edges of the plot a panel stands at: there it carries the ticks that its row or column shares. */
export interface Edges {
  readonly left: boolean;
  readonly bottom: boolean;
}

/** Grid, and ticks at the outer edges. */
function axes(plot: Plot, edges: Edges, at: Sizes): string {
  const { left, right, bottom } = plot.frame;
  let svg = '';
  for (const tick of plot.y.ticks) {
    const y = plot.place([0, tick])![1];
    svg += svgLine(left, y, right, y, tick === 1 ? 'one' : 'grid');
    const place = { class: 'tick', 'text-anchor': 'end' };
    if (edges.left) svg += svgText(left - at.font * 0.5, y + at.font * 0.35, ratioTick(tick, 0), place);
  }
  let taken = -Infinity;
  for (const tick of plot.x.ticks) {
    const x = plot.place([tick, 1])![0];
    const half = textWidth(zerosText(tick), at.font) / 2;
    svg += svgLine(x, bottom, x, bottom + 4, 'axis');
    if (!edges.bottom || x - half < taken) continue;
    taken = x + half + 2;
    svg += svgText(x, bottom + at.font * 1.45, zerosText(tick), { class: 'tick', 'text-anchor': 'middle' });
  }
  return svg + svgLine(left, bottom, right, bottom, 'axis');
}

/** 1 / density: straight, since both axes are logarithmic. It ends where the frame does. */
function idealLine(plot: Plot): string {
  const end = Math.min(plot.x.high, 1 - 1 / plot.y.high);
  const from = plot.place([0, 1])!;
  const to = plot.place([end, 1 / (1 - end)])!;
  return svgLine(from[0], from[1], to[0], to[1], 'ideal dashed');
}

/** Lowest edge of our line from `left` on, so that names can stand below it. */
function lowestFrom(left: number, line: readonly Place[]): number {
  const ys = line.flatMap(([x, y], i) => {
    if (x >= left) return [y];
    const next = line[i + 1];
    return next && next[0] > left ? [y + ((next[1] - y) * (left - x)) / (next[0] - x)] : [];
  });
  return Math.max(-Infinity, ...ys);
}

/** Levels of other engines from the left edge to a column of names, which keep below our line and apart. */
function peerLevels(peers: readonly Peer[], line: readonly Place[], plot: Plot, at: Sizes): string {
  const { left, right, top, bottom } = plot.frame;
  const size = at.font * 0.92;
  const least = left + at.font * 3;
  const labels = peers
    .filter((peer) => plot.y.holds(peer.speedup))
    .sort((a, b) => b.speedup - a.speedup)
    .map(({ name, speedup }) => {
      const value = ` ${timesText(speedup)}`;
      const text = fitText(name, right - least - textWidth(value, size), size) + value;
      return { text, width: textWidth(text, size), y: plot.place([0, speedup])![1] };
    });
  const start = Math.max(least, right - Math.max(0, ...labels.map(({ width }) => width)));
  const pitch = size * 1.2;
  const ceiling = lowestFrom(start, line) + at.dot + pitch / 2;
  const places = spread(
    labels.map(({ y }) => y),
    pitch,
    Math.max(top + pitch / 2, ceiling),
    bottom - pitch / 2 - 1,
  );
  const levels = labels.map(({ y }, i) => {
    const bend = (start - at.font * 1.5).toFixed(1);
    const d = `M${left.toFixed(1)} ${y.toFixed(1)}H${bend}L${(start - 3).toFixed(1)} ${places[i]!.toFixed(1)}`;
    return element('path', { d, class: 'peer' });
  });
  const names = labels.map(({ text, width }, i) => {
    // A plate, not a halo: lines behind a name would show between its letters.
    const plate = {
      x: start - 2,
      y: places[i]! - pitch / 2,
      width: width + 2,
      height: pitch,
      class: 'plate',
    };
    const place = { class: 'muted', 'font-size': size };
    return element('rect', plate) + svgText(start, places[i]! + size * 0.35, text, place);
  });
  return levels.join('') + names.join('');
}

/** Our dots, with what they say when the file itself is open. */
function dots(batch: SpeedupBatch, plot: Plot, at: Sizes): string {
  const marks = batch.points.map(({ sparsity, speedup }) => {
    const place = plot.place([sparsity, speedup]);
    if (!place) return '';
    const text = tooltip(`${zerosText(sparsity)} % zeros: ${timesText(speedup)}`);
    return element('circle', { cx: place[0], cy: place[1], r: at.dot, class: 'dot sparse' }, text);
  });
  return marks.join('');
}

/** The value of the best point, above it. */
function bestLabel(batch: SpeedupBatch, plot: Plot, at: Sizes): string {
  const points = batch.points.filter((point) => plot.place([point.sparsity, point.speedup]));
  if (points.length === 0) return '';
  const best = points.reduce((a, b) => (b.speedup > a.speedup ? b : a));
  const [x, y] = plot.place([best.sparsity, best.speedup])!;
  const size = at.font * 1.25;
  const text = timesText(best.speedup);
  const half = textWidth(text, size) / 2;
  const { left, right } = plot.frame;
  const middle = Math.min(Math.max(x, left + half), right + at.gutter / 2 - half);
  const place = { class: 'name sparse halo', 'text-anchor': 'middle', 'font-size': size };
  return svgText(middle, y - at.dot - at.font * 0.5, text, place);
}

/** A panel in `frame`. */
export function panel(
  batch: SpeedupBatch,
  frame: Frame,
  scales: SpeedupScales,
  at: Sizes,
  edges: Edges,
): string {
  const plot = makePlot(frame, scales, at);
  const points = [...batch.points]
    .sort((a, b) => a.sparsity - b.sparsity)
    .map((point) => [point.sparsity, point.speedup] as const);
  const placed = points.map((point) => plot.place(point)).filter((place) => place !== undefined);
  const heading = { class: 'heading halo', 'font-size': at.font * 1.1 };
  return element(
    'g',
    { class: 'panel' },
    axes(plot, edges, at),
    idealLine(plot),
    peerLevels(batch.peers, placed, plot, at),
    linePath({ name: 'ours', points, tone: 'sparse' }, plot),
    dots(batch, plot, at),
    bestLabel(batch, plot, at),
    svgText(frame.left + at.font * 0.5, frame.top + at.font * 1.4, `batch ${batch.batch}`, heading),
  );
}
