/** How much two masks have in common. */
import { OptionError, ShapeError } from '../errors.js';
import { show } from '../options.js';
import type { Trainable } from '../train/trainable.js';
import { livePositions, positionsIn } from './livePositions.js';
import { weightsOf } from './score.js';
import { percent, textTable, withText } from './textTable.js';

/** A model, or its weights one by one: masks (0 is pruned), or values of which zeros count as pruned. */
export type MaskSource =
  | Pick<Trainable, 'parameters' | 'expectLive'>
  | readonly (Uint8Array | Float32Array)[];

/** Two masks of one tensor, or of all together. */
export interface TensorOverlap {
  readonly name: string;
  readonly weights: number;
  /** Live weights of the first, of the second, and of both at once. */
  readonly a: number;
  readonly b: number;
  readonly both: number;
  /** Live in both divided by live in either, 0 to 1; 1 where both are empty. Jaccard 1901. */
  readonly jaccard: number;
  /** What chance would give: a · b / weights, the mean of `both` over random masks with as many live weights. */
  readonly expected: number;
}

/** What maskOverlap() returns; `toString()` is a table. */
export interface MaskOverlap {
  readonly tensors: readonly TensorOverlap[];
  /** Chance keeps to the counts of every tensor. */
  readonly total: TensorOverlap;
  toString(): string;
}

/** Live weights of one tensor; null stands for all. */
interface Live {
  readonly name: string | null;
  readonly shape: readonly number[];
  readonly length: number;
  readonly positions: Uint32Array | null;
}

function liveOf(source: MaskSource): Live[] {
  if (Array.isArray(source)) {
    return source.map((mask: unknown, i) => {
      if (!(mask instanceof Uint8Array || mask instanceof Float32Array)) {
        throw new OptionError(
          `maskOverlap: each mask must be a Uint8Array or Float32Array, got ${show(mask)} at ${i}`,
        );
      }
      return { name: null, shape: [mask.length], length: mask.length, positions: positionsIn(mask) };
    });
  }
  const model = source as Partial<Trainable> | null | undefined;
  if (typeof model?.expectLive !== 'function' || !model.parameters) {
    throw new OptionError(`maskOverlap: each must be a model or a list of masks, got ${show(source)}`);
  }
  model.expectLive('maskOverlap');
  return weightsOf({ parameters: model.parameters }).map((weight) => ({
    name: weight.name,
    shape: weight.shape,
    length: weight.length,
    positions: livePositions(weight),
  }));
}

/** Numbers that two ascending lists share. */
function shared(a: Uint32Array, b: Uint32Array): number {
  let [i, j, count] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [left, right] = [a[i]!, b[j]!];
    if (left === right) count++;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return count;
}

function overlapOf(
  name: string,
  weights: number,
  counts: { readonly a: number; readonly b: number; readonly both: number; readonly expected: number },
): TensorOverlap {
  const { a, b, both, expected } = counts;
  const either = a + b - both;
  return { name, weights, a, b, both, jaccard: either === 0 ? 1 : both / either, expected };
}

function compareTensor(a: Live, b: Live, i: number): TensorOverlap {
  const name = a.name ?? b.name ?? `tensor ${i + 1}`;
  // A list knows no shapes: then the length alone must be the same.
  const known = a.name !== null && b.name !== null;
  if (a.length !== b.length || (known && a.shape.join() !== b.shape.join())) {
    const shapes = `${a.shape.join(' x ')} and ${b.shape.join(' x ')}`;
    throw new ShapeError(`maskOverlap: ${name} must have the same shape in both, got ${shapes}`);
  }
  const { length } = a;
  const [inA, inB] = [a.positions?.length ?? length, b.positions?.length ?? length];
  const both = !a.positions ? inB : !b.positions ? inA : shared(a.positions, b.positions);
  const expected = length === 0 ? 0 : (inA * inB) / length;
  return overlapOf(name, length, { a: inA, b: inB, both, expected });
}

const header = ['tensor', 'weights', 'live in a', 'in b', 'in both', 'by chance', 'jaccard', 'by chance'];

function row({ name, weights, a, b, both, expected, jaccard }: TensorOverlap): string[] {
  const either = a + b - expected;
  const chance = either === 0 ? 1 : expected / either;
  const counts = [weights, a, b, both].map(String);
  return [name, ...counts, expected.toFixed(1), percent(jaccard), percent(chance)];
}

/**
 * Compares the masks of two models of the same shapes, tensor by tensor: which weights are live in both, and how many would
 * be by chance. Of a tensor of n weights, a random mask with a live ones and one with b share a · b / n on average
 * (the mean of a hypergeometric distribution).
 *
 * @throws ShapeError when tensors differ in number or shape; OptionError for what is neither a model nor a list of masks.
 */
export function maskOverlap(a: MaskSource, b: MaskSource): MaskOverlap {
  const [first, second] = [liveOf(a), liveOf(b)];
  if (first.length !== second.length) {
    throw new ShapeError(
      `maskOverlap: both must have as many weights, got ${first.length} and ${second.length}`,
    );
  }
  const tensors = first.map((one, i) => compareTensor(one, second[i]!, i));
  const sum = (key: 'weights' | 'a' | 'b' | 'both' | 'expected') =>
    tensors.reduce((total, tensor) => total + tensor[key], 0);
  const counts = { a: sum('a'), b: sum('b'), both: sum('both'), expected: sum('expected') };
  const total = overlapOf('total', sum('weights'), counts);
  return withText({ tensors, total }, () => textTable([header, ...[...tensors, total].map(row)]));
}
