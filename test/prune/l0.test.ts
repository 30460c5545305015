import { describe, expect, test } from 'vitest';
import { dense, type L0Options, l0, OptionError, prune, relu, sequential, sgd } from '../../src/index.js';
import { Gates, gateBytes } from '../../src/prune/methods/gates.js';
import { Shadows } from '../../src/prune/methods/shadows.js';
import { openness, stretchedGate } from '../kernelTable/gates.js';
import { values } from '../model/support.js';
import { finiteDifference } from '../support/finiteDifference.js';
import { build, FIT, liveOf, sharedTests, TOTAL, x, y } from './shadowSupport.js';

const cut = (value: number) => Math.min(Math.max(value, 0), 1);

describe('gates', () => {
  test('have the gradient of sampled loss and penalty, in log alpha and in the weights', async () => {
    // One layer whose loss is the sum of G . W, so that the gradient of the effective weights is G.
    const [rows, cols] = [3, 5];
    const [a, noise, g, w] = [values(cols, 1, 2), values(cols, 2), values(15, 3), values(15, 4)];
    const lambda = 0.7;
    const gate = (alpha: number, j: number) => cut(stretchedGate(alpha, noise[j]!));
    const objective = (alpha: Float64Array) => {
      const loss = w.reduce((sum, value, i) => sum + g[i]! * value * gate(alpha[i % cols]!, i % cols), 0);
      return loss + (lambda / cols) * alpha.reduce((sum, value) => sum + openness(value), 0);
    };
    const alpha = Float64Array.from(a);
    const expected = finiteDifference(() => objective(alpha), alpha);
    const model = await sequential({ inputShape: [cols], seed: 1 }, [dense(rows)]);
    const { kernels, engine } = model;
    const blocks = [cols, cols, cols, cols, 15, 15].map((n) => engine.memory.allocate(n * 4));
    const [as, zs, dzs, ds, gs, ws] = blocks.map(({ address }) => address) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    [a, noise, g, w].forEach((data, i) => {
      blocks[[0, 2, 4, 5][i]!]!.f32(data.length).set(data);
    });
    kernels.hard_concrete_f32(zs, dzs, as, dzs, cols);
    kernels.column_dots_f32(ds, gs, ws, rows, cols);
    kernels.hard_concrete_grad_f32(ds, ds, dzs, as, cols, (lambda * rows) / 15);
    const got = Float64Array.from(blocks[3]!.f32(cols));
    expect(got.some((value) => Math.abs(value) > 0.1)).toBe(true);
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    for (const block of blocks) block.free();
    model.dispose();
  });

  test('are samples within a step, and means outside of it', async () => {
    const model = await build('dense');
    const run = { steps: 10, stepsPerEpoch: 5, moments: () => [] };
    const shadows = new Shadows(model, run, gateBytes);
    const plan = { lambda: 1, learningRate: () => 0.1, start: 0, last: 9 };
    const rule = new Gates(model, shadows, plan);
    const before = model.getWeights();
    const ratios = (p: number) => model.parameters[p]!.read().map((value, i) => value / before[p]![i]!);
    rule.fold();
    for (const p of [0, 2]) expect(new Set(ratios(p))).toEqual(new Set([0.5])); // sigmoid(0) stretched
    rule.prepare();
    const sampled = Array.from({ length: 20 }, (_, j) => ratios(0).filter((_, i) => i % 20 === j));
    const gates = sampled.map((column) => column[0]!);
    for (const column of sampled) for (const ratio of column) expect(ratio).toBeCloseTo(column[0]!, 5);
    expect(new Set(gates).size).toBeGreaterThan(8);
    expect(Math.min(...gates)).toBe(0);
    expect(Math.max(...gates)).toBeCloseTo(1, 6);
    const first = model.getWeights();
    rule.prepare();
    expect(model.getWeights()).toEqual(first); // decided by seed and step of the model
    model.clock.steps++;
    rule.prepare();
    expect(model.getWeights()).not.toEqual(first);
    shadows.end();
    model.dispose();
  });

  test('shut where nothing comes in, whole columns at once', async () => {
    const model = await sequential({ inputShape: [6], seed: 3 }, [dense(8), relu(), dense(2)]);
    // Only the first two inputs tell the classes apart; the others are always zero.
    const inputs = Float32Array.from(values(6 * 80, 5), (value, i) => (i % 6 < 2 ? value : 0));
    const labels = Uint8Array.from({ length: 80 }, (_, i) => (inputs[i * 6]! > inputs[i * 6 + 1]! ? 1 : 0));
    const optimizer = sgd({ learningRate: 0.2, momentum: 0.9 });
    const pruning = l0({ lambda: 0.3, learningRate: 0.05 });
    const history = await model.fit(inputs, labels, { epochs: 40, batchSize: 8, optimizer, pruning });
    const mask = model.parameters[0]!.readMask()!;
    const open = Array.from({ length: 6 }, (_, j) => mask[j]!);
    expect(open).toEqual([1, 1, 0, 0, 0, 0]);
    mask.forEach((kept, i) => {
      expect(kept).toBe(open[i % 6]);
    });
    expect(history.accuracy.at(-1)).toBeGreaterThan(0.9);
    model.dispose();
  });
});

describe('l0', () => {
  sharedTests(() => l0({ lambda: 20, learningRate: 0.1 }), { blocks: true });

  test('gets sparser with lambda, and leaves a layer its best column', async () => {
    const lives: number[] = [];
    for (const lambda of [0, 1, 1e4]) {
      const model = await build();
      await model.fit(x, y, { ...FIT, epochs: 8, pruning: l0({ lambda, learningRate: 0.1 }) });
      lives.push(liveOf(model));
      model.dispose();
    }
    expect(lives[0]).toBeGreaterThan(lives[1]!);
    expect(lives[1]).toBeGreaterThan(lives[2]!);
    expect(lives[2]).toBe(17 + 3);
    expect(lives[0]).toBeGreaterThan(TOTAL / 2);
  });

  test('keeps pruned what was pruned', async () => {
    const model = await build('csr');
    await model.fit(x, y, FIT);
    await prune(model, { sparsity: 0.5 });
    const before = model.parameters.map((parameter) => parameter.readMask());
    await model.fit(x, y, { ...FIT, pruning: l0({ lambda: 0 }) });
    model.parameters.forEach((parameter, p) => {
      const mask = parameter.readMask();
      before[p]?.forEach((kept, i) => {
        if (kept === 0) expect(mask![i]).toBe(0);
      });
    });
    model.dispose();
  });

  test('refuses what cannot be', () => {
    for (const bad of [
      { lambda: -1 },
      { learningRate: -1 },
      { dropRate: 0 },
      { dropRate: 1 },
      { until: 1.5 },
      { beta: 0.5 },
      'strong',
    ]) {
      expect(() => l0(bad as unknown as L0Options)).toThrow(OptionError);
    }
    expect(l0().kind).toBe('l0');
  });
});
