/** Outputs of a convolution in points: eight floats whose inputs lie together, for kernels that read the image itself. */
import { outputRuns, PANEL, type WindowLayout } from './windows.js';

/** How outputs are cut into points of eight floats with inputs that lie together. */
export interface PointPlan {
  /** Records of several points {x0, x1, ..., y0, y1, ...}, then the rest {x, y}. */
  readonly points: Uint32Array;
  /** Records of several points, and of one. */
  readonly groups: number;
  readonly ones: number;
  /** Floats of one filter's outputs as the points write them. */
  readonly plane: number;
  /** Floats from one row of outputs to the next where rows are too narrow for a point: then outputs are to be cropped. */
  readonly pitch: number | null;
}

/** Points {x, y} of one run of floats; the last one may overlap the one before. */
function pointsOf(x: number, y: number, floats: number): (readonly [number, number])[] {
  const points: (readonly [number, number])[] = [];
  for (let at = 0; at < floats; at += PANEL) {
    const first = Math.min(at, floats - PANEL) * 4;
    points.push([x + first, y + first]);
  }
  return points;
}

/** Points that a kernel takes together. */
export type Together = 1 | 2 | 4;

/** Records of points. An odd one stands twice in its pair; what fours leave over stands alone. */
function packed(
  all: readonly (readonly [number, number])[],
  together: Together,
): { points: Uint32Array; groups: number; ones: number } {
  const groups = together === 1 ? 0 : together === 2 ? Math.ceil(all.length / 2) : Math.floor(all.length / 4);
  const list: number[] = [];
  for (let i = 0; i < groups; i++) {
    const group = Array.from(
      { length: together },
      (_, j) => all[Math.min(together * i + j, all.length - 1)]!,
    );
    list.push(...group.map(([x]) => x), ...group.map(([, y]) => y));
  }
  const rest = all.slice(together * groups);
  for (const [x, y] of together === 1 ? all : rest) list.push(x, y);
  return { points: Uint32Array.from(list), groups, ones: together === 1 ? all.length : rest.length };
}

/**
 * The points of a layout, so many to a record. Where an output row holds fewer than
 * eight floats all are computed in one go, as if rows were as long as those of the image; then `pitch` says how they lie, and up to
 * `pointSlack` bytes behind the image are read.
 */
export function outputPoints(layout: WindowLayout, together: Together = 4): PointPlan {
  const { geometry: g, lanes, plane, stagedWidth, phases } = layout;
  const { runs, floats } = outputRuns(layout);
  if (floats >= PANEL) {
    const all = Array.from({ length: runs.length / 2 }, (_, i) =>
      pointsOf(runs[2 * i]!, runs[2 * i + 1]!, floats),
    ).flat();
    return { ...packed(all, together), plane, pitch: null };
  }
  const pitch = stagedWidth * lanes;
  const length = (g.outHeight - 1) * pitch + floats;
  if (g.strideHeight * phases === 1 && length >= PANEL) {
    return { ...packed(pointsOf(0, 0, length), together), plane: g.outHeight * pitch, pitch };
  }
  // Rows do not follow one another, or are too few: each is a point by itself.
  const step = g.strideHeight * phases * pitch * 4;
  const all = Array.from({ length: g.outHeight }, (_, row) => [row * step, row * PANEL * 4] as const);
  return { ...packed(all, together), plane: g.outHeight * PANEL, pitch: PANEL };
}

/** Bytes behind a staged image that points of narrow rows may read (and whose results are cropped). */
export const pointSlack = PANEL * 4;
