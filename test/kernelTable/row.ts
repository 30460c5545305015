/** What a row of the kernel table holds. */
import type { Call, Data } from '../support/arena.js';
import type { KernelName, Kernels } from '../support/builds.js';
import { SeededRandom } from '../support/seededRandom.js';
import type { Tolerance } from '../support/tolerance.js';

export type { KernelName };

/** Sizes and switches (0 or 1) by name. */
export type Shape = Readonly<Record<string, number>>;

/** What the float64 twin gives, and how close float32 must come. */
export interface Expectation {
  readonly values: ArrayLike<number>;
  readonly tolerance: Tolerance;
}

/** One call of a kernel with its answer. Outputs without an expectation are scratch. */
export interface Setup<Name extends KernelName> {
  readonly inputs: Readonly<Record<string, Data>>;
  readonly outputs: Readonly<Record<string, Data>>;
  args(at: (buffer: string) => number): Parameters<Kernels[Name]>;
  /** By output; `result` is the kernel's own return value. */
  expected(): Readonly<Record<string, Expectation>>;
}

/** A call that can be made from a seed. */
export interface KernelCase {
  readonly title: string;
  setUp(seed: number): Call & Pick<Setup<KernelName>, 'expected'>;
}

/** One kernel: the cases that tests sweep, and the one that benches time. */
export interface KernelRow {
  readonly name: KernelName;
  readonly cases: readonly KernelCase[];
  readonly bench: KernelCase;
  /** Floating-point operations of the bench case; kernels without arithmetic count one an element. */
  readonly flops: number;
}

/** What the author of a row writes. */
export interface KernelDefinition<Name extends KernelName, S extends Shape> {
  readonly shapes: readonly S[];
  readonly bench: NoInfer<S>;
  flops(shape: S): number;
  setUp(shape: S, random: SeededRandom): Setup<Name>;
}

const titleOf = (shape: Shape): string =>
  Object.entries(shape)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

/** A row of the table. */
export function kernel<Name extends KernelName, S extends Shape>(
  name: Name,
  definition: KernelDefinition<Name, S>,
): KernelRow {
  const caseOf = (shape: S): KernelCase => ({
    title: titleOf(shape),
    setUp: (seed) => ({ name, ...definition.setUp(shape, new SeededRandom(seed)) }),
  });
  const { shapes, bench, flops } = definition;
  return { name, cases: shapes.map(caseOf), bench: caseOf(bench), flops: flops(bench) };
}

/** Every combination of the axes' values. */
export function grid<Key extends string>(
  axes: Readonly<Record<Key, readonly number[]>>,
): Record<Key, number>[] {
  let shapes: Record<string, number>[] = [{}];
  for (const [key, values] of Object.entries<readonly number[]>(axes)) {
    shapes = shapes.flatMap((shape) => values.map((value) => ({ ...shape, [key]: value })));
  }
  return shapes as Record<Key, number>[];
}

/** An output of `n` floats that nobody has written yet. */
export const blank = (n: number): Float32Array => new Float32Array(n).fill(Number.NaN);

/** Lengths around the vector widths and tiles. */
export const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 67, 129];
