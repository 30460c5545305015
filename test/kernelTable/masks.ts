/** Masks, counts, absolute values, random numbers and dropout: exact. */
import type { SeededRandom } from '../support/seededRandom.js';
import { blank, grid, kernel, LENGTHS } from './row.js';

const ODD_VALUES = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-45, 3e38];

/** Floats of which `odd` of each ten are special: NaN, infinities, zeros, denormals. */
export function oddFloats(random: SeededRandom, n: number, odd: number): Float32Array {
  return random.floats(n).map((value) => (random.below(10) < odd ? ODD_VALUES[random.below(8)]! : value));
}

const SHAPES = grid({ n: LENGTHS, odd: [0, 3, 10] });
const BENCH_LENGTH = 200704; // 256 x 784

const abs = kernel('abs_f32', {
  shapes: grid({ n: LENGTHS, odd: [0, 3, 10], inPlace: [0, 1] }),
  bench: { n: BENCH_LENGTH, odd: 0, inPlace: 0 },
  flops: ({ n }) => n,
  setUp({ n, odd, inPlace }, random) {
    const x = oddFloats(random, n, odd);
    return {
      inputs: { x },
      outputs: { y: inPlace ? x.slice() : blank(n) },
      args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), n],
      expected: () => ({ y: { values: x.map(Math.abs), tolerance: 0 } }),
    };
  },
});

const count = (name: 'count_nonfinite_f32' | 'count_nonzero_f32', counts: (x: number) => boolean) =>
  kernel(name, {
    shapes: SHAPES,
    bench: { n: BENCH_LENGTH, odd: 0 },
    flops: ({ n }) => n,
    setUp({ n, odd }, random) {
      const x = oddFloats(random, n, odd);
      return {
        inputs: { x },
        outputs: {},
        args: (at) => [at('x'), n],
        expected: () => ({ result: { values: [x.filter(counts).length], tolerance: 0 } }),
      };
    },
  });

const isFull = kernel('is_full_f32', {
  // With odd = -1 only the last number is.
  shapes: grid({ n: [...LENGTHS, 1024, 2055], odd: [-1, 0, 1, 10] }),
  bench: { n: BENCH_LENGTH, odd: 0 },
  flops: ({ n }) => n,
  setUp({ n, odd }, random) {
    const x = oddFloats(random, n, odd);
    if (odd < 0 && n > 0) x[n - 1] = ODD_VALUES[n % 5]!;
    const full = x.every((value) => value !== 0 && Number.isFinite(value));
    return {
      inputs: { x },
      outputs: {},
      args: (at) => [at('x'), n],
      expected: () => ({ result: { values: [full ? 1 : 0], tolerance: 0 } }),
    };
  },
});

const listBits = kernel('list_bits', {
  // `over` is how many more than there are may be listed, or -1: one fewer.
  shapes: grid({ n: LENGTHS, sparsity: [0, 0.5, 0.9, 1], over: [-1, 0, 2] }),
  bench: { n: 25088, sparsity: 0.7, over: 0 },
  flops: ({ n }) => 8 * n,
  setUp({ n, sparsity, over }, random) {
    const flags = random.mask(n * 8, sparsity);
    const bits = Uint8Array.from({ length: n }, (_, i) =>
      flags.slice(i * 8, i * 8 + 8).reduce((byte, flag, bit) => byte | (flag << bit), 0),
    );
    const positions = Array.from({ length: n * 8 }, (_, i) => i).filter((i) => flags[i] === 1);
    const most = Math.max(0, positions.length + over);
    return {
      inputs: { bits },
      outputs: { list: new Uint32Array(most) },
      args: (at) => [at('list'), at('bits'), n, most],
      expected: () => ({
        list: { values: Array.from({ length: most }, (_, i) => positions[i] ?? 0), tolerance: 0 },
        result: { values: [positions.length], tolerance: 0 },
      }),
    };
  },
});

const apply = kernel('mask_apply_f32', {
  shapes: grid({ n: LENGTHS, odd: [0, 3, 10], sparsity: [0, 0.5, 0.9, 1] }),
  bench: { n: BENCH_LENGTH, odd: 0, sparsity: 0.9 },
  flops: ({ n }) => n,
  setUp({ n, odd, sparsity }, random) {
    const x = oddFloats(random, n, odd);
    const mask = random.mask(n, sparsity);
    return {
      inputs: { mask },
      outputs: { x },
      args: (at) => [at('x'), at('mask'), n],
      expected: () => ({ x: { values: x.map((value, i) => (mask[i] ? value : 0)), tolerance: 0 } }),
    };
  },
});

const copy = kernel('mask_copy_f32', {
  shapes: grid({ n: LENGTHS, odd: [0, 3, 10], sparsity: [0, 0.5, 0.9, 1] }),
  bench: { n: BENCH_LENGTH, odd: 0, sparsity: 0.9 },
  flops: ({ n }) => n,
  setUp({ n, odd, sparsity }, random) {
    const x = oddFloats(random, n, odd);
    const mask = random.mask(n, sparsity);
    return {
      inputs: { x, mask },
      outputs: { y: blank(n) },
      args: (at) => [at('y'), at('x'), at('mask'), n],
      expected: () => ({ y: { values: x.map((value, i) => (mask[i] ? value : 0)), tolerance: 0 } }),
    };
  },
});

const merge = kernel('mask_merge_f32', {
  shapes: grid({ n: LENGTHS, odd: [0, 3, 10], sparsity: [0, 0.5, 0.9, 1] }),
  bench: { n: BENCH_LENGTH, odd: 0, sparsity: 0.9 },
  flops: ({ n }) => n,
  setUp({ n, odd, sparsity }, random) {
    const [x, y] = [oddFloats(random, n, odd), random.floats(n)];
    const mask = random.mask(n, sparsity);
    return {
      inputs: { x, mask },
      outputs: { y },
      args: (at) => [at('y'), at('x'), at('mask'), n],
      expected: () => ({ y: { values: y.map((value, i) => (mask[i] ? x[i]! : value)), tolerance: 0 } }),
    };
  },
});

const revived = kernel('mask_revived', {
  shapes: grid({ n: LENGTHS, sparsity: [0, 0.5, 0.9, 1] }),
  bench: { n: BENCH_LENGTH, sparsity: 0.9 },
  flops: ({ n }) => n,
  setUp({ n, sparsity }, random) {
    const [before, after] = [random.mask(n, sparsity), random.mask(n, 0.5)];
    return {
      inputs: { before, after },
      outputs: { keep: new Uint8Array(n).fill(7) },
      args: (at) => [at('keep'), at('before'), at('after'), n],
      expected: () => {
        const values = after.map((now, i) => (now === 1 && before[i] === 0 ? 0 : 1));
        const count = values.filter((kept) => kept === 0).length;
        return { keep: { values, tolerance: 0 }, result: { values: [count], tolerance: 0 } };
      },
    };
  },
});

const maskCount = kernel('mask_count', {
  shapes: grid({ n: LENGTHS, sparsity: [0, 0.5, 0.9, 1] }),
  bench: { n: BENCH_LENGTH, sparsity: 0.9 },
  flops: ({ n }) => n,
  setUp({ n, sparsity }, random) {
    const mask = random.mask(n, sparsity);
    return {
      inputs: { mask },
      outputs: {},
      args: (at) => [at('mask'), n],
      expected: () => ({ result: { values: [mask.filter((bit) => bit === 1).length], tolerance: 0 } }),
    };
  },
});

/** Element `i` of SplitMix64 (Steele, Lea & Flood 2014) started at `seed`. */
export function splitMix64(seed: bigint, i: number): bigint {
  let z = BigInt.asUintN(64, seed + (BigInt(i) + 1n) * 0x9e3779b97f4a7c15n);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

const uniform = kernel('random_uniform_f32', {
  shapes: grid({ n: LENGTHS, low: [0, -1, -0.25], width: [1, 2, 0.5], seedHigh: [0, 0xfedcba98] }),
  bench: { n: 32768, low: 0, width: 1, seedHigh: 1 },
  flops: ({ n }) => 3 * n,
  setUp({ n, low, width, seedHigh }, random) {
    const seedLow = random.below(65536) * 65536 + random.below(65536);
    const seed = (BigInt(seedHigh) << 32n) | BigInt(seedLow);
    return {
      inputs: {},
      outputs: { y: blank(n) },
      args: (at) => [at('y'), n, seedLow, seedHigh, low, width],
      expected: () => {
        const unit = (i: number) => Number(splitMix64(seed, i) >> 40n) / 16777216;
        const values = Float64Array.from({ length: n }, (_, i) => low + Math.fround(unit(i) * width));
        return { y: { values, tolerance: 0 } };
      },
    };
  },
});

const dropout = kernel('dropout_f32', {
  shapes: grid({ n: LENGTHS, rate: [0, 0.25, 0.5, 0.9], odd: [0, 3], inPlace: [0, 1] }),
  bench: { n: 32768, rate: 0.5, odd: 0, inPlace: 0 },
  flops: ({ n }) => n,
  setUp({ n, rate, odd, inPlace }, random) {
    const x = oddFloats(random, n, odd);
    const keep = random.floats(n, 0, 1);
    const scale = Math.fround(1 / Math.fround(1 - Math.fround(rate)));
    return {
      inputs: { x, keep },
      outputs: { y: inPlace ? x.slice() : blank(n) },
      args: (at) => [at('y'), at(inPlace ? 'y' : 'x'), at('keep'), n, rate],
      expected: () => {
        const values = Float64Array.from(x, (value, i) => (keep[i]! < Math.fround(rate) ? 0 : value * scale));
        return { y: { values, tolerance: 0 } };
      },
    };
  },
});

export const maskKernels = [
  abs,
  count('count_nonfinite_f32', (x) => !Number.isFinite(x)),
  count('count_nonzero_f32', (x) => x !== 0),
  isFull,
  listBits,
  apply,
  copy,
  merge,
  revived,
  maskCount,
  uniform,
  dropout,
];
