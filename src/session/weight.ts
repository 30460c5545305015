/** One weight as the planner and the formats see it: what is expensive to find is found when first asked for. */
import type { Engine } from '../runtime/engine.js';
import type { Entries } from '../tensor/values.js';
import {
  type Csr,
  countValues,
  csrOf,
  csrOfEntries,
  inPieces,
  partOf,
  placed,
  upTo,
  type Values,
} from './csr.js';
import { countBlocks, findPattern, type Pattern } from './structure.js';

/** Share of zeros below which nobody looks for structure: it could not pay. */
const WORTH_A_LOOK = 0.2;

/** What a weight is made from: its nonzeros, or all values of a weight without any zero. */
type Content = { readonly csr: Csr } | { readonly full: Values };

/** A weight [rows, cols]. Its arrays are not to be written to. */
export class Weight {
  readonly rows: number;
  readonly cols: number;
  readonly nnz: number;
  /** False when a value is NaN or infinite: then a zero input must not be skipped. */
  readonly finite: boolean;
  readonly #engine: Engine;
  readonly #content: Content;
  #csr: Csr | undefined;
  #dense: Values | undefined;
  #columnCounts: Uint32Array | undefined;
  #pattern: Pattern | null | undefined;
  readonly #blocks = new Map<number, number>();

  private constructor(
    engine: Engine,
    [rows, cols]: readonly [number, number],
    content: Content,
    finite: boolean,
  ) {
    this.#engine = engine;
    this.#content = content;
    this.rows = rows;
    this.cols = cols;
    this.nnz = 'csr' in content ? content.csr.values.length : rows * cols;
    this.finite = finite;
  }

  /** From row-major values, which are kept and not changed. */
  static of(engine: Engine, values: Float32Array, rows: number, cols: number): Weight {
    return Weight.from(engine, { values }, rows, cols);
  }

  /** The same, of values that may be a getter's: asked for again after each allocation. */
  static from(
    engine: Engine,
    source: Values & { readonly entries?: Entries },
    rows: number,
    cols: number,
  ): Weight {
    const known = source.entries && source.entries.positions.length < rows * cols ? source.entries : null;
    if (known) {
      const { csr, finite } = csrOfEntries(engine, known, [rows, cols]);
      return new Weight(engine, [rows, cols], { csr }, finite);
    }
    const { nnz, finite } = countValues(engine, source, [rows, cols]);
    if (finite !== null) return new Weight(engine, [rows, cols], { full: source }, finite);
    const found = csrOf(engine, source, [rows, cols], nnz);
    const weight = new Weight(engine, [rows, cols], { csr: found.csr }, found.finite);
    weight.#dense = source;
    return weight;
  }

  /** Share of zeros. */
  get sparsity(): number {
    const size = this.rows * this.cols;
    return size === 0 ? 0 : 1 - this.nnz / size;
  }

  /** Its nonzeros. */
  get csr(): Csr {
    if ('csr' in this.#content) return this.#content.csr;
    this.#csr ??= fullCsr(this.#content.full.values.slice(), this.rows, this.cols);
    return this.#csr;
  }

  /** Row-major [rows, cols]; void after the next allocation, as it may lie in WebAssembly memory. */
  get dense(): Float32Array {
    return this.#values.values;
  }

  /** Brings it, row-major, to `use`: at most `most` rows at a time, unless it lies in WebAssembly memory anyway. */
  inPieces(most: number, use: (address: number, first: number, rows: number) => void): void {
    inPieces(this.#engine, this.#values, [this.rows, this.cols], use, most);
  }

  get #values(): Values {
    this.#dense ??=
      'full' in this.#content ? this.#content.full : { values: scattered(this.#engine, this.#content.csr) };
    return this.#dense;
  }

  /** Nonzeros of each column. */
  get columnCounts(): Uint32Array {
    this.#columnCounts ??=
      'full' in this.#content
        ? new Uint32Array(this.cols).fill(this.rows)
        : columnCounts(this.#engine, this.#content.csr);
    return this.#columnCounts;
  }

  /** Blocks of `height` rows by one column that hold a nonzero; all of them when there are few zeros. */
  blocks(height: 2 | 4 | 8): number {
    let count = this.#blocks.get(height);
    if (count === undefined) {
      const all = Math.ceil(this.rows / height) * this.cols;
      count = this.sparsity < WORTH_A_LOOK ? all : countBlocks(this.#engine, this.csr, height);
      this.#blocks.set(height, count);
    }
    return count;
  }

  /** The tightest N:M pattern that it follows and nearly fills; null when there is none. */
  get pattern(): Pattern | null {
    if (this.#pattern === undefined)
      this.#pattern = this.sparsity < WORTH_A_LOOK ? null : findPattern(this.csr);
    return this.#pattern;
  }

  /** Those rows, ascending, over `cols` columns, of which column c is now number place[c], or GONE; at least one row. */
  part(rows: Uint32Array, place: Uint32Array, cols: number): Weight {
    return this.#like(partOf(this.#engine, this.csr, rows, place, cols));
  }

  /** A weight of zeros. */
  zeros(rows: number, cols: number): Weight {
    const [rowPtr, colIdx] = [new Uint32Array(rows + 1), new Uint32Array(0)];
    return this.#like({ rows, cols, rowPtr, colIdx, values: new Float32Array(0) });
  }

  /** The same weight over `cols` inputs, of which column c is now number places[c]; the others are zero. */
  moved(places: Uint32Array, cols: number): Weight {
    return this.part(upTo(this.rows), places, cols);
  }

  #like(csr: Csr): Weight {
    return new Weight(this.#engine, [csr.rows, csr.cols], { csr }, this.finite);
  }
}

function fullCsr(values: Float32Array, rows: number, cols: number): Csr {
  const rowPtr = new Uint32Array(rows + 1);
  for (let r = 0; r <= rows; r++) rowPtr[r] = r * cols;
  const colIdx = new Uint32Array(rows * cols);
  for (let i = 0; i < colIdx.length; i++) colIdx[i] = i % cols;
  return { rows, cols, rowPtr, colIdx, values };
}

function columnCounts({ memory, kernels }: Engine, { cols, colIdx }: Csr): Uint32Array {
  const { length } = colIdx;
  const block = memory.allocate((cols + length) * 4, false);
  try {
    block.u32(cols).fill(0);
    block.u32(length, cols).set(colIdx);
    kernels.csr_count_columns(block.address, block.address + cols * 4, length);
    return block.u32(cols).slice();
  } finally {
    block.free();
  }
}

function scattered(engine: Engine, csr: Csr): Float32Array {
  const { rows, cols } = csr;
  return placed(engine, csr, rows * cols, ({ block, values, colIdx, rowPtr, extra, behind }) => {
    engine.kernels.csr_to_dense_f32(extra, values, colIdx, rowPtr, rows, cols);
    return block.f32(rows * cols, behind).slice();
  });
}
