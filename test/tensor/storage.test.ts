/** Weights dense and sparse: whatever is done to them, values, masks and slots are those of plain arrays, bit for bit. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { MemoryError, ShapeError } from '../../src/errors.js';
import { createEngine, type Engine } from '../../src/runtime/engine.js';
import { type TrainKernels, trainKernels } from '../../src/runtime/trainKernels.js';
import { type FormatName, type SparseFormat, sparseFormats } from '../../src/tensor/formats/index.js';
import { Parameter } from '../../src/tensor/parameter.js';
import type { Slot } from '../../src/tensor/slot.js';
import { csrOf, denseOf, entriesOf, maskOf, type SparseValues } from '../../src/tensor/values.js';
import { beforeAllocations, growing, refusedAt } from '../support/faults.js';
import { SeededRandom } from '../support/seededRandom.js';

let engine: Engine;
let kernels: TrainKernels;
beforeAll(async () => {
  engine = await createEngine();
  kernels = await trainKernels(engine);
});

const formats: readonly FormatName[] = ['dense', 'csr', 'block2', 'block4'];
const heightOf = (format: FormatName): number => (format === 'dense' ? 1 : sparseFormats[format]);

/** Zeros of both signs, NaNs with payloads, a signalling one, infinities, the smallest and the largest numbers. */
const SPECIAL = [
  0, 0x80000000, 0x7fc12345, 0xffc00001, 0x7fa00007, 0x7f800000, 0xff800000, 1, 0x80000001, 0x7f7fffff,
];

/** A weight as plain arrays: float32 bits, row-major, 0 where the mask is. */
interface Plain {
  readonly rows: number;
  readonly cols: number;
  readonly mask: Uint8Array | null;
  readonly arrays: readonly Uint32Array[];
}

interface Held {
  readonly parameter: Parameter;
  readonly slots: readonly Slot[];
}

const floats = (bits: Uint32Array): Float32Array =>
  new Float32Array(bits.buffer, bits.byteOffset, bits.length);
const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);

/** A mask of blocks of that height, none kept at sparsity 1. */
function blockMask(random: SeededRandom, rows: number, cols: number, height: number, sparsity: number) {
  const keep = random.mask(Math.ceil(rows / height) * cols, sparsity);
  return Uint8Array.from(
    { length: rows * cols },
    (_, i) => keep[Math.floor(Math.floor(i / cols) / height) * cols + (i % cols)]!,
  );
}

/** Random bits, special ones among them; the first array are the values, the others slots. */
function plainWeight(seed: number, rows: number, cols: number, height: number, sparsity: number): Plain {
  const random = new SeededRandom(seed);
  const mask = sparsity === 0 ? null : blockMask(random, rows, cols, height, sparsity);
  const arrays = Array.from({ length: 3 }, () =>
    Uint32Array.from({ length: rows * cols }, (_, i) => {
      if (mask?.[i] === 0) return 0;
      const special = SPECIAL[random.below(SPECIAL.length * 2)];
      return special ?? bitsOf(random.floats(1))[0]!;
    }),
  );
  return { rows, cols, mask, arrays };
}

function make({ rows, cols }: { rows: number; cols: number }): Parameter {
  const spec = { role: 'weight', shape: [rows, cols], fanIn: cols, fanOut: rows } as const;
  return new Parameter(engine, kernels, 'dense1.weight', spec);
}

/** The weight in memory, with two slots. */
function hold(plain: Plain, format: FormatName = 'dense'): Held {
  const parameter = make(plain);
  parameter.write(floats(plain.arrays[0]!));
  parameter.setMask(plain.mask);
  const slots = plain.arrays.slice(1).map((bits) => {
    const slot = parameter.attach();
    slot.write(floats(bits));
    return slot;
  });
  parameter.convert(format);
  return { parameter, slots };
}

/** Everything that can be seen of it. */
function look({ parameter, slots }: Held) {
  const data = parameter.values();
  return {
    format: parameter.format,
    live: parameter.live,
    count: parameter.count,
    mask: parameter.readMask(),
    arrays: [parameter.read(), ...slots.map((slot) => slot.readDense())].map(bitsOf),
    stored: [data.values, ...slots.map((slot) => slot.read())].map(bitsOf),
    structure: data.format === 'dense' ? null : { rowPtr: data.rowPtr, colIdx: data.colIdx },
  };
}

const liveOf = (plain: Plain): number => plain.mask?.filter(Boolean).length ?? plain.rows * plain.cols;

/** Asserts that memory holds what the plain arrays do, in a well-formed structure of that format. */
function expectHeld(held: Held, plain: Plain, format: FormatName): void {
  const { parameter } = held;
  const seen = look(held);
  const ones = new Uint8Array(plain.rows * plain.cols).fill(1);
  expect(seen.format).toBe(format);
  expect(seen.live).toBe(liveOf(plain));
  expect(seen.mask ?? ones).toEqual(plain.mask ?? ones);
  expect(seen.arrays).toEqual(plain.arrays);
  const data = parameter.values();
  expect(bitsOf(denseOf(data))).toEqual(plain.arrays[0]);
  expect(maskOf(data) ?? ones).toEqual(plain.mask ?? ones);
  if (data.format === 'dense') return;
  const expected = structureOf(plain, heightOf(format));
  expect([...data.rowPtr]).toEqual(expected.rowPtr);
  expect([...data.colIdx]).toEqual(expected.colIdx);
  expect(data.values.length).toBe(expected.colIdx.length * data.height);
  expect(parameter.bytes).toBe(4 * (3 * parameter.count + data.rowPtr.length + data.colIdx.length));
  expectEntries(data, plain);
}

/** The entries of a matrix are its live values in rising order, and become the same matrix in csr again. */
function expectEntries(data: SparseValues, plain: Plain): void {
  const entries = entriesOf(data);
  const positions = [...plain.arrays[0]!.keys()].filter((i) => plain.mask?.[i] !== 0);
  expect([...entries.positions]).toEqual(positions);
  expect([...bitsOf(entries.values.slice())]).toEqual(positions.map((i) => plain.arrays[0]![i]));
  const back = csrOf(entries, plain.rows, plain.cols);
  expect(bitsOf(denseOf(back))).toEqual(plain.arrays[0]);
  if (data.format === 'csr') expect([back.rowPtr, back.colIdx]).toEqual([data.rowPtr, data.colIdx]);
}

/** Blocks with a live weight, group by group. */
function structureOf({ rows, cols, mask }: Plain, height: number) {
  const [rowPtr, colIdx, keep]: [number[], number[], number[]] = [[0], [], []];
  for (let first = 0; first < rows; first += height) {
    for (let col = 0; col < cols; col++) {
      const own = Array.from({ length: Math.min(height, rows - first) }, (_, j) => (first + j) * cols + col);
      if (!own.some((i) => mask?.[i] !== 0)) continue;
      colIdx.push(col);
      keep.push(own.filter((i) => mask?.[i] !== 0).length / own.length);
    }
    rowPtr.push(colIdx.length);
  }
  return { rowPtr, colIdx, fits: keep.every((share) => share === 1) };
}

const fits = (plain: Plain, format: FormatName): boolean => structureOf(plain, heightOf(format)).fits;

/** The plain weight with another mask: what is new is zero. */
function remasked(plain: Plain, mask: Uint8Array | null): Plain {
  const arrays = plain.arrays.map((bits) => bits.map((b, i) => (mask?.[i] === 0 ? 0 : b)));
  return { ...plain, mask, arrays };
}

function free({ parameter }: Held): void {
  parameter.free();
}

const weights = fc.record({
  seed: fc.nat(10000),
  rows: fc.integer({ min: 1, max: 13 }),
  cols: fc.integer({ min: 1, max: 11 }),
  height: fc.constantFrom(1, 2, 4),
  sparsity: fc.constantFrom(0, 0.2, 0.5, 0.9, 1),
});
type Weight = typeof weights extends fc.Arbitrary<infer T> ? T : never;
const plainOf = ({ seed, rows, cols, height, sparsity }: Weight): Plain =>
  plainWeight(seed, rows, cols, height, sparsity);

/** Formats that a weight with blocks of that height can have for sure. */
const formatsFor = (height: number): FormatName[] =>
  formats.filter((format) => height % heightOf(format) === 0);

describe('a conversion', () => {
  test('keeps values, mask and slots bit for bit, or refuses and changes nothing', () => {
    const path = fc.array(fc.constantFrom(...formats), { minLength: 1, maxLength: 6 });
    let [refused, done] = [0, 0];
    fc.assert(
      fc.property(weights, path, (weight, way) => {
        const before = engine.memory.liveBytes;
        const plain = plainOf(weight);
        const held = hold(plain);
        let now: FormatName = 'dense';
        for (const format of way) {
          const fit = format === 'dense' || fits(plain, format);
          expect(held.parameter.fits(format)).toBe(fit);
          if (fit) {
            held.parameter.convert(format);
            held.parameter.expectFits(format);
            now = format;
            done++;
          } else {
            expect(() => held.parameter.convert(format)).toThrow(ShapeError);
            expect(() => held.parameter.expectFits(format)).toThrow(
              /^dense1.weight: for block[24], blocks of [24]/,
            );
            refused++;
          }
          expectHeld(held, plain, now);
        }
        free(held);
        expect(engine.memory.liveBytes).toBe(before);
      }),
      { seed: 31, numRuns: 300 },
    );
    expect(Math.min(refused, done)).toBeGreaterThan(100);
  });

  test('says how many pruned weights stand in the way', () => {
    const parameter = make({ rows: 4, cols: 2 });
    parameter.setMask(Uint8Array.of(1, 0, 0, 0, 1, 0, 1, 0));
    expect(() => parameter.convert('block4')).toThrow(
      'dense1.weight: for block4, blocks of 4 weights must be pruned together, got 1 pruned weights in blocks with live ones',
    );
    parameter.free();
  });

  test('keeps weights without any live one, and those without any pruned one', () => {
    for (const kept of [0, 1]) {
      const plain = remasked(plainWeight(3, 5, 3, 1, 0), new Uint8Array(15).fill(kept));
      const held = hold(plain);
      for (const format of ['csr', 'block4', 'block2', 'dense', 'block4', 'csr', 'block2'] as const) {
        held.parameter.convert(format);
        expectHeld(held, plain, format);
      }
      free(held);
    }
  });

  test('stores rows beyond the matrix as zeros', () => {
    const plain = remasked(plainWeight(3, 5, 3, 1, 0), null);
    const held = hold(plain, 'block4');
    const { values } = held.parameter.values();
    for (let block = 3; block < 6; block++) {
      expect([...bitsOf(values.slice(block * 4 + 1, block * 4 + 4))]).toEqual([0, 0, 0]);
    }
    expect(held.parameter.live).toBe(15);
    expect(held.parameter.count).toBe(24);
    free(held);
  });
});

describe('write', () => {
  test('takes row-major values into any storage, and refuses what is pruned', () => {
    fc.assert(
      fc.property(weights, fc.nat(3), (weight, pick) => {
        const plain = plainOf(weight);
        const choices = formatsFor(weight.height);
        const format = choices[pick % choices.length]!;
        const held = hold(plain, format);
        const other = remasked(plainWeight(weight.seed + 1, weight.rows, weight.cols, 1, 0), plain.mask);
        held.parameter.write(floats(other.arrays[0]!));
        const expected = { ...plain, arrays: [other.arrays[0]!, ...plain.arrays.slice(1)] };
        expectHeld(held, expected, format);
        const pruned = plain.mask?.indexOf(0) ?? -1;
        if (pruned >= 0) {
          const wrong = floats(other.arrays[0]!.slice());
          wrong[pruned] = 1;
          expect(() => held.parameter.write(wrong)).toThrow(/pruned weights must be zero/);
          expectHeld(held, expected, format);
        }
        free(held);
      }),
      { seed: 32, numRuns: 100 },
    );
  });
});

/** Live blocks of a format, as lists of row-major positions. */
function blocksOf(plain: Plain, format: FormatName): number[][] {
  const height = heightOf(format);
  const { rowPtr, colIdx } = structureOf(plain, height);
  return rowPtr
    .slice(1)
    .flatMap((end, group) =>
      colIdx
        .slice(rowPtr[group]!, end)
        .map((col) =>
          Array.from(
            { length: Math.min(height, plain.rows - group * height) },
            (_, j) => (group * height + j) * plain.cols + col,
          ),
        ),
    );
}

function maskWith(plain: Plain, keep: ArrayLike<number>, blocks: readonly (readonly number[])[]): Uint8Array {
  const mask = new Uint8Array(plain.rows * plain.cols);
  blocks.forEach((block, i) => {
    for (const at of block) mask[at] = keep[i]!;
  });
  return mask;
}

describe('pruning in sparse storage', () => {
  test('compacts values, slots and structure in place, and gives their memory back', () => {
    fc.assert(
      fc.property(
        weights,
        fc.constantFrom<SparseFormat>('csr', 'block2', 'block4'),
        fc.double({ min: 0, max: 1 }),
        (weight, format, share) => {
          const start = engine.memory.liveBytes;
          const plain = plainWeight(weight.seed, weight.rows, weight.cols, heightOf(format), weight.sparsity);
          const held = hold(plain, format);
          const blocks = blocksOf(plain, format);
          const keep = new SeededRandom(weight.seed).mask(blocks.length, share);
          const { address } = held.parameter;
          const slotsAt = held.slots.map((slot) => slot.address);
          held.parameter.prune(keep);
          const after = remasked(plain, maskWith(plain, keep, blocks));
          expectHeld(held, after, format);
          expect([held.parameter.address, held.slots.map((slot) => slot.address)]).toEqual([
            address,
            slotsAt,
          ]);
          const compacted = engine.memory.liveBytes - start;
          free(held);
          expect(engine.memory.liveBytes).toBe(start);
          const fresh = hold(after, format);
          expect(compacted).toBe(engine.memory.liveBytes - start);
          free(fresh);
        },
      ),
      { seed: 33, numRuns: 200 },
    );
  });

  test('gives back three quarters of the memory with three quarters of the weights', () => {
    const start = engine.memory.liveBytes;
    const held = hold(plainWeight(1, 64, 64, 1, 0), 'csr');
    const full = engine.memory.liveBytes - start;
    expect(full).toBe(4 * 4 * 4096 + 320); // values, two slots, columns; row pointers in whole lines
    held.parameter.prune(Uint8Array.from({ length: 4096 }, (_, i) => (i % 4 === 0 ? 1 : 0)));
    expect(engine.memory.liveBytes - start).toBe(4 * 4 * 1024 + 320);
    free(held);
  });
});

describe('rewire', () => {
  test('drops, and adds at zero, in every storage; what is dropped and added at once begins anew', () => {
    fc.assert(
      fc.property(
        weights,
        fc.constantFrom(...formats),
        fc.double({ min: 0, max: 1 }),
        (weight, format, share) => {
          const start = engine.memory.liveBytes;
          const height = heightOf(format);
          const plain = plainWeight(weight.seed, weight.rows, weight.cols, height, weight.sparsity || 0.5);
          const held = hold(plain, format);
          const random = new SeededRandom(weight.seed + 7);
          const { rows, cols } = plain;
          const all = blocksOf({ ...plain, mask: null }, format);
          const live = all.map((block) => plain.mask![block[0]!] === 1);
          const keep = all.map((_, i) => (live[i] && random.uniform() > share ? 1 : 0));
          const added = Uint32Array.from(all.keys()).filter((i) => keep[i] === 0 && random.uniform() < 0.4);
          const bytes =
            format === 'dense' ? Uint8Array.from(keep) : Uint8Array.from(keep.filter((_, i) => live[i]));
          held.parameter.rewire(bytes, added);
          const now = keep.map((kept, i) => (kept || added.includes(i) ? 1 : 0));
          const mask = maskWith({ rows, cols, mask: null, arrays: [] }, now, all);
          const kept = maskWith({ rows, cols, mask: null, arrays: [] }, keep, all);
          expectHeld(held, { ...remasked(plain, kept), mask }, format);
          free(held);
          expect(engine.memory.liveBytes).toBe(start);
        },
      ),
      { seed: 34, numRuns: 300 },
    );
  });

  test('forgets the value and the moments of a connection that is in both lists', () => {
    for (const format of ['dense', 'csr'] as const) {
      const plain = remasked(plainWeight(5, 1, 4, 1, 0), Uint8Array.of(1, 1, 0, 1));
      for (const bits of plain.arrays) bits.set([0x3f800000, 0x40000000, 0, 0x40400000]);
      const held = hold(plain, format);
      held.parameter.rewire(
        format === 'dense' ? Uint8Array.of(1, 0, 0, 0) : Uint8Array.of(1, 0, 0),
        Uint32Array.of(1, 2),
      );
      expect([...held.parameter.readMask()!]).toEqual([1, 1, 1, 0]);
      for (const bits of look(held).arrays) expect([...bits]).toEqual([0x3f800000, 0, 0, 0]);
      free(held);
    }
  });
});

const pairs = fc.record({
  rows: fc.integer({ min: 1, max: 13 }),
  cols: fc.integer({ min: 1, max: 11 }),
  seeds: fc.tuple(fc.nat(10000), fc.nat(10000)),
  sparsities: fc.tuple(fc.constantFrom(0, 0.3, 0.8, 1), fc.constantFrom(0, 0.3, 0.8, 1)),
  formats: fc.tuple(fc.constantFrom(...formats), fc.constantFrom(...formats)),
});
type Pair = typeof pairs extends fc.Arbitrary<infer T> ? T : never;

/** A weight in memory, and another of the same shape to be copied into it. */
function pairOf({ rows, cols, seeds, sparsities, formats: names }: Pair) {
  const [target, source] = [0, 1].map((i) =>
    plainWeight(seeds[i]!, rows, cols, heightOf(names[i]!), sparsities[i]!),
  ) as [Plain, Plain];
  const other = hold(source, names[1]);
  const data = other.parameter.values();
  free(other);
  return { target, source, data, held: hold(target, names[0]) };
}

/** Slots of the target after restore(): kept where a weight was live and is. */
function restored(target: Plain, source: Plain): Plain {
  const both = target.arrays[0]!.map((_, i) => (target.mask?.[i] === 0 || source.mask?.[i] === 0 ? 0 : 1));
  const slots = target.arrays.slice(1).map((bits) => bits.map((b, i) => (both[i] ? b : 0)));
  return { ...source, arrays: [source.arrays[0]!, ...slots] };
}

describe('copied values', () => {
  test('are restored with their structure into any storage; moments of what stays live are kept', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const start = engine.memory.liveBytes;
        const { target, source, data, held } = pairOf(pair);
        held.parameter.restore(data);
        expectHeld(held, restored(target, source), pair.formats[1]);
        free(held);
        expect(engine.memory.liveBytes).toBe(start);
      }),
      { seed: 35, numRuns: 300 },
    );
  });

  test('are restored where memory has room for the old or the new alone, and refused where it has none', () => {
    const { memory } = engine;
    let tight = 0;
    fc.assert(
      fc.property(pairs, (pair) => {
        const start = memory.liveBytes;
        const { target, source, data, held } = pairOf(pair);
        const after = restored(target, source);
        const [begin, like] = [memory.liveBytes, hold(after, pair.formats[1])];
        const most = Math.max(begin, memory.liveBytes - begin + start);
        free(like);
        const seen = look(held);
        const under = (limit: number) => {
          const end = beforeAllocations(memory, (bytes) => {
            if (memory.liveBytes + Math.max(1, Math.ceil(bytes / 64)) * 64 > limit)
              throw new MemoryError('refused');
          });
          try {
            held.parameter.restore(data);
            return true;
          } catch (error) {
            expect(error).toBeInstanceOf(MemoryError);
            return false;
          } finally {
            end();
          }
        };
        if (!under(0)) {
          tight++;
          expect(look(held)).toEqual(seen);
          expect(memory.liveBytes).toBe(begin);
          expect(under(most)).toBe(true);
        }
        expectHeld(held, after, pair.formats[1]);
        free(held);
        expect(memory.liveBytes).toBe(start);
      }),
      { seed: 37, numRuns: 300 },
    );
    expect(tight).toBeGreaterThan(100);
  });

  test('of the structure at hand take no memory', () => {
    for (const format of formats) {
      const held = hold(plainWeight(9, 6, 5, 4, 0.5), format);
      const data = held.parameter.values();
      const seen = look(held);
      held.parameter.write(new Float32Array(30));
      const end = beforeAllocations(engine.memory, () => {
        throw new MemoryError('refused');
      });
      held.parameter.restore(data);
      held.parameter.rewind(data);
      held.parameter.write(denseOf(data));
      end();
      expect(look(held)).toEqual(seen);
      free(held);
    }
  });

  test('are rewound to under the structure of now, whatever theirs was', () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const start = engine.memory.liveBytes;
        const { target, source, data, held } = pairOf(pair);
        held.parameter.rewind(data);
        const rewound = source.arrays[0]!.map((b, i) => (target.mask?.[i] === 0 ? 0 : b));
        expectHeld(held, { ...target, arrays: [rewound, ...target.arrays.slice(1)] }, pair.formats[0]);
        free(held);
        expect(engine.memory.liveBytes).toBe(start);
      }),
      { seed: 36, numRuns: 300 },
    );
  });

  test('of another length are refused, and nothing changes', () => {
    const plain = plainWeight(1, 4, 3, 1, 0.5);
    for (const format of ['dense', 'csr'] as const) {
      const held = hold(plain, format);
      const other = hold(plainWeight(1, 4, 4, 1, 0.5), format);
      expect(() => held.parameter.restore(other.parameter.values())).toThrow(ShapeError);
      expectHeld(held, plain, format);
      for (const each of [held, other]) free(each);
    }
  });
});

const specOf = (rows: number, cols: number) =>
  ({ role: 'weight', shape: [rows, cols], fanIn: cols, fanOut: rows }) as const;
const indicesOf = (keep: Uint8Array) => Uint32Array.from(keep.keys()).filter((i) => keep[i] === 1);

/** Those rows and columns of a plain weight. */
function part({ cols, mask, arrays }: Plain, rows: Uint32Array, columns: Uint32Array): Plain {
  const places = [...rows].flatMap((row) => [...columns].map((col) => row * cols + col));
  const left = mask && Uint8Array.from(places, (at) => mask[at]!);
  return {
    rows: rows.length,
    cols: columns.length,
    mask: left?.includes(0) ? left : null,
    arrays: arrays.map((bits) => Uint32Array.from(places, (at) => bits[at]!)),
  };
}

/** The format of what is left: full weights are dense, and blocks that have come apart single weights. */
function formatLeft(format: FormatName, { rows, cols, mask }: Plain): FormatName {
  if (format === 'dense' || !mask) return 'dense';
  const height = heightOf(format);
  const whole = mask.every((kept, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols];
    return row >= rows || mask[(row - (row % height)) * cols + col] === kept;
  });
  return whole ? format : 'csr';
}

describe('rows and columns', () => {
  const cuts = fc.record({
    seed: fc.nat(10000),
    rows: fc.integer({ min: 1, max: 13 }),
    cols: fc.integer({ min: 1, max: 9 }),
    format: fc.constantFrom(...formats),
    sparsity: fc.constantFrom(0, 0.3, 0.8, 1),
    gone: fc.constantFrom(0, 0.2, 0.7),
    whole: fc.boolean(),
  });

  test('are selected with structure and slots, in any format, to the last bit', () => {
    const left = new Set<string>();
    fc.assert(
      fc.property(cuts, ({ seed, rows, cols, format, sparsity, gone, whole }) => {
        const start = engine.memory.liveBytes;
        const plain = plainWeight(seed, rows, cols, heightOf(format), sparsity);
        const held = hold(plain, format);
        const random = new SeededRandom(seed + 1);
        const height = whole ? heightOf(format) : 1;
        const groups = random.mask(Math.ceil(rows / height), gone);
        const keep = Uint8Array.from({ length: rows }, (_, row) => groups[Math.floor(row / height)]!);
        const [kept, columns] = [indicesOf(keep), indicesOf(random.mask(cols, gone))];
        if (kept.length === 0 || columns.length === 0) {
          const choice = { rows: kept, cols: columns };
          expect(() => held.parameter.select(choice, specOf(rows, cols))).toThrow(ShapeError);
          expectHeld(held, plain, format);
        } else {
          const change = held.parameter.select(
            { rows: kept, cols: columns },
            specOf(kept.length, columns.length),
          );
          expect(held.parameter.shape).toEqual([rows, cols]);
          change();
          const expected = part(plain, kept, columns);
          left.add(`${format} ${formatLeft(format, expected)}`);
          expectHeld(held, expected, formatLeft(format, expected));
          expect(held.parameter.shape).toEqual([kept.length, columns.length]);
        }
        free(held);
        expect(engine.memory.liveBytes).toBe(start);
      }),
      { seed: 37, numRuns: 600 },
    );
    const kinds =
      'dense dense,csr csr,csr dense,block2 block2,block2 csr,block2 dense,block4 block4,block4 csr,block4 dense';
    expect([...left].sort()).toEqual(kinds.split(',').sort());
  });

  test('have no mask any more when what is left is live', () => {
    for (const format of ['dense', 'csr'] as const) {
      const mask = Uint8Array.of(1, 0, 1, 1, 1, 1);
      const held = hold({ rows: 2, cols: 3, mask, arrays: [new Uint32Array(6)] }, format);
      held.parameter.select({ rows: null, cols: Uint32Array.of(0, 2) }, specOf(2, 2))();
      expect([held.parameter.readMask(), held.parameter.pruned, held.parameter.live]).toEqual([
        null,
        false,
        4,
      ]);
      free(held);
    }
  });

  test('are refused out of order, out of range, or for another shape', () => {
    const held = hold(plainWeight(3, 4, 3, 1, 0.5), 'csr');
    const wrong: readonly (readonly [number[] | null, number[] | null, number, number])[] = [
      [[1, 0], null, 2, 3],
      [[1, 1], null, 2, 3],
      [[4], null, 1, 3],
      [null, [3], 4, 1],
      [[], null, 1, 3],
      [[0, 1], [0], 2, 2],
      [null, null, 4, 4],
    ];
    const seen = look(held);
    for (const [rows, cols, height, width] of wrong) {
      const choice = { rows: rows && Uint32Array.from(rows), cols: cols && Uint32Array.from(cols) };
      expect(() => held.parameter.select(choice, specOf(height, width))).toThrow(ShapeError);
    }
    expect(() => held.parameter.select({ rows: Uint32Array.of(0, 9), cols: null }, specOf(2, 3))).toThrow(
      /dense1.weight: rows: must be at least one index, ascending below 4, got 9 at 1/,
    );
    expect(look(held)).toEqual(seen);
    free(held);
  });
});

type Operation = (held: Held) => void;

const someOfSix = { rows: Uint32Array.of(1, 2, 4, 5), cols: Uint32Array.of(0, 3) };

/** Everything that allocates, for a weight of 6 x 5 in whole blocks of 4, in a format. */
function operations(format: FormatName): Record<string, Operation> {
  const [six, dense] = [plainWeight(9, 6, 5, 4, 0.5), plainWeight(10, 6, 5, 1, 0.3)];
  const copies = formats.map((name) => {
    const held = hold(six, name);
    const data = held.parameter.values();
    free(held);
    return [name, data] as const;
  });
  const keep = ({ parameter }: Held) =>
    Uint8Array.from(
      { length: parameter.count / heightOf(format) },
      (_, i) => (format === 'dense' ? parameter.readMask()![i]! : 1) * (i % 3 ? 1 : 0),
    );
  return {
    ...Object.fromEntries(
      formats.map((to) => [`convert to ${to}`, ({ parameter }: Held) => parameter.convert(to)]),
    ),
    ...Object.fromEntries(
      formats.map((to) => [`fits ${to}`, ({ parameter }: Held) => void parameter.fits(to)]),
    ),
    ...Object.fromEntries(
      copies.map(([name, data]) => [`restore ${name}`, ({ parameter }: Held) => parameter.restore(data)]),
    ),
    ...Object.fromEntries(
      copies.map(([name, data]) => [`rewind ${name}`, ({ parameter }: Held) => parameter.rewind(data)]),
    ),
    'set a mask': ({ parameter }) => parameter.setMask(dense.mask),
    'clear the mask': ({ parameter }) => parameter.setMask(null),
    prune: (held) => held.parameter.prune(keep(held)),
    rewire: (held) => held.parameter.rewire(keep(held), Uint32Array.of(0, 3)),
    select: ({ parameter }) => parameter.select(someOfSix, specOf(4, 2))(),
    'select rows': ({ parameter }) => parameter.select({ ...someOfSix, cols: null }, specOf(4, 5))(),
    write: ({ parameter }) => parameter.write(new Float32Array(30)),
    read: ({ parameter }) => void [parameter.read(), parameter.readMask(), parameter.values()],
    'read a slot': ({ slots }) => void slots[0]!.readDense(),
  };
}

/** rewire() in dense storage wants no live weight at the places added. */
const begin = (): Plain => plainWeight(8, 6, 5, 4, 0.5);

describe.each(formats)('a weight in %s storage', (format) => {
  test('is as it was, and so is the memory, when any of its allocations is refused', () => {
    for (const [name, operation] of Object.entries(operations(format))) {
      for (let n = 1; ; n++) {
        const held = hold(begin(), format);
        const [seen, bytes] = [look(held), engine.memory.liveBytes];
        const refused = refusedAt(engine.memory, n, () => operation(held));
        if (refused) {
          expect(look(held), `${name}, allocation ${n}`).toEqual(seen);
          expect(engine.memory.liveBytes, `${name}, allocation ${n}`).toBe(bytes);
        }
        free(held);
        if (!refused) break;
      }
    }
    expect(engine.memory.liveBytes).toBe(0);
  });

  test('comes out the same when the memory grows at every allocation', () => {
    for (const [name, operation] of Object.entries(operations(format))) {
      const [still, moving] = [hold(begin(), format), growing(engine.memory, () => hold(begin(), format))];
      operation(still);
      growing(engine.memory, () => operation(moving));
      expect(
        growing(engine.memory, () => look(moving)),
        name,
      ).toEqual(look(still));
      for (const held of [still, moving]) free(held);
    }
  });

  test('attaches slots of zeros, which end with it or before', () => {
    const start = engine.memory.liveBytes;
    const { parameter, slots } = hold(begin(), format);
    const held = engine.memory.liveBytes;
    const slot = parameter.attach();
    expect([...slot.read()]).toEqual(new Array(parameter.count).fill(0));
    expect(slot.readDense()).toEqual(new Float32Array(30));
    slot.free();
    expect(engine.memory.liveBytes).toBe(held);
    parameter.convert(format === 'csr' ? 'dense' : 'csr');
    expect(parameter.bytes).toBe((1 + slots.length) * 4 * parameter.count + parameter.storage.structureBytes);
    parameter.free();
    expect(engine.memory.liveBytes).toBe(start);
  });

  test('is made all at once or not at all', () => {
    if (format === 'dense') return;
    const start = { format, positions: Uint32Array.of(0, 2, 7) };
    const spec = { role: 'weight', shape: [6, 5], fanIn: 5, fanOut: 6 } as const;
    const { memory } = engine;
    const live = memory.liveBytes;
    let n = 1;
    const build = () => {
      memory.allOrNothing(() => new Parameter(engine, kernels, 'dense1.weight', spec, start)).free();
    };
    for (; refusedAt(memory, n, build); n++) expect(memory.liveBytes).toBe(live);
    expect(n).toBeGreaterThan(3);
    expect(memory.liveBytes).toBe(live);
  });
});
