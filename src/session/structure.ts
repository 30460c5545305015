/** Structure among the nonzeros of a weight: found, not declared. */
import type { Engine } from '../runtime/engine.js';
import { type Csr, placed } from './csr.js';

/** "At most n of every m inputs of a row". */
export interface Pattern {
  readonly n: number;
  readonly m: number;
}

/** Tightest first. */
const PATTERNS: readonly Pattern[] = [
  { n: 1, m: 4 },
  { n: 2, m: 8 },
  { n: 2, m: 4 },
];

/** Share of a pattern's places that must be filled for it to be worth storing as one. */
const LEAST_FILLED = 0.8;

/** Blocks of `height` consecutive rows by one column that hold at least one nonzero. */
export function countBlocks(engine: Engine, csr: Csr, height: number): number {
  const { rows, cols } = csr;
  return placed(engine, csr, cols, ({ colIdx, rowPtr, extra }) =>
    engine.kernels.count_blocks_csr(colIdx, rowPtr, rows, cols, height, extra),
  );
}

/** True when no run of m inputs, counted from the first, holds more than n nonzeros in any row. */
function follows({ rows, rowPtr, colIdx }: Csr, { n, m }: Pattern): boolean {
  for (let r = 0; r < rows; r++) {
    let [group, held] = [-1, 0];
    for (let i = rowPtr[r]!; i < rowPtr[r + 1]!; i++) {
      const here = Math.floor(colIdx[i]! / m);
      held = here === group ? held + 1 : 1;
      group = here;
      if (held > n) return false;
    }
  }
  return true;
}

/** The tightest pattern that the nonzeros follow, and nearly fill; null when there is none. */
export function findPattern(csr: Csr): Pattern | null {
  const { rows, cols, values } = csr;
  const fills = ({ n, m }: Pattern) => cols % m === 0 && values.length * m >= rows * cols * n * LEAST_FILLED;
  return PATTERNS.find((pattern) => values.length > 0 && fills(pattern) && follows(csr, pattern)) ?? null;
}
