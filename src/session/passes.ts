/** How much of a batch goes through a network at a time. */
import { sizeOf } from '../tensor/shape.js';
import type { Plan } from './compile.js';
import type { Op } from './ops.js';
import { cut } from './planner.js';
import { NEAR_BYTES } from './products/dense.js';
import type { Program, Step } from './program.js';

/** Features of what an operation gives. */
function sizeOfOp(op: Op): number {
  if (op.kind === 'product') return op.weight.rows;
  return op.kind === 'elementwise' ? op.size : sizeOf(op.node.outputShape);
}

/** Features of the widest activation. */
export function widestOf(ops: readonly Op[], inputs: number): number {
  return ops.reduce((most, op) => Math.max(most, sizeOfOp(op)), inputs);
}

/** Samples of a pass through fully connected layers. */
const PASS = 32;
/** How many samples share the way that weights take which no cache near the processor holds. */
const FAR_PASS = 128;
/** Bytes that the widest activation of a pass of images may take, so that the next layer finds it in cache. */
const PASS_BYTES = 262_144;

/** True where a weight without zeros comes from afar, of which tiles that go together load each piece once. */
function comesFar({ lanes, steps }: Program): boolean {
  const far = ({ product, choice }: Step) => choice?.format === 'dense' && product!.bytes > NEAR_BYTES;
  return lanes > 1 && steps.some(far);
}

/** Samples of a pass: whole tiles of every width; fewer where images are large. */
export function passOf(ops: readonly Op[], widest: number, programs: ReadonlyMap<number, Program>): number {
  if (ops.every(({ kind }) => kind === 'product' || kind === 'elementwise')) {
    return [...programs.values()].some(comesFar) ? FAR_PASS : PASS;
  }
  const lanes = Math.max(...programs.keys());
  return Math.max(lanes, Math.min(PASS, Math.floor(PASS_BYTES / (widest * lanes * 4)) * lanes));
}

/** Samples that one program runs together. */
export interface Pass {
  readonly program: Program;
  readonly first: number;
  readonly count: number;
}

/** Cuts a number of samples into tiles that go together, while they are hot in cache. */
export function passesOf(
  { programs, tiles, pass }: Pick<Plan, 'programs' | 'tiles' | 'pass'>,
  samples: number,
): Pass[] {
  const passes: Pass[] = [];
  let first = 0;
  for (const { lanes, count } of cut(samples, tiles)) {
    const program = programs.get(lanes)!;
    const end = Math.min(samples, first + lanes * count);
    const step = lanes === 1 ? 1 : pass;
    for (; first < end; first += step) passes.push({ program, first, count: Math.min(step, end - first) });
    first = end;
  }
  return passes;
}
