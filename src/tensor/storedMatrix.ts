/** A matrix in one of the formats, with the arrays that lie as its values do; moves all of them together. */

import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import {
  DenseStorage,
  type FormatName,
  misfitsIn,
  type Place,
  type SparseFormat,
  SparseStorage,
  type Storage,
  Structure,
  sparseFormats,
  storageOf,
} from './formats/index.js';
import { Slot } from './slot.js';
import { relaid, type SparseValues, type TensorValues, takeLive } from './values.js';

/** Live blocks that a weight begins with, by ascending position (group of rows * columns + column). */
export interface SparseStart {
  readonly format: SparseFormat;
  readonly positions: Uint32Array;
}

function firstStorage({ engine, kernels, rows, cols }: Place, start: SparseStart | undefined): Storage {
  if (!start) return new DenseStorage(engine, kernels, rows * cols);
  const grid = { rows, cols, height: sparseFormats[start.format] };
  return new SparseStorage(engine, kernels, Structure.fromPositions(engine, kernels, grid, start.positions));
}

/** Values, structure and slots. Shapes are checked by the parameter that owns it. */
export class StoredMatrix {
  readonly #slots = new Set<Slot>();
  #place: Place;
  #storage: Storage;

  /** Values are to be written by the owner. */
  constructor(engine: Engine, kernels: TrainKernels, rows: number, cols: number, start?: SparseStart) {
    this.#place = { engine, kernels, rows, cols };
    this.#storage = firstStorage(this.#place, start);
  }

  /** Its size, and what storages of it are made with. */
  get place(): Place {
    return this.#place;
  }

  get storage(): Storage {
    return this.#storage;
  }

  /** What is attached. */
  get slots(): ReadonlySet<Slot> {
    return this.#slots;
  }

  get #length(): number {
    return this.#place.rows * this.#place.cols;
  }

  /** Room for all values, for as long as `use` takes. */
  withDense<T>(use: (dense: Block) => T): T {
    const dense = this.#place.engine.memory.allocate(this.#length * 4, false);
    try {
      return use(dense);
    } finally {
      dense.free();
    }
  }

  /** A row-major copy of an array that lies as the values do (a byte address). */
  layOut(array: number): Float32Array {
    const { memory } = this.#place.engine;
    if (this.#storage.format === 'dense') return memory.f32.slice(array / 4, array / 4 + this.#length);
    return this.withDense((dense) => {
      this.#storage.toDense(dense.address, array);
      return dense.f32(this.#length).slice();
    });
  }

  /** Writes what is live of row-major values. Takes no memory, so that it cannot fail where values are put back. */
  write(values: Float32Array): void {
    const storage = this.#storage;
    const { f32 } = this.#place.engine.memory;
    if (storage instanceof DenseStorage) {
      f32.set(values, storage.address / 4);
      storage.applyMask(storage.address);
      return;
    }
    f32.set(takeLive(storage.read() as SparseValues, values), storage.address / 4);
  }

  /** Pruned weights in those blocks of a format that hold a live one. */
  misfits(format: FormatName): number {
    return misfitsIn(this.#place, this.#storage, format);
  }

  /**
   * Makes another storage, with arrays for the slots, and fills them by `carry(next, to, from)`: addresses of an array of the
   * new and of the old one. All or nothing; the function that comes back puts them in the place of the old ones, and cannot
   * fail.
   */
  prepare<S extends Storage>(
    make: () => S,
    carry: (next: S, to: number, from: number) => void,
    place = this.#place,
  ): () => void {
    const { memory } = this.#place.engine;
    const slots = [...this.#slots];
    const { next, blocks } = memory.allOrNothing(() => {
      const made = make();
      const arrays = slots.map(() => memory.allocate(made.count * 4, false));
      carry(made, made.address, this.#storage.address);
      slots.forEach((slot, i) => {
        carry(made, arrays[i]!.address, slot.address);
      });
      return { next: made, blocks: arrays };
    });
    return () => {
      this.#storage.free();
      this.#storage = next;
      this.#place = place;
      slots.forEach((slot, i) => {
        slot.replace(blocks[i]!);
      });
    };
  }

  /**
   * Takes over copied values with their structure where memory has no room for the old arrays beside the new ones: these take
   * their places. Throws MemoryError when there is too little even so. All or nothing.
   */
  rebuild(data: TensorValues): void {
    const { memory } = this.#place.engine;
    const slots = [...this.#slots];
    const before = this.#storage.read();
    const arrays = slots.map((slot) => relaid(slot.read(), before, data));
    const old = [...this.#storage.blocks, ...slots.map(({ block }) => block)];
    const { next, blocks } = memory.exchange(old, () => ({
      next: storageOf(this.#place, data),
      blocks: arrays.map(({ length }) => memory.allocate(length * 4, false)),
    }));
    this.#storage = next;
    slots.forEach((slot, i) => {
      slot.replace(blocks[i]!);
      slot.write(arrays[i]!);
    });
  }

  /** An array of zeros that lies as the values do, from now on through every change of storage. */
  attach(): Slot {
    const slot = new Slot(this, this.#place.engine.memory.allocate(this.#storage.count * 4));
    this.#slots.add(slot);
    return slot;
  }

  /** @internal Called by Slot.free(). */
  detach(slot: Slot): void {
    this.#slots.delete(slot);
  }

  /** Gives the memory back, that of slots too. */
  free(): void {
    for (const slot of this.#slots) slot.free();
    this.#storage.free();
  }
}
