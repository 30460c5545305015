/** Which buffer every activation lies in: as few as can be, each free again when nothing reads it any more. */
import { NETWORK_INPUT } from '../graph/graph.js';
import type { Op } from './ops.js';

/** Buffers of one step; `also` is that of the second operand of an addition, else x. */
export interface Places {
  readonly x: number;
  readonly also: number;
  readonly y: number;
}

/** Operations that may write over what they read. */
const IN_PLACE: readonly Op['kind'][] = ['elementwise', 'affine', 'add'];

/** Buffers for operations in order; samples come in buffer 0, and `last` holds what operation `result` gave. */
export function assignBuffers(
  ops: readonly Op[],
  result: number,
): { readonly places: readonly Places[]; readonly buffers: number; readonly last: number } {
  const lastRead = new Map<number, number>([[NETWORK_INPUT, NETWORK_INPUT]]);
  ops.forEach(({ from }, i) => {
    for (const value of from) lastRead.set(value, i);
  });
  lastRead.set(result, ops.length);
  const buffer = new Map<number, number>([[NETWORK_INPUT, 0]]);
  let buffers = 1;
  const places = ops.map(({ kind, from }, i): Places => {
    const [x, also] = [buffer.get(from[0]!)!, buffer.get(from[1] ?? from[0]!)!];
    const ends = from.filter((value) => lastRead.get(value) === i);
    const over = IN_PLACE.includes(kind) ? ends[0] : undefined;
    const taken = [...buffer.values()];
    const free = () => Array.from({ length: buffers + 1 }, (_, b) => b).find((b) => !taken.includes(b))!;
    const y = over === undefined ? free() : buffer.get(over)!;
    buffers = Math.max(buffers, y + 1);
    for (const value of ends) buffer.delete(value);
    if (lastRead.has(i)) buffer.set(i, y);
    return { x, also, y };
  });
  return { places, buffers, last: buffer.get(result)! };
}
