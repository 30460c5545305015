/** A named tensor in WebAssembly memory; weights may be pruned, and are then stored dense with a mask or sparse. */
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import type { FormatName, Storage } from './formats/index.js';
import {
  expectChoice,
  expectLength,
  expectMask,
  expectMasked,
  expectWholeBlocks,
} from './parameterChecks.js';
import type { ParameterSpec } from './parameterSpec.js';
import { convert, prune, restore, rewind, rewire, select, setMask } from './restructure.js';
import type { Choice } from './select.js';
import { type Shape, sizeOf } from './shape.js';
import type { Slot } from './slot.js';
import { type SparseStart, StoredMatrix } from './storedMatrix.js';
import { lengthOf, maskOf, type TensorValues } from './values.js';

/** A trainable tensor. Moments of optimizers are attached to it: whatever changes its storage carries them along. */
export class Parameter {
  #name: string;
  #spec: ParameterSpec;
  readonly #matrix: StoredMatrix;

  /** Values are to be written by the owner. */
  constructor(engine: Engine, kernels: TrainKernels, name: string, spec: ParameterSpec, start?: SparseStart) {
    this.#name = name;
    this.#spec = spec;
    this.#matrix = new StoredMatrix(engine, kernels, this.rows, this.cols, start);
  }

  get name(): string {
    return this.#name;
  }

  get spec(): ParameterSpec {
    return this.#spec;
  }

  get shape(): Shape {
    return this.#spec.shape;
  }

  /** Elements, pruned ones included. */
  get length(): number {
    return sizeOf(this.shape);
  }

  /** As a matrix: outputs, and inputs of one output. */
  get rows(): number {
    return this.shape[0]!;
  }

  get cols(): number {
    return this.length / this.rows;
  }

  /** True when gradients move it. */
  get trained(): boolean {
    return this.spec.trained !== false;
  }

  /** Weights can be pruned, biases never. */
  get prunable(): boolean {
    return this.spec.role === 'weight';
  }

  /** How its values are stored. */
  get storage(): Storage {
    return this.#matrix.storage;
  }

  get format(): FormatName {
    return this.storage.format;
  }

  /** Floats in the array of values and in every attached slot. */
  get count(): number {
    return this.storage.count;
  }

  /** Byte address of the stored values. */
  get address(): number {
    return this.storage.address;
  }

  /** Weights that are not pruned. */
  get live(): number {
    return this.storage.live;
  }

  /** True when some of it is pruned, or could be without a change of storage. */
  get pruned(): boolean {
    return this.storage.structureBytes > 0;
  }

  /** Bytes of values, structure and attached slots. */
  get bytes(): number {
    return this.count * 4 * (1 + this.#matrix.slots.size) + this.storage.structureBytes;
  }

  /** A copy of the values, row-major. */
  read(): Float32Array {
    return this.#matrix.layOut(this.address);
  }

  /** Stored values themselves: void after the next allocation. */
  view(): Float32Array {
    const { memory } = this.#matrix.place.engine;
    return memory.f32.subarray(this.address / 4, this.address / 4 + this.count);
  }

  /** A copy of the mask, null while nothing is pruned. */
  readMask(): Uint8Array | null {
    return this.storage.readMask();
  }

  /** A copy of values and structure, as they are stored. */
  values(): TensorValues {
    return this.storage.read();
  }

  /** Overwrites the values. Throws ShapeError on another length, DataError on a nonzero where a weight is pruned. */
  write(values: Float32Array): void {
    expectLength(this, values.length);
    const mask = maskOf(this.values());
    if (mask) expectMasked(this.name, values, mask);
    this.#matrix.write(values);
  }

  /** Sets or clears the mask, in dense storage; values and moments that it prunes become zero. */
  setMask(mask: Uint8Array | null): void {
    expectMask(this, mask);
    setMask(this.#matrix, mask);
  }

  /** True when live weights come in whole blocks of that format. */
  fits(format: FormatName): boolean {
    return this.#matrix.misfits(format) === 0;
  }

  /** Throws ShapeError unless fits(). */
  expectFits(format: FormatName): void {
    expectWholeBlocks(this.name, format, this.#matrix.misfits(format));
  }

  /**
   * Changes the format, not the values. Throws ShapeError when a block of the new format would hold live and pruned
   * weights: training would bring the pruned ones back.
   */
  convert(format: FormatName): void {
    if (format !== this.format) this.expectFits(format);
    convert(this.#matrix, format);
  }

  /** Takes over copied values with their structure; moments of weights that were live and stay so are kept. */
  restore(data: TensorValues): void {
    expectLength(this, lengthOf(data));
    if (data.format === 'dense') expectMask(this, data.mask);
    restore(this.#matrix, data);
  }

  /** Values of that copy at the weights that are live now; 0 where it has none. Structure and moments stay. */
  rewind(data: TensorValues): void {
    expectLength(this, lengthOf(data));
    rewind(this.#matrix, data);
  }

  /**
   * Prunes further: keep holds one byte a stored weight in dense storage, one a block in sparse storage, 1 keeps.
   * Sparse storage is compacted in place, moments too.
   */
  prune(keep: Uint8Array): void {
    if (this.format === 'dense') expectMask(this, keep);
    prune(this.#matrix, keep);
  }

  /**
   * Drops what `keep` (as in prune) has 0 for, and connects weights or blocks at ascending positions `added`, with
   * values and moments of zero; what is in both lists begins anew. All or nothing.
   */
  rewire(keep: Uint8Array, added: Uint32Array): void {
    rewire(this.#matrix, keep, added);
  }

  /**
   * Makes it smaller: those rows and columns stay (ascending, null for all), with values, structure and slots. All of it
   * is allocated now, or nothing with MemoryError; the change happens when the function that comes back is called,
   * which cannot fail, so that several parameters can change together. Nothing else may be changed in between.
   *
   * Throws ShapeError on indices out of order or range, and when `spec`, what it is from then on, asks for another size.
   */
  select(choice: Choice, spec: ParameterSpec, name = this.name): () => void {
    expectChoice(this, choice, spec.shape);
    const change = choice.rows || choice.cols ? select(this.#matrix, choice) : () => {};
    return () => {
      change();
      this.#spec = spec;
      this.#name = name;
    };
  }

  /** An array of zeros that lies as the values do, from now on through every change of storage. */
  attach(): Slot {
    return this.#matrix.attach();
  }

  /** Gives the memory back, that of slots too. */
  free(): void {
    this.#matrix.free();
  }
}
