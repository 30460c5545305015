/** A named array of floats in WebAssembly memory, with an optional mask. */
import { DataError, ShapeError } from '../errors.js';
import type { Engine } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';
import { type Shape, showShape, sizeOf } from './shape.js';

/** What a layer asks for when it is built. */
export interface ParameterSpec {
  readonly role: 'weight' | 'bias';
  readonly shape: Shape;
  /** Inputs and outputs of one unit, for initializers. */
  readonly fanIn: number;
  readonly fanOut: number;
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

/** A trainable tensor: values, row-major; mask [n] of bytes, 1 keeps, or null while nothing is pruned. */
export class Parameter {
  readonly name: string;
  readonly spec: ParameterSpec;
  readonly length: number;
  readonly #engine: Engine;
  readonly #values: Block;
  #mask: Block | null = null;

  constructor(engine: Engine, name: string, spec: ParameterSpec) {
    this.#engine = engine;
    this.name = name;
    this.spec = spec;
    this.length = sizeOf(spec.shape);
    this.#values = engine.memory.allocate(this.length * 4, false);
  }

  get shape(): Shape {
    return this.spec.shape;
  }

  /** Weights can be pruned, biases never. */
  get prunable(): boolean {
    return this.spec.role === 'weight';
  }

  /** Byte address of the values. */
  get address(): number {
    return this.#values.address;
  }

  /** Byte address of the mask, 0 without one. */
  get maskAddress(): number {
    return this.#mask?.address ?? 0;
  }

  /** A copy of the values. */
  read(): Float32Array {
    return this.#values.f32(this.length).slice();
  }

  /** A copy of the mask, null while nothing is pruned. */
  readMask(): Uint8Array | null {
    return this.#mask?.u8(this.length).slice() ?? null;
  }

  /** Overwrites the values. Throws ShapeError on another length, DataError on a nonzero where the mask prunes. */
  write(values: Float32Array): void {
    if (values.length !== this.length) {
      throw new ShapeError(
        `${this.name}: values must be ${showShape(this.shape)} (${this.length}), got ${values.length}`,
      );
    }
    const mask = this.#mask?.u8(this.length);
    if (mask) expectMasked(this.name, values, mask);
    this.#values.f32(this.length).set(values);
  }

  /** Sets or clears the mask; values that it prunes become zero. */
  setMask(mask: Uint8Array | null): void {
    if (mask === null) {
      this.#mask?.free();
      this.#mask = null;
      return;
    }
    if (mask.length !== this.length || !this.prunable) {
      throw new ShapeError(
        `${this.name}: a mask must have ${this.length} bytes and prune weights, got ${mask.length}`,
      );
    }
    this.#mask ??= this.#engine.memory.allocate(this.length);
    this.#mask.u8(this.length).set(mask);
    const values = this.#values.f32(this.length);
    for (let i = 0; i < mask.length; i++) if (mask[i] === 0) values[i] = 0;
  }

  /** Weights that are not pruned. */
  get live(): number {
    const mask = this.#mask?.u8(this.length);
    if (!mask) return this.length;
    let count = 0;
    for (let i = 0; i < mask.length; i++) count += mask[i]!;
    return count;
  }

  /** Gives the memory back. */
  free(): void {
    this.#values.free();
    this.#mask?.free();
    this.#mask = null;
  }
}
