/**
 * Products for one sample. All of them promise the same bits: a sum starts with the bias and takes its terms in the
 * order of the columns, so the twin is a plain loop in float32, itself held against float64.
 */
import { paddedRows, panelsOf } from '../../src/session/products/columns.js';
import { biasAt, packBlockColumns, packColumns, packGroups } from '../../src/session/products/groups.js';
import { packNm } from '../../src/session/products/nmOne.js';
import { slicesOf } from '../../src/session/products/sell.js';
import type { SeededRandom } from '../support/seededRandom.js';
import { agrees, maxAbs, productTolerance } from '../support/tolerance.js';
import { csrOf, maskedFloats, sequential } from './csrTwins.js';
import { dense } from './denseTwins.js';
import { blank, type Expectation, grid, type KernelRow, kernel } from './row.js';

type Name =
  | 'gemv_columns_f32'
  | 'spmv_block4_f32'
  | 'spmv_block8_f32'
  | 'spmv_csc_f32'
  | 'spmv_csc4_f32'
  | 'spmv_sell4_f32'
  | 'spmv_sell4_wide_f32'
  | 'spmv_1of4_f32'
  | 'spmv_2of4_f32'
  | 'spmv_2of8_f32';

const AXES = {
  rows: [0, 1, 3, 4, 5, 33],
  cols: [0, 1, 2, 3, 4, 5, 8, 31, 65],
  sparsity: [0, 0.5, 0.9, 1],
  zeros: [0, 0.5, 0.8, 1],
  holes: [0, 1],
};
const SWITCHES = { rows: [3, 9], cols: [0, 7], sparsity: [0.5], zeros: [0, 0.5], holes: [0] };
const shapes = [
  ...grid({ ...AXES, bias: [1], relu: [0] }),
  ...grid({ ...SWITCHES, bias: [0, 1], relu: [0, 1] }),
];
const bench = { rows: 300, cols: 784, sparsity: 0.9, zeros: 0, holes: 0, bias: 1, relu: 1 };
type Shape = (typeof shapes)[number];

/** The weights, bias and input of one call. */
interface Draw {
  readonly w: Float32Array;
  readonly bias: Float32Array | null;
  readonly x: Float32Array;
  readonly low: number;
}

/** Random weights, a share of them zero, every third row empty if `holes`; and an input with a share of zeros. */
function draw({ rows, cols, sparsity, zeros, holes, bias, relu }: Shape, random: SeededRandom): Draw {
  const w = maskedFloats(random, rows * cols, sparsity).map((value, i) =>
    holes && Math.floor(i / cols) % 3 === 1 ? 0 : value,
  );
  const b = random.floats(rows);
  return { w, bias: bias ? b : null, x: maskedFloats(random, cols, zeros), low: relu ? 0 : -Infinity };
}

/** The bits that y must have. */
function answer({ rows, cols }: Shape, { w, bias, x, low }: Draw): Expectation {
  const values = sequential(w, bias, x, [rows, cols], low);
  const most = Math.max(maxAbs(w) * maxAbs(x), bias ? maxAbs(bias) : 0);
  const twin = dense(w, bias, x, [rows, cols, 1], low);
  twin.forEach((value, r) => {
    if (!agrees(values[r]!, value, productTolerance(most, cols + 1))) {
      throw new Error(`the float32 twin must be near ${value}, got ${values[r]}`);
    }
  });
  return { values, tolerance: 0 };
}

/** Panels [cols, height], one after the other. */
function packPanels(weight: Float32Array, rows: number, cols: number): Float32Array {
  const w = new Float32Array(paddedRows(rows) * cols);
  for (const { first, height } of panelsOf(rows)) {
    for (let r = first; r < Math.min(rows, first + height); r++) {
      for (let c = 0; c < cols; c++) w[first * cols + c * height + r - first] = weight[r * cols + c]!;
    }
  }
  return w;
}

const flops = ({ rows, cols, sparsity, zeros }: Shape) => 2 * rows * cols * (1 - sparsity) * (1 - zeros);
const filledUp = (bias: Float32Array | null, length: number): Float32Array => {
  const b = new Float32Array(length);
  if (bias) b.set(bias);
  return b;
};

/** A kernel that walks through groups, and sets x[cols] to zero for the ends of short ones. */
function grouped(name: Name, height: 1 | 4 | 8, units: 2 | 4): KernelRow {
  return kernel(name, {
    shapes: shapes.filter(({ rows }) => rows === 0 || rows >= height),
    bench,
    flops,
    setUp(shape, random) {
      const { rows, cols } = shape;
      const data = draw(shape, random);
      const { bytes, count } = packGroups(csrOf(data.w, rows, cols, 1), data.bias, { height, units });
      return {
        inputs: { bytes },
        outputs: { x: Float32Array.from([...data.x, Number.NaN]), y: blank(rows) },
        args: (at) => [at('y'), at('bytes'), count, at('x'), cols, data.low],
        expected: () => ({
          y: answer(shape, data),
          x: { values: [...data.x, 0], tolerance: 0 },
        }),
      };
    },
  });
}

/** The columns of slices as byte offsets. */
function scaled(bytes: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  const words = new DataView(bytes.slice().buffer);
  for (let at = 0, slice = 0; slice < count; slice++) {
    const end = at + 36 + words.getUint32(at + 32, true);
    for (at += 36; at < end; at += 24) {
      for (let i = 0; i < 8; i += 2) words.setUint16(at + i, words.getUint16(at + i, true) * 4, true);
    }
  }
  return new Uint8Array(words.buffer);
}

/** A kernel that goes through slices of four rows, and gathers its inputs. */
function gathered(name: Name): KernelRow {
  return kernel(name, {
    shapes,
    bench,
    flops,
    setUp(shape, random) {
      const { rows, cols } = shape;
      const data = draw(shape, random);
      const layout = { height: 1, units: 4 };
      const { bytes, count } = packGroups(csrOf(data.w, rows, cols, 1), data.bias, layout);
      return {
        inputs: { bytes: scaled(bytes, count), x: data.x },
        outputs: { y: blank(rows) },
        args: (at) => [at('y'), at('bytes'), count, at('x'), cols, data.low],
        expected: () => ({ y: answer(shape, data) }),
      };
    },
  });
}

/** A kernel for at most n of every m inputs: what is too much in a run is set to zero. */
function patterned(name: Name, n: number, m: number): KernelRow {
  return kernel(name, {
    shapes: shapes.filter(({ cols, holes }) => cols % m === 0 && holes === 0).map((shape) => ({ ...shape })),
    bench: { ...bench, sparsity: 0 },
    flops: (shape) => (flops(shape) * n) / m,
    setUp(shape, random) {
      const { rows, cols } = shape;
      const data = draw(shape, random);
      for (let run = 0; run < rows * cols; run += m) {
        let held = 0;
        for (let i = run; i < run + m; i++) {
          const at = run + ((i * 3) % m); // in another order than the columns'
          if (data.w[at] !== 0 && ++held > n) data.w[at] = 0;
        }
      }
      const bytes = packNm(csrOf(data.w, rows, cols, 1), data.bias, n, m);
      return {
        inputs: { bytes, x: data.x },
        outputs: { y: blank(rows) },
        args: (at) => [at('y'), at('bytes'), Math.ceil(rows / 8), at('x'), cols, data.low],
        expected: () => ({ y: answer(shape, data) }),
      };
    },
  });
}

/** A kernel that goes through the columns whose input is not zero. */
function byColumn(
  name: 'spmv_csc_f32' | 'spmv_csc4_f32',
  pack: typeof packColumns | typeof packBlockColumns,
): KernelRow {
  return kernel(name, {
    shapes,
    bench: { ...bench, zeros: 0.8 },
    flops,
    setUp(shape, random) {
      const { rows, cols } = shape;
      const data = draw(shape, random);
      return {
        inputs: {
          columns: pack(csrOf(data.w, rows, cols, 1)),
          b: filledUp(data.bias, Math.ceil(rows / 4) * 4),
          x: data.x,
        },
        outputs: { y: blank(rows), scratch: blank(rows + cols + 16) },
        args: (at) => [at('y'), at('columns'), at('b'), at('x'), rows, cols, data.low, at('scratch')],
        expected: () => ({ y: answer(shape, data) }),
      };
    },
  });
}

const columns = kernel('gemv_columns_f32', {
  // most: 1 lists all inputs that are not zero
  shapes: grid({
    ...AXES,
    rows: [0, 1, 3, 4, 5, 7, 16, 17, 20, 21, 31, 32, 33, 36, 50, 70],
    sparsity: [0],
    holes: [0],
    bias: [0, 1],
    relu: [0, 1],
    most: [0, 1],
  }),
  bench: { ...bench, sparsity: 0, most: 0 },
  flops: (shape) => flops(shape),
  setUp(shape, random) {
    const { rows, cols, most } = shape;
    const data = draw(shape, random);
    return {
      inputs: { w: packPanels(data.w, rows, cols), b: filledUp(data.bias, paddedRows(rows)), x: data.x },
      outputs: { y: blank(rows), scratch: blank(cols + 40) },
      args: (at) => [
        at('y'),
        at('w'),
        at('b'),
        at('x'),
        rows,
        cols,
        data.low,
        most ? cols : 0,
        at('scratch'),
      ],
      expected: () => ({ y: answer(shape, data) }),
    };
  },
});

const list = kernel('list_nonzero_f32', {
  shapes: grid({ n: [0, 1, 2, 3, 4, 5, 7, 8, 33, 66], zeros: [0, 0.5, 1] }),
  bench: { n: 784, zeros: 0.8 },
  flops: ({ n }) => n,
  setUp({ n, zeros }, random) {
    const x = maskedFloats(random, n, zeros).map((value, i) =>
      i % 7 === 3 ? (i % 2 ? -0 : Number.NaN) : value,
    );
    const places = [...x.keys()].filter((i) => x[i] !== 0);
    return {
      inputs: { x },
      outputs: { list: new Uint32Array(n + 1) },
      args: (at) => [at('list'), at('x'), n],
      expected: () => ({
        result: { values: [places.length], tolerance: 0 },
        list: {
          values: Array.from({ length: n + 1 }, (_, i) => places[i] ?? 0),
          tolerance: (_, i) => (i < places.length ? 0 : Number.POSITIVE_INFINITY), // the rest is scratch
        },
      }),
    };
  },
});

/** Slices from nonzeros: what packGroups makes of them, with columns or offsets. */
const packSell = kernel('pack_sell4_f32', {
  shapes: shapes
    .filter(({ zeros }) => zeros === 0)
    .flatMap((shape) => [1, 4].map((scale) => ({ ...shape, scale }))),
  bench: { ...bench, scale: 4 },
  flops: ({ rows, cols, sparsity }) => rows * cols * (1 - sparsity),
  setUp(shape, random) {
    const { rows, cols } = shape;
    const { w, bias } = draw(shape, random);
    const csr = csrOf(w, rows, cols, 1);
    const { order, count } = slicesOf(csr);
    const { bytes } = packGroups(csr, bias, { height: 1, units: 4 });
    return {
      inputs: {
        values: csr.values,
        colIdx: csr.colIdx,
        rowPtr: csr.rowPtr,
        bias: Float32Array.from({ length: rows }, (_, r) => biasAt(bias, r)),
        order,
      },
      outputs: { slices: new Uint8Array(bytes.length) },
      args: (at) => [
        at('slices'),
        at('values'),
        at('colIdx'),
        at('rowPtr'),
        at('bias'),
        at('order'),
        count,
        cols,
        shape.scale,
      ],
      expected: () => ({
        slices: { values: shape.scale === 4 ? scaled(bytes, count) : bytes, tolerance: 0 },
      }),
    };
  },
});

export const oneSampleKernels: readonly KernelRow[] = [
  columns,
  list,
  packSell,
  gathered('spmv_sell4_f32'),
  grouped('spmv_sell4_wide_f32', 1, 4),
  grouped('spmv_block4_f32', 4, 4),
  grouped('spmv_block8_f32', 8, 2),
  byColumn('spmv_csc_f32', packColumns),
  byColumn('spmv_csc4_f32', packBlockColumns),
  patterned('spmv_1of4_f32', 1, 4),
  patterned('spmv_2of4_f32', 2, 4),
  patterned('spmv_2of8_f32', 2, 8),
];
