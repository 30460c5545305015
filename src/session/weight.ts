/** One weight as the planner and the formats see it: what is expensive to find is found when first asked for. */
import type { Engine } from '../runtime/engine.js';
import { type Csr, csrOf } from './csr.js';
import { countBlocks, findPattern, type Pattern } from './structure.js';

/** Share of zeros below which nobody looks for structure: it could not pay. */
const WORTH_A_LOOK = 0.2;

/** What a weight is made from: its nonzeros, or all values of a weight without any zero. */
type Content = { readonly csr: Csr } | { readonly full: Float32Array };

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
  #dense: Float32Array | undefined;
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
    const { memory, kernels } = engine;
    const block = memory.allocate(values.length * 4, false);
    try {
      block.f32(values.length).set(values);
      const nnz = kernels.count_nonzero_f32(block.address, values.length);
      const finite = kernels.count_nonfinite_f32(block.address, values.length) === 0;
      const content =
        nnz === values.length ? { full: values } : { csr: csrOf(engine, block, [rows, cols], nnz) };
      const weight = new Weight(engine, [rows, cols], content, finite);
      weight.#dense = values;
      return weight;
    } finally {
      block.free();
    }
  }

  /** Share of zeros. */
  get sparsity(): number {
    const size = this.rows * this.cols;
    return size === 0 ? 0 : 1 - this.nnz / size;
  }

  /** Its nonzeros. */
  get csr(): Csr {
    if ('csr' in this.#content) return this.#content.csr;
    this.#csr ??= fullCsr(this.#content.full, this.rows, this.cols);
    return this.#csr;
  }

  /** Row-major [rows, cols]. */
  get dense(): Float32Array {
    this.#dense ??= 'full' in this.#content ? this.#content.full : scattered(this.#content.csr);
    return this.#dense;
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

  /** Another weight with these nonzeros: parts of this one, or the same in other places. */
  with(csr: Csr): Weight {
    return new Weight(this.#engine, [csr.rows, csr.cols], { csr }, this.finite);
  }

  /** The same weight over `cols` inputs, of which column c is now number places[c]; the others are zero. */
  moved(places: Uint32Array, cols: number): Weight {
    const { csr } = this;
    const colIdx = new Uint32Array(csr.colIdx.length);
    for (let i = 0; i < colIdx.length; i++) colIdx[i] = places[csr.colIdx[i]!]!;
    return this.with({ ...csr, cols, colIdx });
  }
}

function fullCsr(values: Float32Array, rows: number, cols: number): Csr {
  const rowPtr = Uint32Array.from({ length: rows + 1 }, (_, r) => r * cols);
  const colIdx = new Uint32Array(rows * cols);
  for (let i = 0; i < colIdx.length; i++) colIdx[i] = i % cols;
  return { rows, cols, rowPtr, colIdx, values };
}

function scattered({ rows, cols, rowPtr, colIdx, values }: Csr): Float32Array {
  const dense = new Float32Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let i = rowPtr[r]!; i < rowPtr[r + 1]!; i++) dense[r * cols + colIdx[i]!] = values[i]!;
  }
  return dense;
}
