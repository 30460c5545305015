/** Inputs that are gathered in the first page of memory: as many as have room there, one more, and what lies behind. */
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/runtime/engine.js';
import { GATHER_END, GATHER_INPUTS } from '../../src/runtime/gather.js';
import { Memory } from '../../src/runtime/memory.js';
import { productFormats } from '../../src/session/products/index.js';
import { Weight } from '../../src/session/weight.js';
import { SeededRandom } from '../support/seededRandom.js';

const ROWS = 6;

/** Rows of 0, 1, 2 ... weights that end with the last column, so that short ones go on with column `cols`. */
function weightOf(cols: number, random: SeededRandom): Float32Array {
  const values = new Float32Array(ROWS * cols);
  for (let r = 0; r < ROWS; r++) {
    for (let i = 0; i < 7 * r; i++) values[r * cols + cols - 1 - i * 300] = random.floats(1)[0]!;
  }
  return values;
}

function twin(values: Float32Array, x: Float32Array): number[] {
  return Array.from({ length: ROWS }, (_, r) => {
    let sum = 0;
    for (let c = 0; c < x.length; c++) {
      const w = values[r * x.length + c]!;
      if (w !== 0) sum = Math.fround(sum + Math.fround(w * x[c]!));
    }
    return sum;
  });
}

describe.each([
  [GATHER_INPUTS - 1, 'spmv_sell4_f32'],
  [GATHER_INPUTS, 'spmv_sell4_f32'],
  [GATHER_INPUTS + 1, 'spmv_sell4_wide_f32'],
  [65535, 'spmv_sell4_wide_f32'],
])('one sample of %i inputs', (cols, kernel) => {
  test(`${kernel} has the bits of a loop, and writes nowhere else`, async () => {
    const engine = await createEngine(new Memory());
    const guard = engine.memory.allocate(64);
    expect(guard.address).toBe(GATHER_END);
    guard.u8().fill(7);
    const random = new SeededRandom(cols);
    const values = weightOf(cols, random);
    const weight = Weight.of(engine, values, ROWS, cols);
    const product = productFormats.csr.compile(engine, { weight, bias: null, lanes: 1, low: -Infinity });
    expect(product.kernel).toBe(kernel);
    const [x, y] = [engine.memory.allocate(cols * 4 + 16), engine.memory.allocate(ROWS * 4)];
    const input = random.floats(cols);
    x.f32().set(input);
    product.run(x.address, y.address, 1);
    expect([...y.f32(ROWS)]).toEqual(twin(values, input));
    expect(guard.u8().every((byte) => byte === 7)).toBe(true);
  });
});
