/** A named tensor in WebAssembly memory; weights may be pruned, and are then stored dense with a mask or sparse. */
import { DataError, ShapeError } from '../errors.js';
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import { type FormatName, type SparseFormat, type Storage, sparseFormats } from './formats/index.js';
import type { Choice } from './select.js';
import { type Shape, showShape, sizeOf } from './shape.js';
import type { Slot } from './slot.js';
import { type SparseStart, StoredMatrix } from './storedMatrix.js';
import { lengthOf, type TensorValues } from './values.js';

export type { SparseStart } from './storedMatrix.js';

/** What a layer asks for when it is built. */
export interface ParameterSpec {
  readonly role: 'weight' | 'bias' | 'scale' | 'mean' | 'variance';
  readonly shape: Shape;
  /** Inputs and outputs of one unit, for initializers. */
  readonly fanIn: number;
  readonly fanOut: number;
  /** First value of all elements but weights; 0 when left out. */
  readonly initial?: number;
  /** False for what no gradient moves: running statistics. */
  readonly trained?: boolean;
  /** True for weights that training keeps dense, under a mask where they are pruned: those of convolutions. */
  readonly dense?: boolean;
  /** Parts of the rows of a weight that have inputs of their own: the groups of a convolution; 1 when left out. */
  readonly groups?: number;
}

/** Throws DataError unless `mask` holds only 0 and 1 and `values` are zero wherever it is 0. */
export function expectMasked(where: string, values: Float32Array, mask: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) {
    if (mask[i]! > 1) throw new DataError(`${where}: a mask must hold only 0 and 1, got ${mask[i]} at ${i}`);
    if (mask[i] === 0 && values[i] !== 0) {
      throw new DataError(`${where}: pruned weights must be zero, got ${values[i]} at ${i}`);
    }
  }
}

/** How many indices there are; throws ShapeError unless they ascend below `size`. */
function expectIndices(where: string, indices: Uint32Array | null, size: number): number {
  if (!indices) return size;
  const wrong = indices.findIndex((index, i) => index >= size || (i > 0 && index <= indices[i - 1]!));
  if (wrong < 0 && indices.length > 0) return indices.length;
  const got = wrong < 0 ? 'none' : `${indices[wrong]} at ${wrong}`;
  throw new ShapeError(`${where}: must be at least one index, ascending below ${size}, got ${got}`);
}

/** A trainable tensor. Moments of optimizers are attached to it: whatever changes its storage carries them along. */
export class Parameter {
  #name: string;
  #spec: ParameterSpec;
  readonly #engine: Engine;
  readonly #matrix: StoredMatrix;

  /** Values are to be written by the owner. */
  constructor(engine: Engine, kernels: TrainKernels, name: string, spec: ParameterSpec, start?: SparseStart) {
    this.#name = name;
    this.#spec = spec;
    this.#engine = engine;
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
    return this.count * 4 * (1 + this.#matrix.slots) + this.storage.structureBytes;
  }

  /** A copy of the values, row-major. */
  read(): Float32Array {
    return this.#matrix.layOut(this.address);
  }

  /** Stored values themselves: void after the next allocation. */
  view(): Float32Array {
    const { memory } = this.#engine;
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

  #expectLength(length: number): void {
    if (length === this.length) return;
    throw new ShapeError(
      `${this.name}: values must be ${showShape(this.shape)} (${this.length}), got ${length}`,
    );
  }

  /** Overwrites the values. Throws ShapeError on another length, DataError on a nonzero where a weight is pruned. */
  write(values: Float32Array): void {
    this.#expectLength(values.length);
    const mask = this.readMask();
    if (mask) expectMasked(this.name, values, mask);
    this.#matrix.write(values);
  }

  /** Sets or clears the mask, in dense storage; values and moments that it prunes become zero. */
  setMask(mask: Uint8Array | null): void {
    if (mask && (mask.length !== this.length || !this.prunable)) {
      throw new ShapeError(
        `${this.name}: a mask must have ${this.length} bytes and prune weights, got ${mask.length}`,
      );
    }
    this.#matrix.setMask(mask);
  }

  /** True when live weights come in whole blocks of that format. */
  fits(format: FormatName): boolean {
    return this.#matrix.misfits(format) === 0;
  }

  /** Throws ShapeError unless fits(). */
  expectFits(format: FormatName): void {
    const misfits = this.#matrix.misfits(format);
    if (misfits === 0) return;
    throw new ShapeError(
      `${this.name}: for ${format}, blocks of ${sparseFormats[format as SparseFormat]} weights must be pruned together, ` +
        `got ${misfits} pruned weights in blocks with live ones`,
    );
  }

  /**
   * Changes the format, not the values. Throws ShapeError when a block of the new format would hold live and pruned
   * weights: training would bring the pruned ones back.
   */
  convert(format: FormatName): void {
    if (format !== this.format) this.expectFits(format);
    this.#matrix.convert(format);
  }

  /** Takes over copied values with their structure; moments of weights that were live and stay so are kept. */
  restore(data: TensorValues): void {
    this.#expectLength(lengthOf(data));
    if (data.format !== 'dense') {
      this.#matrix.restore(data);
      return;
    }
    this.setMask(data.mask);
    this.#matrix.write(data.values);
  }

  /** Values of that copy at the weights that are live now; 0 where it has none. Structure and moments stay. */
  rewind(data: TensorValues): void {
    this.#expectLength(lengthOf(data));
    this.#matrix.rewind(data);
  }

  /**
   * Prunes further: keep holds one byte a stored weight in dense storage, one a block in sparse storage, 1 keeps.
   * Sparse storage is compacted in place, moments too.
   */
  prune(keep: Uint8Array): void {
    if (this.format === 'dense') this.setMask(keep);
    else this.#matrix.prune(keep);
  }

  /**
   * Drops what `keep` (as in prune) has 0 for, and connects weights or blocks at ascending positions `added`, with
   * values and moments of zero; what is in both lists begins anew. All or nothing.
   */
  rewire(keep: Uint8Array, added: Uint32Array): void {
    this.#matrix.rewire(keep, added);
  }

  /**
   * Makes it smaller: those rows and columns stay (ascending, null for all), with values, structure and slots. All of it
   * is allocated now, or nothing with MemoryError; the change happens when the function that comes back is called,
   * which cannot fail, so that several parameters can change together. Nothing else may be changed in between.
   *
   * Throws ShapeError on indices out of order or range, and when `spec`, what it is from then on, asks for another size.
   */
  select(choice: Choice, spec: ParameterSpec, name = this.name): () => void {
    const rows = expectIndices(`${this.name}: rows`, choice.rows, this.rows);
    const cols = expectIndices(`${this.name}: columns`, choice.cols, this.cols);
    if (spec.shape[0] !== rows || sizeOf(spec.shape) !== rows * cols) {
      throw new ShapeError(
        `${this.name}: the shape left must be ${rows} rows of ${cols}, got ${showShape(spec.shape)}`,
      );
    }
    const change = choice.rows || choice.cols ? this.#matrix.select(choice) : () => {};
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
