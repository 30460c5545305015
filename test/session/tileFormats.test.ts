/** Formats over tiles, one layer at a time: the bits of a plain loop, special values, memory given back. */
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/runtime/engine.js';
import { type FormatName, productFormats } from '../../src/session/products/index.js';
import { Weight } from '../../src/session/weight.js';
import { sequential } from '../kernelTable/csrTwins.js';
import { grid } from '../kernelTable/row.js';
import { SeededRandom } from '../support/seededRandom.js';
import { toTiles } from '../support/tiles.js';

const engine = await createEngine();
const { NaN: nan } = Number;

/** Every format at every width of a tile that it has kernels for. */
const widths = Object.values(productFormats).flatMap(({ name, lanes }) =>
  lanes.filter((width) => width > 1).map((width) => [name as FormatName, width] as const),
);

interface Layer {
  readonly w: Float32Array;
  readonly rows: number;
  readonly cols: number;
  readonly bias?: Float32Array;
  readonly low?: number;
}

/** y [rows, samples] of x [cols, samples]; null when the format cannot take the weight. */
function multiply(format: FormatName, lanes: number, layer: Layer, x: Float32Array): number[] | null {
  const { memory } = engine;
  const live = memory.liveBytes;
  const { w, rows, cols, bias = null, low = -Infinity } = layer;
  const weight = Weight.of(engine, w, rows, cols);
  if (!productFormats[format].fits(weight, lanes)) return null;
  const samples = x.length / cols;
  const tiles = samples / lanes;
  const product = productFormats[format].compile(engine, { weight, bias, lanes, low });
  const from = memory.allocate(cols * samples * 4 + 16);
  const to = memory.allocate(rows * samples * 4);
  from.f32(cols * samples).set(toTiles(x, cols, samples, lanes));
  product.run(from.address, to.address, tiles);
  const y = [...to.f32(rows * samples)];
  for (const block of [...product.blocks, from, to]) block.free();
  expect(memory.liveBytes).toBe(live);
  return y;
}

/** The same by a loop, sample by sample, in tiles. */
function twin({ w, rows, cols, bias, low }: Layer, lanes: number, x: Float32Array): number[] {
  const samples = x.length / cols;
  const y = new Float32Array(rows * samples);
  for (let s = 0; s < samples; s++) {
    const one = Float32Array.from({ length: cols }, (_, c) => x[c * samples + s]!);
    sequential(w, bias ?? null, one, [rows, cols], low).forEach((value, r) => {
      y[r * samples + s] = value;
    });
  }
  return [...toTiles(y, rows, samples, lanes)];
}

describe.each(widths)('%s over tiles of %i', (format, lanes) => {
  it('gives the bits of a plain loop', () => {
    const shapes = grid({
      rows: [1, 4, 5, 11, 40],
      cols: [1, 8, 36, 800],
      sparsity: [0, 0.5, 0.9, 1],
      pattern: [0, 1],
    });
    let fitting = 0;
    for (const [seed, { rows, cols, sparsity, pattern }] of shapes.entries()) {
      const random = new SeededRandom(seed);
      const keep = random.mask(rows * cols, sparsity);
      const w = random.floats(rows * cols).map((v, i) => ((pattern ? (i + 1) % 4 < 2 : keep[i]) ? v : 0));
      const layer = { w, rows, cols, bias: random.floats(rows), low: seed % 2 ? 0 : -Infinity };
      const x = random.floats(cols * lanes * (1 + (seed % 2)));
      const y = multiply(format, lanes, layer, x);
      if (!y) continue;
      fitting++;
      expect(y, JSON.stringify({ rows, cols, sparsity, pattern })).toEqual(twin(layer, lanes, x));
    }
    expect(fitting).toBeGreaterThan(5);
  });

  it('passes on NaN, infinities and denormals that weights meet, lane by lane', () => {
    const w = new Float32Array(8 * 8);
    for (let r = 0; r < 8; r++) w.set([1, 0, 0, 0, 1, 0, 0, 0], r * 8);
    const tiny = 2 ** -149;
    const specials = [nan, Infinity, -Infinity, tiny, -0];
    const x = new Float32Array(8 * lanes).fill(0);
    specials.forEach((value, lane) => {
      if (lane < lanes) x[lane] = value;
    });
    const expected = [nan, Infinity, 0, tiny, 0, 0, 0, 0].slice(0, lanes);
    const y = multiply(format, lanes, { w, rows: 8, cols: 8, low: 0 }, x)!;
    for (let r = 0; r < 8; r++) {
      expect(y.slice(r * lanes, r * lanes + expected.length).map((value) => value + 0)).toEqual(expected);
    }
  });

  it('takes a weight that is NaN or infinite for what it is', () => {
    const w = new Float32Array(8 * 8);
    for (let r = 0; r < 8; r++) w.set([nan, 0, 0, 0, Infinity, 0, 0, 0], r * 8);
    const x = new Float32Array(8 * lanes).fill(0);
    x.fill(1, 0, lanes);
    const y = multiply(format, lanes, { w, rows: 8, cols: 8 }, x)!;
    expect(y.every(Number.isNaN)).toBe(true);
  });
});

/** Lets the memory grow at every allocation while `work` runs: all views made before one are void after it. */
function growing<T>(work: () => T): T {
  const { memory } = engine;
  const allocate = memory.allocate.bind(memory);
  memory.allocate = (bytes, zeroed) => {
    memory.wasm.grow(1);
    return allocate(bytes, zeroed);
  };
  try {
    return work();
  } finally {
    memory.allocate = allocate;
  }
}

const everywhere = Object.values(productFormats).flatMap(({ name, lanes }) =>
  lanes.map((width) => [name as FormatName, width] as const),
);

it.each(everywhere)('%s at width %i keeps no view across memory growth', (format, lanes) => {
  const random = new SeededRandom(2);
  const w = random.floats(16 * 16).map((v, i) => ((i + 1) % 4 < 2 ? v : 0)); // 2:4, and full columns
  const x = random.floats(16 * lanes);
  const still = multiply(format, lanes, { w, rows: 16, cols: 16 }, x);
  expect(still).not.toBeNull();
  expect(growing(() => multiply(format, lanes, { w, rows: 16, cols: 16 }, x))).toEqual(still);
  // As above from nonzeros alone, so that a format has to make the dense matrix itself.
  const { memory } = engine;
  const y = growing(() => {
    const weight = Weight.of(engine, w, 16, 16).moved(
      Uint32Array.from({ length: 16 }, (_, i) => i),
      16,
    );
    const product = productFormats[format].compile(engine, { weight, bias: null, lanes, low: -Infinity });
    const from = memory.allocate(16 * lanes * 4 + 16);
    const to = memory.allocate(16 * lanes * 4);
    from.f32(16 * lanes).set(toTiles(x, 16, lanes, lanes));
    product.run(from.address, to.address, 1);
    const result = [...to.f32(16 * lanes)];
    for (const block of [...product.blocks, from, to]) block.free();
    return result;
  });
  expect(y).toEqual(still);
});

it('csr takes layers of more than 65,535 inputs over tiles', () => {
  const w = new Float32Array(2 * 70_000);
  w[69_999] = 2;
  const y = multiply('csr', 4, { w, rows: 2, cols: 70_000 }, new Float32Array(4 * 70_000).fill(3));
  expect(y).toEqual([6, 6, 6, 6, 0, 0, 0, 0]);
});

afterAll(() => expect(engine.memory.liveBytes).toBe(0));
