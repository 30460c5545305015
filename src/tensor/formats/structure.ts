/** Which weights of a matrix are live: the structure of sparse storage, without values. */

import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';

/** Size of a matrix, and of the blocks that its live weights come in. */
export interface Grid {
  readonly rows: number;
  readonly cols: number;
  readonly height: number;
}

/** Words that stand for one block at most: its column. Row pointers come on top. */
const WORD = 4;

/**
 * Blocks of `height` rows by one column: rowPtr u32 [groups + 1] counts blocks, colIdx u32 [count] ascends in each
 * group of rows. The position of a block is group * cols + column.
 */
export class Structure {
  readonly grid: Grid;
  readonly groups: number;
  readonly #kernels: TrainKernels;
  readonly #rowPtr: Block;
  readonly #colIdx: Block;
  #count: number;

  private constructor(engine: Engine, kernels: TrainKernels, grid: Grid, count: number) {
    this.grid = grid;
    this.groups = Math.ceil(grid.rows / grid.height);
    this.#kernels = kernels;
    this.#count = count;
    const { memory } = engine;
    [this.#rowPtr, this.#colIdx] = memory.allOrNothing(() => [
      memory.allocate((this.groups + 1) * WORD, false),
      memory.allocate(count * WORD, false),
    ]);
  }

  /** Of all blocks with a weight that the mask at that address keeps. */
  static fromMask(engine: Engine, kernels: TrainKernels, grid: Grid, mask: number): Structure {
    const { rows, cols, height } = grid;
    const count = kernels.blocks_from_mask(0, 0, mask, rows, cols, height);
    const made = new Structure(engine, kernels, grid, count);
    kernels.blocks_from_mask(made.rowPtr, made.colIdx, mask, rows, cols, height);
    return made;
  }

  /** Of blocks at ascending positions. */
  static fromPositions(
    engine: Engine,
    kernels: TrainKernels,
    grid: Grid,
    positions: Uint32Array<ArrayBufferLike>,
  ): Structure {
    const made = new Structure(engine, kernels, grid, positions.length);
    const list = engine.memory.allocate(positions.length * WORD, false);
    try {
      list.u32(positions.length).set(positions);
      const { rowPtr, colIdx, groups } = made;
      kernels.blocks_from_positions(rowPtr, colIdx, list.address, positions.length, groups, grid.cols);
    } finally {
      list.free();
    }
    return made;
  }

  /** A copy of arrays as `SparseValues` holds them. */
  static fromArrays(
    engine: Engine,
    kernels: TrainKernels,
    grid: Grid,
    rowPtr: Uint32Array,
    colIdx: Uint32Array,
  ): Structure {
    const made = new Structure(engine, kernels, grid, colIdx.length);
    made.#rowPtr.u32(rowPtr.length).set(rowPtr);
    made.#colIdx.u32(colIdx.length).set(colIdx);
    return made;
  }

  /** Blocks. */
  get count(): number {
    return this.#count;
  }

  /** Weights in the blocks, those of rows beyond the matrix aside. */
  get weights(): number {
    const { rows, height } = this.grid;
    const missing = this.groups * height - rows; // only the last group can be short
    return this.#count * height - missing * this.#blocksOfLastGroup;
  }

  get #blocksOfLastGroup(): number {
    if (this.groups === 0) return 0;
    const [begin, end] = this.#rowPtr.u32(2, this.groups - 1);
    return end! - begin!;
  }

  /** Byte addresses. */
  get rowPtr(): number {
    return this.#rowPtr.address;
  }

  get colIdx(): number {
    return this.#colIdx.address;
  }

  /** All that it holds in memory. */
  get blocks(): readonly Block[] {
    return [this.#rowPtr, this.#colIdx];
  }

  get bytes(): number {
    return (this.groups + 1 + this.#count) * WORD;
  }

  /** Copies of both arrays. */
  read(): { readonly rowPtr: Uint32Array<ArrayBuffer>; readonly colIdx: Uint32Array<ArrayBuffer> } {
    return {
      rowPtr: this.#rowPtr.u32(this.groups + 1).slice(),
      colIdx: this.#colIdx.u32(this.#count).slice(),
    };
  }

  /** Positions of all blocks, ascending. */
  positions(): Uint32Array<ArrayBuffer> {
    const { memory } = this.#colIdx;
    const list = memory.allocate(this.#count * WORD, false);
    try {
      const { rowPtr, colIdx, groups, grid } = this;
      this.#kernels.blocks_positions(list.address, rowPtr, colIdx, groups, grid.cols);
      return list.u32(this.#count).slice();
    } finally {
      list.free();
    }
  }

  /** Drops the blocks whose byte at address `keep` is 0, in place, and gives the memory of their columns back. */
  select(keep: number): void {
    const { rowPtr, colIdx, groups } = this;
    this.#count = this.#kernels.blocks_select(rowPtr, colIdx, rowPtr, colIdx, keep, groups);
    this.#colIdx.shrink(this.#count * WORD);
  }

  /** A new structure: the blocks whose byte in `keep` [count] is 1, and those at ascending positions `added`. */
  changed(engine: Engine, keep: Uint8Array, added: Uint32Array): Structure {
    const { groups, grid } = this;
    let kept = 0;
    for (let i = 0; i < keep.length; i++) kept += keep[i]!;
    const bytes = engine.memory.allocate(keep.length, false);
    const middle = new Structure(engine, this.#kernels, grid, kept);
    const list = engine.memory.allocate(added.length * WORD, false);
    try {
      const made = new Structure(engine, this.#kernels, grid, kept + added.length);
      bytes.u8(keep.length).set(keep);
      list.u32(added.length).set(added);
      const [ptr, col] = [middle.rowPtr, middle.colIdx];
      this.#kernels.blocks_select(ptr, col, this.rowPtr, this.colIdx, bytes.address, groups);
      const to = [made.rowPtr, made.colIdx] as const;
      this.#kernels.blocks_insert(...to, ptr, col, list.address, added.length, groups, grid.cols);
      return made;
    } finally {
      bytes.free();
      middle.free();
      list.free();
    }
  }

  free(): void {
    for (const block of this.blocks) block.free();
  }
}
