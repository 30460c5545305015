/** Options as plain data, to tell one run from another. */
import { descriptionOf, domainOf } from '../../described.js';
import { crc32c, crc32cBy } from '../../io/crc32c.js';
import type { CheckpointValue } from '../../io/state.js';
import { bytesOf } from '../../io/tensors.js';
import type { Engine } from '../../runtime/engine.js';

/** What is deeper is told by its type alone; what a file can hold is not much deeper. */
const MAX_DEPTH = 20;
/** Values of a function of the step, or of a share, that are compared. */
const SAMPLES = 16;

/** Evenly from `first` to `first + length`. */
const pointsOf = (first: number, length: number) =>
  Array.from({ length: SAMPLES + 1 }, (_, i) => first + (length * i) / SAMPLES);

const hex = (crc: number) => `crc32c:${crc.toString(16).padStart(8, '0')}`;

/** Describes what a run is told. Objects that come again are not described again. */
export class Describer {
  readonly #engine: Engine;
  readonly #steps: readonly number[];
  readonly #seen = new Map<object, number>();

  /** Functions of the step are sampled over `steps` of them, after the `from` that were made before. */
  constructor(engine: Engine, steps: number, from = 0) {
    this.#engine = engine;
    this.#steps = pointsOf(from, steps).map(Math.floor);
  }

  /** Type, length and checksum. */
  array(value: ArrayBufferView): string {
    const { length } = value as unknown as ArrayLike<number>;
    const bytes = bytesOf(value);
    return `${value.constructor.name}(${length}) ${hex(bytes.length === 0 ? 0 : crc32cBy(this.#engine, [bytes]))}`;
  }

  #entries(value: object, depth: number): Record<string, CheckpointValue> {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return Object.fromEntries(
      entries
        .map(
          ([key, entry]) => [key.replace(/^\$|^__proto__$/, '_'), this.describe(entry, depth + 1)] as const,
        )
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  /** By its text, its properties, and its values where they can be asked for. */
  #function(value: (at: number) => unknown, depth: number): CheckpointValue {
    const domain = domainOf(value);
    const at = domain === 'share' ? pointsOf(0, 1) : this.#steps;
    return {
      ...this.#entries(value, depth),
      code: hex(crc32c(new TextEncoder().encode(String(value)))),
      ...(domain && { values: at.map((point) => this.describe(value(point), depth + 1)) }),
    };
  }

  /** By what it was made of, where it says so; else by all that it has. */
  #object(value: object, depth: number): CheckpointValue {
    if (Array.isArray(value)) return value.map((entry) => this.describe(entry, depth + 1));
    const { kind, options } = value as { kind?: unknown; options?: unknown };
    if (options !== undefined) return this.#entries({ kind, options }, depth);
    const { constructor: type } = value as { constructor?: unknown };
    const isPlain = typeof type !== 'function' || type === Object;
    const content = Symbol.iterator in value ? [...(value as Iterable<unknown>)] : value;
    return {
      ...this.#entries(content, depth),
      ...(!isPlain && { class: this.describe(type, depth + 1) }),
    };
  }

  /**
   * Options, or what was made of them (`kind` and `options`), as plain data: equal for equal ones. Built-in functions are
   * told by kind and options, others by a checksum of their text and by their properties: what a closure holds is not seen.
   */
  describe(value: unknown, depth = 0): CheckpointValue {
    if (value === undefined || value === null) return null;
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
    if (ArrayBuffer.isView(value)) return this.array(value);
    if (typeof value !== 'object' && typeof value !== 'function') return String(value);
    const told = descriptionOf(value);
    if (typeof told === 'object' && told !== null) return this.#entries(told, depth);
    if (told !== undefined) return this.describe(told);
    if (depth > MAX_DEPTH) return typeof value;
    const before = this.#seen.get(value);
    if (before !== undefined) return `the same as ${before}`;
    this.#seen.set(value, this.#seen.size);
    if (typeof value === 'function') return this.#function(value as (at: number) => unknown, depth);
    return this.#object(value, depth);
  }
}
