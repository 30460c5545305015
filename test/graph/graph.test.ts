import { beforeAll, describe, expect, test } from 'vitest';
import { buildGraph } from '../../src/graph/graph.js';
import { glorotUniform, heUniform, initialize } from '../../src/graph/initializers.js';
import { expectNetwork } from '../../src/graph/network.js';
import { dense, dropout, flatten, relu, ShapeError, sequential, sigmoid, tanh } from '../../src/index.js';
import { createEngine, type Engine } from '../../src/runtime/engine.js';
import { type TrainKernels, trainKernels } from '../../src/runtime/trainKernels.js';
import { Parameter } from '../../src/tensor/parameter.js';

describe('a graph', () => {
  test('names layers by kind and number, and hands shapes on', () => {
    const graph = buildGraph(
      [1, 4, 5],
      [flatten(), dense(7), relu(), dropout(0.1), dense(3, { bias: false })],
    );
    expect(graph.nodes.map(({ name, inputShape, outputShape }) => [name, inputShape, outputShape])).toEqual([
      ['flatten1', [1, 4, 5], [20]],
      ['dense1', [20], [7]],
      ['relu1', [7], [7]],
      ['dropout1', [7], [7]],
      ['dense2', [7], [3]],
    ]);
    expect([graph.inputShape, graph.outputShape]).toEqual([[1, 4, 5], [3]]);
    expect(graph.nodes.flatMap(({ parameters }) => parameters)).toEqual([
      { role: 'weight', shape: [7, 20], fanIn: 20, fanOut: 7 },
      { role: 'bias', shape: [7], fanIn: 20, fanOut: 7 },
      { role: 'weight', shape: [3, 7], fanIn: 7, fanOut: 3 },
    ]);
  });

  test('does not depend on the lists that it was made of', () => {
    const [shape, layers] = [[4], [dense(3)]];
    const graph = buildGraph(shape, layers);
    shape[0] = 9;
    layers.push(relu());
    expect(graph.inputShape).toEqual([4]);
    expect(graph.nodes.length).toBe(1);
  });

  test('refuses networks with parameters missing or of another length', () => {
    const graph = buildGraph([4], [dense(3)]);
    const weight = { values: new Float32Array(12), mask: null };
    expect(() => expectNetwork({ graph, parameters: [[weight]] })).toThrow(ShapeError);
    expect(() => expectNetwork({ graph, parameters: [[weight]] })).toThrow(
      'dense1: bias must hold 3 values, got none',
    );
    expect(() => expectNetwork({ graph, parameters: [] })).toThrow(
      'dense1: weight must hold 12 values, got none',
    );
  });
});

describe('initializers', () => {
  let engine: Engine;
  let kernels: TrainKernels;
  beforeAll(async () => {
    engine = await createEngine();
    kernels = await trainKernels(engine);
  });

  const draw = (seed: number, position: number, limit = heUniform) => {
    const spec = { role: 'weight', shape: [50, 24], fanIn: 24, fanOut: 50 } as const;
    const parameter = new Parameter(engine, kernels, 'w', spec);
    initialize(engine, kernels, parameter, limit, seed, position);
    const drawn = parameter.read();
    parameter.free();
    return drawn;
  };

  test('fill the whole range evenly and centred on zero', () => {
    const limit = Math.sqrt(6 / 24);
    const drawn = draw(1, 0);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(limit);
    expect(Math.max(...drawn)).toBeGreaterThan(0.98 * limit);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-limit);
    expect(Math.min(...drawn)).toBeLessThan(-0.98 * limit);
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const square = drawn.reduce((sum, value) => sum + value * value, 0) / drawn.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(square / (2 / 24) - 1)).toBeLessThan(0.1); // variance 2 / fanIn
    expect(new Set(drawn).size).toBeGreaterThan(1190);
    expect(glorotUniform(24, 50)).toBeCloseTo(Math.sqrt(6 / 74), 12);
  });

  test('are decided by seed and position, over the whole range of seeds', () => {
    expect(draw(1, 0)).toEqual(draw(1, 0));
    const others = [draw(2, 0), draw(1, 1), draw(1 + 2 ** 32, 0), draw(Number.MAX_SAFE_INTEGER, 0)];
    for (const other of others) expect(other).not.toEqual(draw(1, 0));
  });

  test('are He before rectifiers, Glorot before sigmoid and tanh, and zero for biases', async () => {
    for (const [layer, limit] of [
      [relu(), Math.sqrt(6 / 100)],
      [sigmoid(), Math.sqrt(6 / 150)],
      [tanh(), Math.sqrt(6 / 150)],
    ] as const) {
      const model = await sequential({ inputShape: [100], seed: 3 }, [dense(50), layer]);
      const [weight, bias] = model.getWeights();
      const top = Math.max(...weight!.map(Math.abs));
      expect(top).toBeLessThanOrEqual(Math.fround(limit));
      expect(top).toBeGreaterThan(0.99 * limit);
      expect(bias!.every((value) => value === 0)).toBe(true);
      model.dispose();
    }
  });
});
