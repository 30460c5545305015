/** Packs nonzeros the way the kernels for one sample read them: rows, or blocks of rows, of like length side by side. */
import type { Csr } from '../csr.js';

/** Largest column that sixteen bits can name, the one past the end included. */
export const MOST_COLUMNS = 65535;

/** How a kernel wants its groups: `units` side by side, each of `height` consecutive rows that share their columns. */
export interface GroupLayout {
  readonly units: number;
  readonly height: number;
}

/** Groups, one after the other. */
export interface Groups {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
  /** Weights stored, padding included. */
  readonly stored: number;
}

/** Numbers of several widths over the same bytes, which must be a multiple of 4. */
function views(bytes: number) {
  const u8 = new Uint8Array(bytes);
  return {
    u8,
    u16: new Uint16Array(u8.buffer),
    u32: new Uint32Array(u8.buffer),
    f32: new Float32Array(u8.buffer),
  };
}

/** +0 for zeros of either sign and for no bias at all. */
export const biasAt = (bias: Float32Array | null, row: number): number => (bias?.[row] ?? 0) + 0;

/** The columns that some row of [first, first + height) uses, in order. */
function columnsOf({ rowPtr, colIdx }: Csr, first: number, height: number): Uint32Array {
  const all = colIdx.subarray(rowPtr[first]!, rowPtr[first + height]!);
  if (height === 1) return all;
  const sorted = all.slice().sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[count - 1]) sorted[count++] = sorted[i]!;
  }
  return sorted.subarray(0, count);
}

/**
 * Groups, one after the other. Each: bias [units][height] f32, byte offset in y of each unit's first row [units] u32,
 * bytes of steps u32, then steps: columns [units] u16, values [units][height] f32.
 *
 * Units are sorted by length, longest first, ties in order. The last unit overlaps the one before when the rows are
 * no multiple of the height, and a group that lacks units repeats its first: kernels need no special ends, and what is
 * written twice is the same. Ends of short units: values 0, column `cols`.
 */
export function packGroups(csr: Csr, bias: Float32Array | null, { units, height }: GroupLayout): Groups {
  const { rows, cols, rowPtr, colIdx, values } = csr;
  const all = Array.from({ length: Math.ceil(rows / height) }, (_, i) => {
    const first = Math.min(i * height, rows - height);
    return { first, columns: columnsOf(csr, first, height) };
  }).sort((a, b) => b.columns.length - a.columns.length || a.first - b.first);

  // Everything below counts words of 4 bytes.
  const lanes = units * height;
  const head = lanes + units + 1;
  const step = units / 2 + lanes;
  const count = Math.ceil(all.length / units);
  let steps = 0;
  for (let g = 0; g < count; g++) steps += all[g * units]!.columns.length;
  const { u8, u16, u32, f32 } = views((count * head + steps * step) * 4);
  let at = 0;
  for (let g = 0; g < count; g++) {
    const length = all[g * units]!.columns.length;
    const begin = at + head;
    u32[at + lanes + units] = length * step * 4;
    for (let u = 0; u < units; u++) {
      const { first, columns } = all[g * units + u] ?? all[g * units]!;
      const own = columns.length;
      u32[at + lanes + u] = first * 4;
      for (let j = 0; j < length; j++) u16[(begin + j * step) * 2 + u] = j < own ? columns[j]! : cols;
      for (let h = 0; h < height; h++) {
        const lane = u * height + h;
        const end = rowPtr[first + h + 1]!;
        f32[at + lane] = biasAt(bias, first + h);
        for (let i = rowPtr[first + h]!, j = 0; i < end; i++, j++) {
          const col = colIdx[i]!;
          while (columns[j] !== col) j++;
          f32[begin + j * step + units / 2 + lane] = values[i]!;
        }
      }
    }
    at = begin + length * step;
  }
  return { bytes: u8, count, stored: steps * lanes };
}

/** Bytes where the steps of each column begin, and where the last one ends, when column c has `steps[c]` of `size`. */
function startsOf(steps: Uint32Array, size: number): Uint32Array {
  const starts = new Uint32Array(steps.length + 1);
  starts[0] = starts.length * 4;
  for (let c = 0; c < steps.length; c++) starts[c + 1] = starts[c]! + steps[c]! * size;
  return starts;
}

/** Nonzeros column by column, for spmv_csc_f32: see there. */
export function packColumns({ rows, cols, rowPtr, colIdx, values }: Csr): Uint8Array<ArrayBuffer> {
  const held = new Uint32Array(cols);
  for (let i = 0; i < colIdx.length; i++) held[colIdx[i]!]!++;
  const starts = startsOf(
    held.map((n) => (n + 3) >> 2),
    24,
  );
  const { u8, u16, u32, f32 } = views(starts[cols]!);
  u32.set(starts);
  for (let c = 0; c < cols; c++) {
    for (let i = held[c]!; i & 3; i++) u16[starts[c]! / 2 + (i >> 2) * 12 + (i & 3)] = rows;
  }
  held.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let e = rowPtr[r]!; e < rowPtr[r + 1]!; e++) {
      const col = colIdx[e]!;
      const i = held[col]!++;
      const at = starts[col]! / 4 + (i >> 2) * 6;
      u16[at * 2 + (i & 3)] = r;
      f32[at + 2 + (i & 3)] = values[e]!;
    }
  }
  return u8;
}

/** Blocks of 4 x 1 column by column, for spmv_csc4_f32: see there. */
export function packBlockColumns({ rows, cols, rowPtr, colIdx, values }: Csr): Uint8Array<ArrayBuffer> {
  const held = new Uint32Array(cols);
  const last = new Int32Array(cols).fill(-1); // block row of each column's latest block
  for (let r = 0; r < rows; r++) {
    for (let e = rowPtr[r]!; e < rowPtr[r + 1]!; e++) {
      const col = colIdx[e]!;
      if (last[col] !== r >> 2) held[col]!++;
      last[col] = r >> 2;
    }
  }
  const starts = startsOf(held, 20);
  const { u8, u32, f32 } = views(starts[cols]!);
  u32.set(starts);
  last.fill(-1);
  held.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let e = rowPtr[r]!; e < rowPtr[r + 1]!; e++) {
      const col = colIdx[e]!;
      if (last[col] !== r >> 2) held[col]!++;
      last[col] = r >> 2;
      const at = starts[col]! / 4 + (held[col]! - 1) * 5;
      u32[at] = (r & ~3) * 4;
      f32[at + 1 + (r & 3)] = values[e]!;
    }
  }
  return u8;
}
