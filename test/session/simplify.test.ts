import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../src/graph/graph.js';
import { dense, gelu, type LayerSpec, leakyRelu, relu, sigmoid, softmax, tanh } from '../../src/index.js';
import { createEngine, type Engine } from '../../src/runtime/engine.js';
import { lower } from '../../src/session/lower.js';
import type { Op, ProductOp } from '../../src/session/ops.js';
import { type Simplified, simplify } from '../../src/session/simplify.js';
import { type Bounded, firstOutside, layerTwin } from '../model/support.js';
import { SeededRandom } from '../support/seededRandom.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

/** Operations of a network; `parameters` lists weight (and bias) of each dense layer in turn. */
function opsOf(inputs: number, layers: readonly LayerSpec[], parameters: readonly ArrayLike<number>[]): Op[] {
  const graph = buildGraph([inputs], layers);
  let next = 0;
  const given = graph.nodes.map((node) =>
    node.parameters.map(() => ({ values: Float32Array.from(parameters[next++]!), mask: null })),
  );
  return [...lower(engine, { graph, parameters: given }).ops];
}

const plain = (units: number) => dense(units, { bias: false });

/** [weight rows], bias, of each product. */
function weightsOf({ ops }: Simplified): [number[][], number[] | null][] {
  return products(ops).map(({ weight: { dense: weight, rows, cols }, bias }) => [
    Array.from({ length: rows }, (_, r) => [...weight.subarray(r * cols, (r + 1) * cols)]),
    bias && [...bias],
  ]);
}

const products = (ops: readonly Op[]) => ops.filter((op) => op.kind === 'product');

/** One sample through operations in float64, with bounds for a float32 computation. */
function run(ops: readonly Op[], sample: ArrayLike<number>): Bounded {
  let x: Bounded = { values: Array.from(sample), errors: Array.from(sample, () => 0) };
  for (const op of ops) {
    if (op.kind === 'elementwise') {
      expect(op.size).toBe(x.values.length);
      x = layerTwin(op.node.spec, x, []);
      continue;
    }
    if (op.kind !== 'product') throw new Error(`no twin of ${op.kind}`);
    const { rows, cols, dense: weight } = op.weight;
    expect([cols, weight.length]).toEqual([x.values.length, rows * cols]);
    if (op.bias) expect(op.bias.length).toBe(rows);
    x = layerTwin({ kind: 'dense', units: rows }, x, op.bias ? [weight, op.bias] : [weight]);
    if (op.low === 0) x = layerTwin({ kind: 'relu' }, x, []);
  }
  return x;
}

/** One value through an activation, by the engine's kernel for tiles. */
function activated(spec: LayerSpec, value: number): number {
  const type = buildGraph([1], [spec]).nodes[0]!.type;
  const block = engine.memory.allocate(32);
  block.f32().fill(value);
  const at = { x: block.address, y: block.address };
  const shape = { lanes: 8, tiles: 1, inputs: 1, outputs: 1, shape: [1], parameters: [], low: 0 };
  type.forward?.({ kernels: engine.kernels, ...at, ...shape }, spec);
  const result = block.f32()[0]!;
  block.free();
  return result;
}

describe('simplify', () => {
  test('gives back what it was given when nothing can go', () => {
    const ops = opsOf(2, [dense(2), relu(), tanh(), dense(1)], [[1, 0, 0, 1], [0, 0], [1, 1], [0]]);
    const simple = simplify(engine, ops);
    expect(simple.ops).toEqual(ops);
    simple.ops.forEach((op, i) => {
      expect(op).toBe(ops[i]);
    });
    expect(simple.liveInputs).toBeNull();
    expect(simple.notes.size).toBe(0);
  });

  test('leaves networks without products, and without operations, alone', () => {
    for (const ops of [[], opsOf(3, [sigmoid(), softmax()], [])]) {
      expect(simplify(engine, ops)).toEqual({ ops, liveInputs: null, notes: new Map() });
    }
  });

  test('drops inputs that no weight reads, -0 being no weight', () => {
    const simple = simplify(
      engine,
      opsOf(
        4,
        [dense(2)],
        [
          [0, 1, 0, 2, -0, 0, 0, 3],
          [5, 6],
        ],
      ),
    );
    expect(simple.liveInputs).toEqual(Uint32Array.of(1, 3));
    expect(weightsOf(simple)).toEqual([
      [
        [
          [1, 2],
          [0, 3],
        ],
        [5, 6],
      ],
    ]);
    expect([...simple.notes]).toEqual([[0, '2 unread inputs dropped']]);
  });

  test('keeps the first input when none is read', () => {
    const simple = simplify(engine, opsOf(3, [dense(2)], [new Float32Array(6), [5, 6]]));
    expect(simple.liveInputs).toEqual(Uint32Array.of(0));
    expect(weightsOf(simple)).toEqual([
      [
        [[0], [0]],
        [5, 6],
      ],
    ]);
    const single = opsOf(1, [dense(1)], [[0], [5]]);
    expect(simplify(engine, single)).toEqual({ ops: single, liveInputs: null, notes: new Map() });
  });

  test('drops unread inputs before layers that work unit by unit, not before softmax', () => {
    const weight = [0, 1, 2];
    const shrunk = simplify(engine, opsOf(3, [tanh(), leakyRelu(), plain(1)], [weight]));
    expect(shrunk.liveInputs).toEqual(Uint32Array.of(1, 2));
    expect(
      shrunk.ops.map((op) => (op.kind === 'elementwise' ? op.size : (op as ProductOp).weight.cols)),
    ).toEqual([2, 2, 2]);
    expect([...shrunk.notes]).toEqual([[2, '1 unread input dropped']]);
    const ops = opsOf(3, [tanh(), softmax(), plain(1)], [weight]);
    expect(simplify(engine, ops).ops).toEqual(ops);
    expect(simplify(engine, ops).liveInputs).toBeNull();
  });

  test('drops units that no weight reads, and what only they read', () => {
    const ops = opsOf(
      2,
      [dense(3), gelu(), dense(2), relu(), plain(1)],
      [
        [1, 1, 2, 0, 3, 0],
        [1, 2, 3],
        [1, 0, 5, 0, 7, 0],
        [1, 2],
        [0, 1],
      ],
    );
    const simple = simplify(engine, ops);
    // The second layer's unit 0 goes first; then nothing reads units 0 and 2, and then nothing reads input 1.
    expect(weightsOf(simple)).toEqual([
      [[[2]], [2]],
      [[[7]], [2]],
      [[[1]], null],
    ]);
    expect(simple.liveInputs).toEqual(Uint32Array.of(0));
    expect([...simple.notes]).toEqual([
      [0, '1 unread input and 2 dead units dropped'],
      [2, '2 inputs and 1 dead unit dropped'],
      [4, '1 input dropped'],
    ]);
    expect(products(simple.ops)[1]!.low).toBe(0);
  });

  test('folds units without weights into the next bias', () => {
    const ops = opsOf(
      1,
      [dense(3), relu(), plain(2)],
      [
        [0, 2, 0],
        [0.1, 1, -3],
        [0.7, 4, 5, 0, 6, 7],
      ],
    );
    const simple = simplify(engine, ops);
    const f = Math.fround;
    expect(weightsOf(simple)).toEqual([
      [[[2]], [1]],
      [
        [[4], [6]],
        [f(f(0.7) * f(0.1)), 0],
      ],
    ]);
    expect([...simple.notes]).toEqual([
      [0, '2 constant units dropped'],
      [2, '2 inputs dropped'],
    ]);
  });

  test('adds constants to a bias in float32, in the order of the units', () => {
    const ops = opsOf(
      1,
      [dense(4), dense(1)],
      [[0, 0, 1, 0], [2 ** -24, 2 ** -24, 0, -1], [1, 1, 1, 1], [1]],
    );
    expect(weightsOf(simplify(engine, ops))[1]).toEqual([[[1]], [0]]); // 1 + 2^-24 rounds to 1, twice
  });

  test('rounds each product with a constant, and takes a bias of -0 for 0, as the kernels do', () => {
    const long = 1 + 3 * 2 ** -23;
    const rounded = opsOf(1, [dense(2), dense(1)], [[0, 1], [long, 0], [long, 1], [-1]]);
    expect(weightsOf(simplify(engine, rounded))[1]![1]).toEqual([6 * 2 ** -23]); // not that + 9 * 2^-46
    const signed = opsOf(1, [dense(2), dense(1)], [[0, 1], [-0, 0], [1, 1], [-0]]);
    expect(weightsOf(simplify(engine, signed))[1]![1]).toEqual([0]);
  });

  test('takes a missing bias for zero, and the bits of the engine for activations', () => {
    const curves = [sigmoid(), tanh(), gelu(), leakyRelu({ slope: 0.3 })];
    for (const curve of curves) {
      const missing = simplify(
        engine,
        opsOf(
          1,
          [plain(2), curve, plain(1)],
          [
            [0, 1],
            [1, 1],
          ],
        ),
      );
      expect(weightsOf(missing)[1]![1]).toEqual([activated(curve, 0)]);
      for (const bias of [-1.7, 0.3, 2.9]) {
        const ops = opsOf(
          1,
          [dense(2), curve, sigmoid(), plain(1)],
          [
            [0, 1],
            [bias, 0],
            [1, 1],
          ],
        );
        expect(weightsOf(simplify(engine, ops))[1]![1]).toEqual([
          activated(sigmoid(), activated(curve, bias)),
        ]);
      }
    }
  });

  test('folds on from layer to layer', () => {
    const ops = opsOf(
      1,
      [dense(2), relu(), dense(2), relu(), dense(1)],
      [[0, 1], [3, 0], [2, 0, 1, 1], [1, 0], [10, 1], [0.5]],
    );
    const simple = simplify(engine, ops);
    expect(weightsOf(simple)).toEqual([
      [[[1]], [0]],
      [[[1]], [3]], // 0 + 1 * 3
      [[[1]], [70.5]], // 0.5 + 10 * (1 + 2 * 3)
    ]);
    expect([...simple.notes.values()]).toEqual([
      '1 constant unit dropped',
      '1 input and 1 constant unit dropped',
      '1 input dropped',
    ]);
  });

  test('counts a unit that is dead and constant as dead, whatever its bias', () => {
    const ops = opsOf(
      1,
      [dense(2), plain(1)],
      [
        [0, 1],
        [Number.NaN, 0],
        [0, 1],
      ],
    );
    const simple = simplify(engine, ops);
    expect(weightsOf(simple)).toEqual([
      [[[1]], [0]],
      [[[1]], null],
    ]);
    expect([...simple.notes.values()]).toEqual(['1 dead unit dropped', '1 input dropped']);
  });

  test('names all that went', () => {
    const ops = opsOf(
      2,
      [dense(4), plain(1)],
      [
        [1, 0, 0, 0, 0, 0, 1, 0],
        [1, 2, 3, 4],
        [1, 1, 1, 0],
      ],
    );
    expect([...simplify(engine, ops).notes.values()]).toEqual([
      '1 unread input, 1 dead unit and 2 constant units dropped',
      '3 inputs dropped',
    ]);
  });

  test('gives back the operations that did not change beside those that did', () => {
    const ops = opsOf(2, [plain(1), tanh(), plain(1), sigmoid()], [[0, 1], [1]]);
    const simple = simplify(engine, ops);
    expect(simple.ops.map((op, i) => op === ops[i])).toEqual([false, true, true, true]);
  });

  test('keeps units before softmax, and outputs', () => {
    const ops = opsOf(
      2,
      [dense(3), softmax(), tanh(), dense(2), softmax()],
      [
        [0, 0, 1, 0, 0, 1],
        [1, 2, 3],
        [0, 1, 0, 0, 0, 0],
        [5, 6],
      ],
    );
    const simple = simplify(engine, ops);
    expect(simple.ops).toEqual(ops);
    expect(simple.notes.size).toBe(0);
  });

  test('keeps one unit of zeros where all go', () => {
    const constant = opsOf(2, [dense(3), sigmoid(), plain(1)], [new Float32Array(6), [0, 0, 0], [1, 2, 3]]);
    const simple = simplify(engine, constant);
    const half = activated(sigmoid(), 0);
    expect(simple.liveInputs).toEqual(Uint32Array.of(0));
    expect(weightsOf(simple)).toEqual([
      [[[0]], null],
      [[[0]], [6 * half]],
    ]);
    expect([...simple.notes]).toEqual([
      [0, '1 unread input and 3 constant units dropped, one of zeros kept'],
      [2, '2 inputs dropped'],
    ]);
  });

  test('replaces the only unit of a layer by one of zeros', () => {
    const zeros = [[[0]], null];
    const half = activated(sigmoid(), 0);
    const constant = opsOf(1, [plain(1), sigmoid(), plain(1)], [[0], [2]]);
    expect(weightsOf(simplify(engine, constant))).toEqual([zeros, [[[0]], [2 * half]]]);
    for (const bias of [3, Number.NaN]) {
      const dead = opsOf(1, [dense(1), plain(1)], [[0], [bias], [0]]);
      expect(weightsOf(simplify(engine, dead))).toEqual([zeros, [[[0]], null]]);
    }
    const done = opsOf(1, [plain(1), sigmoid(), plain(1)], [[0], [0]]);
    expect(simplify(engine, done)).toEqual({ ops: done, liveInputs: null, notes: new Map() });
  });

  test('drops whole layers before one that reads nothing', () => {
    const dead = opsOf(
      2,
      [dense(2), gelu(), dense(2), gelu(), dense(2)],
      [[1, 2, 3, 4], [1, 1], [1, 2, 3, 4], [1, 1], new Float32Array(4), [8, 9]],
    );
    expect(weightsOf(simplify(engine, dead))).toEqual([
      [[[0]], null],
      [[[0]], null],
      [
        [[0], [0]],
        [8, 9],
      ],
    ]);
  });

  test('takes NaN and infinities for weights, and multiplies them as IEEE 754 says', () => {
    const { NaN: nan } = Number;
    const read = opsOf(
      2,
      [dense(2), plain(2)],
      [
        [nan, 0, 0, Infinity],
        [0, 0],
        [0, -Infinity, nan, 0],
      ],
    );
    expect(simplify(engine, read).ops).toEqual(read);
    const folded = opsOf(
      1,
      [dense(2), plain(3)],
      [
        [0, 1],
        [Infinity, 0],
        [2, 1, 0, 1, -1, 1],
      ],
    );
    expect(weightsOf(simplify(engine, folded))[1]![1]).toEqual([Infinity, 0, -Infinity]);
    const clamped = opsOf(
      1,
      [dense(2), relu(), plain(1)],
      [
        [0, 1],
        [nan, 0],
        [2, 1],
      ],
    );
    expect(weightsOf(simplify(engine, clamped))[1]![1]).toEqual([nan]);
  });

  test('gives back the memory that it took', () => {
    const before = engine.memory.liveBytes;
    simplify(
      engine,
      opsOf(
        1,
        [dense(2), tanh(), plain(1)],
        [
          [0, 1],
          [1, 0],
          [1, 1],
        ],
      ),
    );
    expect(engine.memory.liveBytes).toBe(before);
  });
});

describe('of random networks', () => {
  const between: readonly (readonly LayerSpec[])[] = [
    [],
    [relu()],
    [leakyRelu({ slope: 0.2 })],
    [sigmoid()],
    [tanh()],
    [gelu()],
    [leakyRelu(), relu(), tanh()],
    [softmax()],
    [sigmoid(), softmax(), gelu()],
  ];

  interface Recipe {
    readonly inputs: number;
    readonly layers: readonly { units: number; bias: boolean; after: number }[];
    readonly before: number;
    readonly zeros: number;
    readonly seed: number;
  }

  const recipes: fc.Arbitrary<Recipe> = fc.record({
    inputs: fc.integer({ min: 1, max: 7 }),
    before: fc.oneof(fc.constant(0), fc.nat(between.length - 1)),
    layers: fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 6 }),
        bias: fc.boolean(),
        after: fc.nat(between.length - 1),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    zeros: fc.constantFrom(0, 0.3, 0.6, 0.9, 1),
    seed: fc.nat(1e6),
  });

  /** A weight [rows, cols] with single zeros, rows of zeros and columns of zeros. */
  function weight(random: SeededRandom, rows: number, cols: number, zeros: number): Float32Array {
    const values = random.floats(rows * cols, -2, 2);
    const blank = (count: number) => random.mask(count, zeros / 2);
    const [single, row, col] = [random.mask(rows * cols, zeros), blank(rows), blank(cols)];
    return values.map((value, i) => (single[i]! && row[Math.floor(i / cols)] && col[i % cols] ? value : -0));
  }

  function build({ inputs, layers, before, zeros, seed }: Recipe): Op[] {
    const random = new SeededRandom(seed);
    const specs = [...between[before]!];
    const parameters: Float32Array[] = [];
    let cols = inputs;
    for (const { units, bias, after } of layers) {
      specs.push(dense(units, { bias }), ...between[after]!);
      parameters.push(weight(random, units, cols, zeros));
      if (bias) parameters.push(random.floats(units));
      cols = units;
    }
    return opsOf(inputs, specs, parameters);
  }

  const samplesOf = (count: number, inputs: number) =>
    Array.from({ length: count }, (_, i) => new SeededRandom(i).floats(inputs, -3, 3));

  const gathered = (sample: Float32Array, live: Uint32Array | null) =>
    live ? Float32Array.from(live, (i) => sample[i]!) : sample;

  const copyOf = (ops: readonly Op[]) =>
    products(ops).map(({ weight, bias }) => [weight.dense.slice(), bias?.slice() ?? null]);

  /** Hidden units that could still go: free ones without weights, or without readers. */
  function leftOver(ops: readonly Op[]): number {
    const chain = products(ops);
    let count = 0;
    for (let i = 0; i + 1 < chain.length; i++) {
      const [op, next] = [chain[i]!, chain[i + 1]!] as [ProductOp, ProductOp];
      const passed = ops.slice(ops.indexOf(op), ops.indexOf(next));
      if (op.weight.rows === 1 || passed.some(({ node }) => node.type.kind === 'softmax')) continue;
      for (let unit = 0; unit < op.weight.rows; unit++) {
        const own = op.weight.dense.subarray(unit * op.weight.cols, (unit + 1) * op.weight.cols);
        const readers = next.weight.dense.filter((_, j) => j % next.weight.cols === unit);
        if (!own.some(Boolean) || !readers.some(Boolean)) count++;
      }
    }
    return count;
  }

  test('outputs stay the same: exactly when units were only dropped, else within float32 bounds', () => {
    const seen = { folded: 0, dropped: 0, same: 0 };
    fc.assert(
      fc.property(recipes, (recipe) => {
        const ops = build(recipe);
        const before = copyOf(ops);
        const simple = simplify(engine, ops);
        expect(copyOf(ops)).toEqual(before);
        const notes = [...simple.notes.values()].join();
        const folds = notes.includes('constant');
        seen[folds ? 'folded' : notes === '' ? 'same' : 'dropped']++;
        for (const sample of samplesOf(3, recipe.inputs)) {
          const expected = run(ops, sample);
          const got = run(simple.ops, gathered(sample, simple.liveInputs)).values;
          if (folds) expect(firstOutside(got, expected)).toBe(-1);
          else expect(got).toEqual(expected.values);
        }
      }),
      { numRuns: 600, seed: 11 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });

  test('nothing is left to drop, and a second time changes nothing', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const simple = simplify(engine, build(recipe));
        expect(leftOver(simple.ops)).toBe(0);
        const again = simplify(engine, simple.ops);
        expect(again.ops).toBe(simple.ops);
        expect(again.liveInputs).toBeNull();
        expect(again.notes.size).toBe(0);
      }),
      { numRuns: 600, seed: 12 },
    );
  });
});
