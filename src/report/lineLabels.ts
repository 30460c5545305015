/** Texts beside the lines of a chart, placed so that they do not collide. */
import type { Line, Plot, Reference } from './lineMarks.js';
import { fitText, fontSize, svgLine, svgText, type Tone, textWidth } from './svg.js';

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const overlaps = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const around = (x: number, y: number, width: number, height: number): Box => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
});

/** Small boxes along the path of a line, so that a label can tell where it would cross it. */
function pathBoxes(line: Line, plot: Plot): Box[] {
  const boxes: Box[] = [];
  let last: readonly [number, number] | undefined;
  for (const point of line.points) {
    const at = plot.place(point);
    const pieces = last && at ? Math.ceil(Math.hypot(at[0] - last[0], at[1] - last[1]) / 4) : 0;
    for (let i = 1; i < pieces; i++) {
      const share = i / pieces;
      boxes.push(
        around(last![0] + (at![0] - last![0]) * share, last![1] + (at![1] - last![1]) * share, 2, 2),
      );
    }
    last = at;
  }
  return boxes;
}

/** Places for the label of a dot: on its side of the line, straight first, then shifted to the left and right, then further away. */
function candidates(side: 'above' | 'below', x: number, y: number, width: number, plot: Plot): Box[] {
  const low = plot.frame.left + width / 2;
  const high = plot.valueRight - width / 2;
  const middles = side === 'above' ? [y - 15, y - 27] : [y + 16, y + 28];
  const boxes = middles.flatMap((middle) =>
    [0, -width / 2 - 2, width / 2 + 2].map((shift) =>
      around(Math.min(Math.max(x + shift, low), high), middle, width, fontSize.label + 2),
    ),
  );
  return boxes.filter((box) => box.bottom <= plot.frame.bottom);
}

/** The first place that is free, if possible without crossing a path; else the left of the dot, if free of both. */
function choosePlace(places: readonly Box[], beside: Box, taken: readonly Box[], paths: readonly Box[]) {
  const isFree = (box: Box, others: readonly Box[]) => !others.some((other) => overlaps(other, box));
  const open = places.filter((box) => isFree(box, taken));
  const clear = [...open, beside].find((box) => isFree(box, taken) && isFree(box, paths));
  return clear ?? open[0];
}

/**
 * Values beside dots. The last points matter most, so they choose first. A label avoids dots and other labels,
 * and paths where it can; one without room is left out, its value is still in the tooltip.
 */
export function pointLabels(lines: readonly Line[], plot: Plot): string {
  const dots = lines
    .filter((line) => line.dots)
    .flatMap((line) => line.points.map((point) => plot.place(point)));
  const taken = dots.filter((at) => at !== undefined).map(([x, y]) => around(x, y, 9, 9));
  // The tick texts are taken too.
  taken.push({ left: -Infinity, right: plot.frame.left - 1, top: -Infinity, bottom: Infinity });
  const paths = lines.flatMap((line) => pathBoxes(line, plot));
  let svg = '';
  for (const line of lines) {
    if (line.values === undefined) continue;
    for (const point of [...line.points].reverse()) {
      const at = plot.place(point);
      if (!at) continue;
      const text = plot.yText(point[1]);
      const width = textWidth(text) + 6;
      const beside = around(at[0] - width / 2 - 6, at[1], width, fontSize.label + 2);
      const box = choosePlace(candidates(line.values, at[0], at[1], width, plot), beside, taken, paths);
      if (!box) continue;
      taken.push(box);
      const place = { class: `halo name ${line.tone}`, 'text-anchor': 'middle' };
      svg += svgText((box.left + box.right) / 2, (box.top + box.bottom) / 2 + 4, text, place);
    }
  }
  return svg;
}

/** Moves positions apart to at least `gap`, in order, inside [low, high] as far as there is room. */
export function spread(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]! || a - b);
  const moved = [...positions];
  let floor = low;
  for (const i of order) {
    moved[i] = Math.max(moved[i]!, floor);
    floor = moved[i]! + gap;
  }
  let ceiling = high;
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i]!, ceiling);
    ceiling = moved[i]! - gap;
  }
  return moved;
}

/** Names of lines and references at the right edge, moved apart, each joined to its end by a thin leader. */
export function lineLabels(
  lines: readonly Line[],
  references: readonly Reference[],
  plot: Plot,
  width: number,
): string {
  const { right, top, bottom } = plot.frame;
  const ends: { name: string; tone: Tone; x: number; y: number }[] = [];
  for (const { name, tone, points } of lines) {
    const at = points.map((point) => plot.place(point)).findLast((place) => place !== undefined);
    if (at) ends.push({ name, tone, x: at[0], y: at[1] });
  }
  for (const { name, value } of references) {
    const y = bottom - plot.y.fraction(value) * (bottom - top);
    if (plot.y.holds(value)) ends.push({ name, tone: 'dense', x: right, y });
  }
  const places = spread(
    ends.map((end) => end.y),
    18,
    top,
    bottom,
  );
  const marks = ends.map((end, i) => {
    const leader = svgLine(
      Math.max(end.x + 6, right - 4),
      end.y,
      right + 14,
      places[i]!,
      `leader ${end.tone}`,
    );
    const name = fitText(end.name, width - right - 18);
    return leader + svgText(right + 18, places[i]! + 4, name, { class: `name ${end.tone}` });
  });
  return marks.join('');
}
