/** Formats for one sample: they all give the same bits, and skip nothing that counts. */
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/runtime/engine.js';
import { block4Format } from '../../src/session/products/block4.js';
import { block8Format } from '../../src/session/products/block8.js';
import { columnsFormat } from '../../src/session/products/columns.js';
import { csrFormat } from '../../src/session/products/csr.js';
import { denseFormat } from '../../src/session/products/dense.js';
import { nmFormat } from '../../src/session/products/nm.js';
import type { ProductFormat } from '../../src/session/products/product.js';
import { Weight } from '../../src/session/weight.js';
import { maskedFloats, sequential } from '../kernelTable/csrTwins.js';
import { grid } from '../kernelTable/row.js';
import { SeededRandom } from '../support/seededRandom.js';

const engine = await createEngine();
const formats = [denseFormat, columnsFormat, csrFormat, block4Format, block8Format, nmFormat];
const sparse = [csrFormat, block4Format, block8Format, nmFormat];
const nan = Number.NaN;

interface Layer {
  readonly w: Float32Array;
  readonly rows: number;
  readonly cols: number;
  readonly bias?: Float32Array | null;
  readonly low?: number;
}

const weightOf = ({ w, rows, cols }: Layer) => Weight.of(engine, w, rows, cols);

/** y of each input in turn, from one product; all memory is given back. */
function multiply(format: ProductFormat, layer: Layer, ...inputs: readonly Float32Array[]): number[][] {
  const { memory } = engine;
  const live = memory.liveBytes;
  const { rows, cols, bias = null, low = -Infinity } = layer;
  const x = memory.allocate(cols * 4 + 16);
  const y = memory.allocate(rows * 4);
  const product = format.compile(engine, { weight: weightOf(layer), bias, lanes: 1, low });
  const results = inputs.map((input) => {
    x.f32(cols + 4).fill(nan);
    x.f32(cols).set(input);
    y.f32().fill(nan);
    product.run(x.address, y.address, 1);
    expect(x.f32(cols)).toEqual(input);
    expect(y.f32().subarray(rows).every(Number.isNaN), 'only y is written').toBe(true);
    return [...y.f32(rows)];
  });
  for (const block of [...product.blocks, x, y]) block.free();
  expect(memory.liveBytes).toBe(live);
  return results;
}

/** Zeros under a mask of blocks of `height` rows, or all but n of every m inputs. */
function pruned(
  random: SeededRandom,
  { rows, cols, sparsity, height, nm }: Record<string, number>,
): Float32Array {
  if (nm) {
    const [n, m] = nm === 14 ? [1, 4] : nm === 24 ? [2, 4] : [2, 8];
    return random.floats(rows! * cols!).map((value, i) => ((i * 5 + Math.floor(i / m)) % m < n ? value : 0));
  }
  const keep = random.mask(Math.ceil(rows! / height!) * cols!, sparsity!);
  return random
    .floats(rows! * cols!)
    .map((value, i) => (keep[Math.floor(Math.floor(i / cols!) / height!) * cols! + (i % cols!)] ? value : 0));
}

describe.each(formats)('$name', (format) => {
  const shapes = [
    ...grid({
      rows: [1, 4, 5, 8, 13, 100],
      cols: [1, 8, 33, 120],
      sparsity: [0, 0.5, 0.9, 1],
      height: [1, 8],
      nm: [0],
    }),
    ...grid({ rows: [1, 8, 13], cols: [8, 64], sparsity: [0], height: [1], nm: [14, 24, 28] }),
    { rows: 300, cols: 784, sparsity: 0.9, height: 1, nm: 0 },
    { rows: 300, cols: 784, sparsity: 0.9, height: 4, nm: 0 },
  ];

  it('gives the bits of a plain loop', () => {
    let fitting = 0;
    for (const [seed, shape] of shapes.entries()) {
      const random = new SeededRandom(seed);
      const { rows, cols } = shape;
      const layer = {
        w: pruned(random, shape),
        rows,
        cols,
        bias: random.floats(rows),
        low: seed % 2 ? 0 : -Infinity,
      };
      if (!format.fits(weightOf(layer), 1)) continue;
      fitting++;
      const inputs = [0, 0.5, 0.9, 1].map((zeros) => maskedFloats(random, cols, zeros));
      const expected = inputs.map((x) => [...sequential(layer.w, layer.bias, x, [rows, cols], layer.low)]);
      expect(multiply(format, layer, ...inputs), JSON.stringify(shape)).toEqual(expected);
    }
    expect(fitting).toBeGreaterThan(5);
  });

  it('costs more for more rows', () => {
    const cost = (rows: number) => {
      const w = pruned(new SeededRandom(1), { rows, cols: 64, nm: 24 });
      const shape = weightOf({ w, rows, cols: 64 });
      return format.cost(shape, 1);
    };
    expect(cost(8)).toBeGreaterThan(0);
    expect(cost(64)).toBeGreaterThan(cost(8));
  });

  it('takes a bias of -0 for +0, and keeps denormals', () => {
    const tiny = 2 ** -149;
    const w = new Float32Array(64);
    for (let r = 0; r < 8; r++) w.set([1, 0, 0, 0, r % 2 ? 1 : 0, 0, 0, 0], r * 8);
    const layer = { w, rows: 8, cols: 8, bias: new Float32Array(8).fill(-0) };
    if (!format.fits(weightOf(layer), 1)) return;
    const x = new Float32Array(8).fill(tiny);
    const [zeros, tinies] = multiply(format, layer, new Float32Array(8).fill(-0), x);
    expect(zeros).toEqual(new Array(8).fill(0));
    expect(tinies).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((r) => (r % 2 ? 2 : 1) * tiny));
  });

  it('passes on NaN and infinities that weights meet, through the activation too', () => {
    const layer = { w: new Float32Array(8 * 8), rows: 8, cols: 8, low: 0 };
    for (let r = 0; r < 8; r++) layer.w[r * 8 + 4] = 1;
    for (let r = 0; r < 8; r++) layer.w[r * 8] = 1;
    const at = (value: number) => Float32Array.of(value, 0, 0, 0, 1, 0, 0, 0);
    const each = (value: number) => new Array(8).fill(value);
    const values = [nan, Infinity, -Infinity];
    expect(multiply(format, layer, ...values.map(at))).toEqual([each(nan), each(Infinity), each(0)]);
  });

  it('meets an infinite weight with a zero input', () => {
    const w = new Float32Array(64);
    for (let r = 0; r < 8; r++) w.set([Infinity, 0, 0, 0, 2, 0, 0, 0], r * 8);
    const x = Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0);
    expect(multiply(format, { w, rows: 8, cols: 8 }, x)).toEqual([new Array(8).fill(nan)]);
  });
});

it.each(sparse)('$name does not multiply what is not stored, its own padding least of all', (format) => {
  const w = new Float32Array(13 * 8);
  for (let r = 0; r < 13; r++) w.set([0, r === 2 ? 0 : 3, 0, 0, 0, r % 3 ? 5 : 0, 0, 0], r * 8); // odd lengths
  const layer = { w, rows: 13, cols: 8 };
  if (format === nmFormat) for (let i = 0; i < w.length; i += 4) w[i + 1] = i === 16 ? 0 : 1;
  const x = Float32Array.of(nan, 1, Infinity, nan, nan, 1, nan, -Infinity);
  const [y] = multiply(format, layer, x);
  expect(y).toEqual([...sequential(w, null, x, [13, 8])]);
});

it('wide layers have no 16-bit columns', () => {
  const zeros = (rows: number, cols: number) => weightOf({ w: new Float32Array(rows * cols), rows, cols });
  for (const format of [csrFormat, block4Format, block8Format]) {
    expect(format.fits(zeros(8, 65535), 1)).toBe(true);
    expect(format.fits(zeros(8, 65536), 1)).toBe(false);
  }
  expect(block8Format.fits(zeros(7, 8), 1)).toBe(false);
});

it('column 65535 is the last, and the one past it holds the zero', () => {
  const w = new Float32Array(2 * 65535);
  w[65534] = 2;
  const [y] = multiply(csrFormat, { w, rows: 2, cols: 65535 }, new Float32Array(65535).fill(3));
  expect(y).toEqual([6, 0]);
});

afterAll(() => expect(engine.memory.liveBytes).toBe(0));
