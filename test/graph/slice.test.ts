import { expect, test } from 'vitest';
import { buildGraph } from '../../src/graph/graph.js';
import type { Network } from '../../src/graph/network.js';
import { cutAfter, sliceNetwork } from '../../src/graph/slice.js';
import { dense, flatten, OptionError, relu } from '../../src/index.js';

const graph = buildGraph([2, 3], [flatten(), dense(4), relu(), dense(2)]);
const network: Network = {
  graph,
  parameters: graph.nodes.map(({ parameters }) =>
    parameters.map(({ shape }) => ({ values: new Float32Array(shape.reduce((a, b) => a * b)), mask: null })),
  ),
};

test('slices keep names, shapes and values, and number their layers anew', () => {
  const front = sliceNetwork(network, 0, 3);
  const back = sliceNetwork(network, 3, 4);
  expect(front.graph.nodes.map(({ name, index }) => [name, index])).toEqual([
    ['flatten1', 0],
    ['dense1', 1],
    ['relu1', 2],
  ]);
  expect(back.graph.nodes.map(({ name, index }) => [name, index])).toEqual([['dense2', 0]]);
  expect([front.graph.inputShape, front.graph.outputShape]).toEqual([[2, 3], [4]]);
  expect([back.graph.inputShape, back.graph.outputShape]).toEqual([[4], [2]]);
  expect(back.parameters[0]![0]).toBe(network.parameters[3]![0]);
  expect(sliceNetwork(network, 0, 4)).toEqual(network);
  expect(network.graph.nodes[3]!.index).toBe(3);
});

test('a network is cut after any layer but the last', () => {
  expect(['flatten1', 'dense1', 'relu1'].map((name) => cutAfter('here', graph, name))).toEqual([0, 1, 2]);
  for (const after of ['dense2', 'dense9', undefined, 0]) {
    expect(() => cutAfter('here', graph, after)).toThrow(OptionError);
    expect(() => cutAfter('here', graph, after)).toThrow(
      /^here: after must be one of flatten1, dense1, relu1, got/,
    );
  }
});
