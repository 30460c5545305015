/** A matrix in one of the formats, with the arrays that lie as its values do; moves all of them together. */
import type { Engine } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';
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
  structureIn,
} from './formats/index.js';
import { type Choice, gather, select } from './select.js';
import { Slot } from './slot.js';
import { denseOf, type SparseValues, type TensorValues } from './values.js';

/** Live blocks that a weight begins with, by ascending position (group of rows * columns + column). */
export interface SparseStart {
  readonly format: SparseFormat;
  readonly positions: Uint32Array;
}

/** Values, structure and slots. Every change is all or nothing; shapes are checked by the parameter that owns it. */
export class StoredMatrix {
  #place: Place;
  readonly #slots = new Set<Slot>();
  #storage: Storage;

  /** Values are to be written by the owner. */
  constructor(engine: Engine, kernels: TrainKernels, rows: number, cols: number, start?: SparseStart) {
    this.#place = { engine, kernels, rows, cols };
    this.#storage = start
      ? this.#sparse(Structure.fromPositions(engine, kernels, this.#grid(start.format), start.positions))
      : this.#dense();
  }

  get storage(): Storage {
    return this.#storage;
  }

  /** Slots attached. */
  get slots(): number {
    return this.#slots.size;
  }

  get #length(): number {
    return this.#place.rows * this.#place.cols;
  }

  #grid(format: SparseFormat): { rows: number; cols: number; height: number } {
    const { rows, cols } = this.#place;
    return { rows, cols, height: sparseFormats[format] };
  }

  #sparse(structure: Structure): SparseStorage {
    return new SparseStorage(this.#place.engine, this.#place.kernels, structure);
  }

  #dense(): DenseStorage {
    return new DenseStorage(this.#place.engine, this.#place.kernels, this.#length);
  }

  #structureOf({ format, rowPtr, colIdx }: SparseValues): Structure {
    const { engine, kernels } = this.#place;
    return Structure.fromArrays(engine, kernels, this.#grid(format), rowPtr, colIdx);
  }

  /** Room for all values, for as long as `use` takes. */
  #withDense<T>(use: (dense: Block) => T): T {
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
    return this.#withDense((dense) => {
      this.#storage.toDense(dense.address, array);
      return dense.f32(this.#length).slice();
    });
  }

  /** Writes what is live of row-major values. */
  write(values: Float32Array): void {
    const storage = this.#storage;
    if (storage instanceof DenseStorage) {
      this.#place.engine.memory.f32.set(values, storage.address / 4);
      storage.applyMask(storage.address);
      return;
    }
    this.#withDense((dense) => {
      dense.f32(this.#length).set(values);
      storage.fromDense(storage.address, dense.address);
    });
  }

  /** Pruned weights in those blocks of a format that hold a live one. */
  misfits(format: FormatName): number {
    return misfitsIn(this.#place, this.#storage, format);
  }

  /** Moves values and slots to another storage, each by `carry(to, from)`: addresses of arrays of the new and the old one. */
  #become<S extends Storage>(make: () => S, carry: (next: S, to: number, from: number) => void): void {
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
    this.#storage.free();
    this.#storage = next;
    slots.forEach((slot, i) => {
      slot.replace(blocks[i]!);
    });
  }

  /** Sparse storage of another structure: what both have is carried over, the rest begins at zero. */
  #becomeSparse(format: SparseFormat, make: () => Structure): void {
    const old = this.#storage;
    const storage = () => this.#sparse(make());
    if (old instanceof DenseStorage) {
      this.#become(storage, (next, to, from) => next.fromDense(to, from));
    } else if (old instanceof SparseStorage && old.format === format) {
      this.#become(storage, (next, to, from) => next.carry(to, old, from));
    } else {
      this.#withDense((dense) => {
        this.#become(storage, (next, to, from) => {
          old.toDense(dense.address, from);
          next.fromDense(to, dense.address);
        });
      });
    }
  }

  /** Changes the format, not the values; live weights must come in whole blocks of it. */
  convert(format: FormatName): void {
    const old = this.#storage;
    if (format === old.format) return;
    if (format !== 'dense') {
      this.#becomeSparse(format, () => structureIn(this.#place, old, format));
      return;
    }
    this.#become(
      () => {
        const next = this.#dense();
        next.setMask(old.readMask());
        return next;
      },
      (_, to, from) => old.toDense(to, from),
    );
  }

  /** Dense storage with that mask; values and slots that it prunes become zero. */
  setMask(mask: Uint8Array | null): void {
    this.convert('dense');
    const storage = this.#storage as DenseStorage;
    storage.setMask(mask);
    for (const array of [storage, ...this.#slots]) storage.applyMask(array.address);
  }

  /** Takes over copied values with their structure; slots of weights that were live and stay so are kept. */
  restore(data: SparseValues): void {
    this.#becomeSparse(data.format, () => this.#structureOf(data));
    this.#place.engine.memory.f32.set(data.values, this.#storage.address / 4);
  }

  /** Values of that copy at the weights that are live now; 0 where it has none. Structure and slots stay. */
  rewind(data: TensorValues): void {
    const storage = this.#storage;
    if (data.format === 'dense' || storage.format !== data.format) {
      this.write(denseOf(data));
      return;
    }
    const { memory } = this.#place.engine;
    const old = memory.allOrNothing(() => this.#sparse(this.#structureOf(data)));
    memory.f32.set(data.values, old.address / 4);
    (storage as SparseStorage).carry(storage.address, old, old.address);
    old.free();
  }

  /** Keeps what `keep` has 1 for: a byte a weight in dense storage, a byte a block in sparse storage, compacted in place. */
  prune(keep: Uint8Array): void {
    const storage = this.#storage;
    if (!(storage instanceof SparseStorage)) {
      this.setMask(keep);
      return;
    }
    const bytes = this.#place.engine.memory.allocate(keep.length, false);
    try {
      bytes.u8(keep.length).set(keep);
      const arrays = Array.from(this.#slots, (slot) => slot.block);
      storage.select(bytes.address, arrays);
    } finally {
      bytes.free();
    }
  }

  /** Drops what `keep` has 0 for, and connects weights or blocks at ascending positions `added`, all zero. */
  rewire(keep: Uint8Array, added: Uint32Array): void {
    const old = this.#storage;
    if (!(old instanceof SparseStorage)) {
      const mask = keep.slice();
      this.setMask(mask);
      for (const position of added) mask[position] = 1;
      (old as DenseStorage).setMask(mask);
      return;
    }
    const { engine } = this.#place;
    const { height } = old.structure.grid;
    this.#become(
      () => this.#sparse(old.structure.changed(engine, keep, added)),
      (next, to, from) => {
        const floats = engine.memory.f32; // nothing can fail from here on, and the old array is about to go
        for (let i = 0, at = from / 4; i < keep.length; i++, at += height) {
          if (keep[i] === 0) floats.fill(0, at, at + height);
        }
        next.carry(to, old, from);
      },
    );
  }

  /**
   * A smaller matrix of those rows and columns, with structure and slots. It is made now; the function that comes back
   * puts it in the place of this one, and cannot fail.
   */
  select(choice: Choice): () => void {
    const { engine } = this.#place;
    const { memory } = engine;
    const selection = select(this.#storage.read(), this.#place.rows, this.#place.cols, choice);
    const place = { ...this.#place, rows: selection.rows, cols: selection.cols };
    const slots = [...this.#slots];
    const { next, blocks } = memory.allOrNothing(() => {
      const made = storageOf(place, selection.data);
      return { next: made, blocks: slots.map(() => memory.allocate(made.count * 4, false)) };
    });
    slots.forEach((slot, i) => {
      gather(blocks[i]!.f32(next.count), slot.block.f32(this.#storage.count), selection);
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
