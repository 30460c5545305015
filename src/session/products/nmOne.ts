/** N:M patterns for one sample. */
import type { Engine } from '../../runtime/engine.js';
import type { Csr } from '../csr.js';
import type { Weight } from '../weight.js';
import { biasAt } from './groups.js';
import { traffic } from './oneSample.js';
import type { Product, ProductSource } from './product.js';

const KERNELS = {
  '1:4': 'spmv_1of4_f32',
  '2:4': 'spmv_2of4_f32',
  '2:8': 'spmv_2of8_f32',
} as const;

/** Rows of a group. */
const ROWS = 8;
/** A place that holds no input. */
const NOWHERE = 128;

type Pattern = keyof typeof KERNELS;

/** Name of the pattern that was found, if there is a kernel for it. */
function patternOf({ pattern }: Weight): Pattern | null {
  const name = pattern ? `${pattern.n}:${pattern.m}` : '';
  return name in KERNELS ? (name as Pattern) : null;
}

/** Groups of eight rows for the kernels in spmv_nm_f32: see there. A last group that lacks rows repeats the last row. */
export function packNm(csr: Csr, bias: Float32Array | null, n: number, m: number): Uint8Array<ArrayBuffer> {
  const { rows, cols, rowPtr, colIdx, values } = csr;
  const count = Math.ceil(rows / ROWS);
  const runs = cols / m;
  // In words of 4 bytes:
  const step = n * ROWS * 2;
  const size = ROWS * 2 + runs * step;
  const bytes = new Uint8Array(count * size * 4);
  const u32 = new Uint32Array(bytes.buffer);
  const f32 = new Float32Array(bytes.buffer);
  for (let lane = 0; lane < count * ROWS; lane++) {
    const row = Math.min(lane, rows - 1);
    const at = Math.floor(lane / ROWS) * size + (lane % ROWS);
    const end = rowPtr[row + 1]!;
    f32[at] = biasAt(bias, row);
    u32[at + ROWS] = row * 4;
    let i = rowPtr[row]!;
    for (let run = 0; run < runs; run++) {
      for (let held = 0; held < n; held++) {
        const places = at + ROWS * 2 + run * step + held * ROWS;
        const found = i < end && colIdx[i]! < (run + 1) * m;
        for (let b = 0; b < 4; b++) bytes[places * 4 + b] = found ? (colIdx[i]! - run * m) * 4 + b : NOWHERE;
        if (found) f32[places + n * ROWS] = values[i++]!;
      }
    }
  }
  return bytes;
}

/** True when a kernel for one sample knows the pattern. */
export function nmOneFits(weight: Weight): boolean {
  return weight.rows > 0 && patternOf(weight) !== null;
}

/** Nanoseconds for one sample. */
export function nmOneCost({ rows, cols, pattern }: Weight): number {
  const { n, m } = pattern!;
  const slots = Math.ceil(rows / ROWS) * ROWS * n * (cols / m);
  return 20 + 0.5 * rows + (m === 8 ? 0.27 : 0.165) * slots + traffic(slots * 8, 0.004);
}

/** A product for one sample. */
export function compileNmOne({ memory, kernels }: Engine, source: ProductSource): Product {
  const { weight, bias, low } = source;
  const { csr, rows, cols } = weight;
  const { n, m } = weight.pattern!;
  const kernel = KERNELS[patternOf(weight)!];
  const product = kernels[kernel];
  const bytes = packNm(csr, bias, n, m);
  const block = memory.allocate(bytes.length);
  block.u8(bytes.length).set(bytes);
  const { address } = block;
  const count = Math.ceil(rows / ROWS);
  return {
    kernel,
    bytes: bytes.length,
    multiplyAdds: count * ROWS * n * (cols / m),
    blocks: [block],
    run: (x, y) => product(y, address, count, x, cols, low),
  };
}
