import type { Block } from '../../runtime/block.js';
import type { Engine } from '../../runtime/engine.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { SparseValues } from '../values.js';
import { formatOfHeight, type SparseFormat, type Storage } from './format.js';
import type { Structure } from './structure.js';

/** The live values alone, in the order of their structure: compressed sparse rows, or blocks of consecutive rows. */
export class SparseStorage implements Storage {
  readonly format: SparseFormat;
  readonly structure: Structure;
  readonly #engine: Engine;
  readonly #kernels: TrainKernels;
  readonly #values: Block;

  /** Takes the structure over. Values are to be written by the owner. */
  constructor(engine: Engine, kernels: TrainKernels, structure: Structure) {
    this.format = formatOfHeight(structure.grid.height);
    this.structure = structure;
    this.#engine = engine;
    this.#kernels = kernels;
    this.#values = engine.memory.allocate(this.count * 4, false);
  }

  get count(): number {
    return this.structure.count * this.structure.grid.height;
  }

  get live(): number {
    return this.structure.weights;
  }

  get address(): number {
    return this.#values.address;
  }

  get structureBytes(): number {
    return this.structure.bytes;
  }

  get blocks(): readonly Block[] {
    return [this.#values, ...this.structure.blocks];
  }

  toDense(dense: number, array: number): void {
    const { rowPtr, colIdx, grid } = this.structure;
    this.#kernels.blocks_scatter_f32(dense, array, rowPtr, colIdx, grid.rows, grid.cols, grid.height);
  }

  fromDense(array: number, dense: number): void {
    const { rowPtr, colIdx, grid } = this.structure;
    this.#kernels.blocks_gather_f32(array, rowPtr, colIdx, dense, grid.rows, grid.cols, grid.height);
  }

  /** As `array`, an array of another storage of the same grid: what both have is carried over, the rest is 0. */
  carry(array: number, from: SparseStorage, fromArray: number): void {
    const { rowPtr, colIdx, groups, grid } = this.structure;
    const old = from.structure;
    this.#kernels.blocks_carry_f32(
      array,
      rowPtr,
      colIdx,
      fromArray,
      old.rowPtr,
      old.colIdx,
      groups,
      grid.height,
    );
  }

  /** Drops what select() of the structure is about to drop, from an array of this storage, in place. */
  selectValues(array: Block, keep: number): void {
    const { count, grid } = this.structure;
    const kept = this.#kernels.blocks_select_f32(array.address, array.address, keep, count, grid.height);
    array.shrink(kept * grid.height * 4);
  }

  /** Drops the blocks whose byte at address `keep` is 0, from the values, from `others` and from the structure. */
  select(keep: number, others: readonly Block[]): void {
    for (const array of [this.#values, ...others]) this.selectValues(array, keep);
    this.structure.select(keep);
  }

  read(): SparseValues {
    const { rows, cols, height } = this.structure.grid;
    const values = this.#values.f32(this.count).slice();
    return { format: this.format, rows, cols, height, ...this.structure.read(), values };
  }

  readMask(): Uint8Array {
    const { rowPtr, colIdx, grid } = this.structure;
    const length = grid.rows * grid.cols;
    const mask = this.#engine.memory.allocate(length, false);
    try {
      this.#kernels.blocks_mask(mask.address, rowPtr, colIdx, grid.rows, grid.cols, grid.height);
      return mask.u8(length).slice();
    } finally {
      mask.free();
    }
  }

  free(): void {
    for (const block of this.blocks) block.free();
  }
}
