import { DataError, ShapeError } from '../../errors.js';
import { show } from '../../options.js';
import { highest } from '../absent.js';
import type { Regrowth } from './regrowth.js';

/** Absent connections of one weight, for a rule of one's own. */
export interface AbsentConnections {
  /** Where they are, ascending: row * columns + column (of blocks, when those are what is stored). Those just dropped included. */
  readonly positions: Uint32Array;
  /** Sizes of their gradients, |dL/dw|, in this batch. */
  readonly gradients: Float32Array;
}

/** Scores of absent connections, as many as there are: the highest come back. Ties go to the lower position. */
export type RegrowthScores = (absent: AbsentConnections) => Float32Array;

/** A rule from a function. Throws ShapeError for scores of another length, DataError for NaN, before anything changes. */
export function customRegrowth(score: RegrowthScores): Regrowth {
  return {
    gradients: true,
    all: true,
    choose({ count, total, kept, dropped, steepest }) {
      const sizes = new Map<number, number>();
      for (const { positions, scores } of [steepest, dropped]) {
        positions.forEach((at, i) => {
          sizes.set(at, scores[i]!);
        });
      }
      const positions = new Uint32Array(total - kept.length);
      for (let at = 0, next = 0, to = 0; at < total; at++) {
        if (kept[next] === at) next++;
        else positions[to++] = at;
      }
      const gradients = Float32Array.from(positions, (at) => sizes.get(at) ?? 0);
      const scores = score({ positions: positions.slice(), gradients });
      if (!(scores instanceof Float32Array) || scores.length !== positions.length) {
        throw new ShapeError(
          `dynamic: regrow must return a Float32Array of ${positions.length}, got ${show(scores)}`,
        );
      }
      const at = scores.findIndex(Number.isNaN);
      if (at >= 0) throw new DataError(`dynamic: scores of regrow must be numbers, got NaN at ${at}`);
      return highest({ positions, scores }, count).positions;
    },
  };
}
