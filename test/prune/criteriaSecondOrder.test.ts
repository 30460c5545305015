import { beforeAll, describe, expect, test } from 'vitest';
import { AbortedError, NumericError, OptionError } from '../../src/index.js';
import { obs, risingScores } from '../../src/prune/criteria/obs.js';
import { sparsegpt } from '../../src/prune/criteria/sparsegpt.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { beforeAllocations } from '../support/faults.js';
import { SeededRandom } from '../support/seededRandom.js';
import { gramOf, inverse } from './secondOrder.js';
import { contextOf } from './support.js';

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

/** Damped second moments over a list of inputs. */
function damped(gram: Float64Array, size: number, cols: number, damp: number, list: readonly number[]) {
  const live = Array.from({ length: cols }, (_, j) => j).filter((j) => gram[j * size + j]! > 0);
  const ridge = (damp * live.reduce((sum, j) => sum + gram[j * size + j]!, 0)) / live.length;
  return list.map((i) => list.map((j) => gram[i * size + j]! + (i === j ? ridge : 0)));
}

/** OBS of one row, with a new inverse at every step: what goes, and what it costs. */
function obsTwin(
  row: readonly number[],
  mask: readonly number[],
  matrix: (list: readonly number[]) => number[][],
  inputs: readonly number[],
  constant: boolean,
): { order: number[]; losses: number[] } {
  const cols = row.length;
  let left = inputs.filter((j) => mask[j] === 1);
  const w = new Map(left.map((j) => [j, row[j]!]));
  const [order, losses]: [number[], number[]] = [[], []];
  while (left.length > 0) {
    const list = constant ? [...left, cols] : left;
    const h = inverse(matrix(list));
    const cost = left.map((j, i) => w.get(j)! ** 2 / h[i]![i]!);
    const best = cost.reduce((at, value, i) => (value <= cost[at]! ? i : at), 0);
    const factor = w.get(left[best]!)! / h[best]![best]!;
    for (const [i, j] of left.entries()) w.set(j, w.get(j)! - factor * h[i]![best]!);
    order.push(left[best]!);
    losses.push(cost[best]!);
    left = left.filter((_, i) => i !== best);
  }
  return { order, losses };
}

/** Positions by rising score. */
const ranked = (scores: ArrayLike<number>, among: readonly number[]) =>
  [...among].sort((a, b) => scores[a]! - scores[b]! || b - a);

describe('obs', () => {
  test('scores the squares of weights by their moments where inputs are independent', async () => {
    const gram = Float64Array.of(4, 0, 0, 0, 1, 0, 0, 0, 9);
    const context = contextOf([1, 3, 1, 0.5, 1, 0], 2, { gram }, { engine });
    const scores = await obs({ damp: 0 })(context);
    expect(scores.map((score) => Math.round(score * 1e5) / 1e5)).toEqual(Float32Array.of(4, 9, 9, 1, 1, 0));
    // Equal costs: the higher index goes first, so that the lower one is kept.
    expect(scores[2]! < scores[1]!).toBe(true);
    expect(scores[4]! < scores[3]!).toBe(true);
  });

  test('knows that one of two equal inputs can make up for the other', async () => {
    const gram = Float64Array.of(1, 0.999, 0, 0.999, 1, 0, 0, 0, 1);
    const scores = await obs({ damp: 0 })(contextOf([5, 5, 1], 1, { gram }, { engine }));
    // The first of the pair costs nearly nothing, the second takes the weight of both.
    expect(scores[1]!).toBeLessThan(0.06);
    expect(scores[2]!).toBeCloseTo(1, 5);
    expect(scores[0]!).toBeGreaterThan(90);
  });

  test.each([
    [1, 1, false],
    [1, 2, true],
    [3, 5, false],
    [4, 9, true],
    [2, 14, true],
  ])(
    'goes the way of float64 with a new inverse at each step: %i x %i, bias %s',
    async (rows, cols, biased) => {
      const random = new SeededRandom(10 * rows + cols);
      const { gram, size } = gramOf(random, cols, biased);
      for (const [sparsity, damp] of [
        [0, 0.01],
        [0.4, 0.1],
      ] as const) {
        const weight = [...random.floats(rows * cols)];
        const mask = random.mask(rows * cols, sparsity);
        mask.forEach((kept, i) => {
          if (kept === 0) weight[i] = 0;
        });
        const scores = await obs({ damp })(contextOf(weight, rows, { gram }, { engine, mask }));
        const matrix = (list: readonly number[]) => damped(gram, size, cols, damp, list);
        const inputs = Array.from({ length: cols }, (_, j) => j).filter((j) => gram[j * size + j]! > 0);
        for (let row = 0; row < rows; row++) {
          const own = (list: ArrayLike<number>) => Array.from(list).slice(row * cols, (row + 1) * cols);
          const twin = obsTwin(own(weight), own(mask), matrix, inputs, biased);
          expect(ranked(own(scores), twin.order)).toEqual(twin.order);
          let most = 0;
          twin.order.forEach((j, i) => {
            most = Math.max(most, twin.losses[i]!);
            expect(Math.abs(own(scores)[j]! - most)).toBeLessThan(1e-5 * most + 1e-12);
          });
          own(scores).forEach((score, j) => {
            if (!twin.order.includes(j)) expect(score).toBe(0);
          });
        }
      }
    },
  );

  test('gives scores that rise strictly along an elimination, up to the largest float', () => {
    const rising = risingScores(Float64Array.of(0, 0, 2, 1, 3, 1e300, 1e300));
    for (let i = 1; i < 6; i++) expect(rising[i]!).toBeGreaterThan(rising[i - 1]!);
    expect([...rising].slice(2, 5)).toEqual([2, 2 + 2 ** -22, 3]);
    expect(rising.every(Number.isFinite)).toBe(true);
    expect(risingScores(new Float64Array(0)).length).toBe(0);
  });
});

describe('sparsegpt', () => {
  /** Algorithm 1 in plain float64. */
  function twin(
    weight: readonly number[],
    rows: number,
    u: (j: number, k: number) => number,
    columns: readonly number[],
    n: number,
    blockSize: number,
    drop: number,
  ): number[] {
    const cols = weight.length / rows;
    const w = Array.from({ length: rows }, (_, r) =>
      Array.from({ length: n }, (__, k) => (k < columns.length ? weight[r * cols + columns[k]!]! : 0)),
    );
    const gone: number[] = [];
    const upTo = (k: number) => Math.round((drop * k) / columns.length);
    for (let from = 0; from < columns.length; from += blockSize) {
      const to = Math.min(columns.length, from + blockSize);
      const entries = w.flatMap((row, r) =>
        Array.from({ length: to - from }, (_, i) => ({
          r,
          k: from + i,
          s: (row[from + i]! / u(from + i, from + i)) ** 2,
        })),
      );
      const chosen = entries.sort((a, b) => a.s - b.s).slice(0, upTo(to) - upTo(from));
      for (let k = from; k < to; k++) {
        for (const { r } of chosen.filter((entry) => entry.k === k)) {
          const error = w[r]![k]! / u(k, k);
          for (let later = k; later < n; later++) w[r]![later]! -= error * u(k, later);
          gone.push(r * cols + columns[k]!);
        }
      }
    }
    return gone.sort((a, b) => a - b);
  }

  test.each([
    [3, 7, true, 3, 0.5],
    [5, 12, false, 4, 0.7],
    [2, 9, true, 128, 0.3],
    [4, 4, true, 1, 0.5],
  ])(
    'drops what algorithm 1 drops: %i x %i, bias %s, blocks of %i, share %f',
    async (rows, cols, biased, blockSize, share) => {
      const random = new SeededRandom(cols);
      const { gram, size } = gramOf(random, cols, biased);
      const weight = [...random.floats(rows * cols)];
      const scores = await sparsegpt({ damp: 0.01, blockSize })(
        contextOf(weight, rows, { gram }, { engine, share }),
      );
      const columns = Array.from({ length: cols }, (_, j) => j).filter((j) => gram[j * size + j]! > 0);
      const list = biased ? [...columns, cols] : columns;
      const h = inverse(damped(gram, size, cols, 0.01, list));
      // H^-1 = L · L^T, U = L^T.
      const l = h.map((row) => row.map(() => 0));
      for (let i = 0; i < list.length; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = h[i]![j]!;
          for (let k = 0; k < j; k++) sum -= l[i]![k]! * l[j]![k]!;
          l[i]![j] = i === j ? Math.sqrt(sum) : sum / l[j]![j]!;
        }
      }
      const drop = Math.round(share * rows * cols) - rows * (cols - columns.length);
      const gone = twin(weight, rows, (j, k) => l[k]![j]!, columns, list.length, blockSize, drop);
      const negative = [...scores.keys()].filter((i) => scores[i]! < 0 && columns.includes(i % cols));
      expect(negative).toEqual(gone);
      expect([...scores].filter((score) => score < 0).length).toBe(Math.round(share * rows * cols));
    },
  );

  test('counts what is pruned already among what goes', async () => {
    const gram = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const mask = Uint8Array.of(0, 1, 1, 1, 1, 1);
    const weight = [0, 0.1, 3, 4, 5, 0.2];
    const scores = await sparsegpt({ damp: 0 })(contextOf(weight, 2, { gram }, { engine, mask, share: 0.5 }));
    expect([...scores].map((score) => score > 0)).toEqual([false, false, true, true, true, false]);
    expect(scores[1]! < scores[5]!).toBe(true);
  });

  test('asks for the share that its mask is for', () => {
    const gram = Float64Array.of(1);
    expect(() => sparsegpt()(contextOf([1], 1, { gram }, { engine }))).toThrow('sparsegpt: share must be');
  });
});

describe.each([
  ['obs', obs],
  ['sparsegpt', sparsegpt],
] as const)('%s', (name, make) => {
  const random = new SeededRandom(5);
  const { gram } = gramOf(random, 6, true);
  const weight = [...random.floats(24)];
  const context = (more = {}) => contextOf(weight, 4, { gram }, { engine, share: 0.5, ...more });

  test('takes layers whose inputs are all 0', async () => {
    const scores = await make()(contextOf([1, 2], 1, { gram: new Float64Array(4) }, { engine, share: 0.5 }));
    expect(scores.some(Number.isNaN)).toBe(false);
    const constant = Float64Array.of(0, 0, 0, 1);
    const biased = await make()(contextOf([1, 2], 2, { gram: constant }, { engine, share: 0.5 }));
    expect(biased.some(Number.isNaN)).toBe(false);
  });

  test('refuses dependent inputs without damp, moments that do not fit, and bad options', async () => {
    const ones = { gram: new Float64Array(9).fill(1) };
    const dependent = make({ damp: 0 })(contextOf([1, 2, 3], 1, ones, { engine, share: 0.5 }));
    await expect(dependent).rejects.toThrow(NumericError);
    expect(() =>
      make()(contextOf([1, 2, 3], 1, { gram: new Float64Array(4) }, { engine, share: 0.5 })),
    ).toThrow('gram must be [3, 3]');
    expect(() => make()(context({ engine: undefined }))).toThrow(
      `${name}: the engine of the model must be given`,
    );
    expect(() => make({ damp: -1 })).toThrow(OptionError);
    expect(() => make({ dam: 1 } as never)).toThrow(OptionError);
  });

  test('tells its progress, stops when aborted, and keeps no memory', async () => {
    const { memory } = engine;
    const expected = await make()(context());
    const live = memory.liveBytes;
    const seen: number[] = [];
    await make()(context({ onProgress: (done: number, total: number) => seen.push(done / total) }));
    expect(seen.at(-1)).toBe(1);
    const stop = new AbortController();
    const aborted = make()(context({ onProgress: () => stop.abort(), signal: stop.signal }));
    await expect(aborted).rejects.toThrow(AbortedError);
    for (let n = 1; ; n++) {
      let left = n;
      const end = beforeAllocations(memory, () => {
        if (--left === 0) throw new RangeError('refused');
      });
      const outcome = await Promise.resolve(make()(context())).catch(() => 'refused');
      end();
      expect(memory.liveBytes).toBe(live);
      if (outcome !== 'refused') break;
    }
    const end = beforeAllocations(memory, () => memory.wasm.grow(1));
    expect(await Promise.resolve(make()(context())).finally(end)).toEqual(expected);
  });
});
