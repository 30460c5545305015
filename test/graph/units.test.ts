import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../src/graph/graph.js';
import { expectRemovableLayer, expectUnitGroup, type UnitGroup } from '../../src/graph/units.js';
import {
  dense,
  dropout,
  flatten,
  gelu,
  OptionError,
  relu,
  removableLayers,
  sigmoid,
  softmax,
  unitGroups,
} from '../../src/index.js';
import type { LayerType } from '../../src/layers/layer.js';

const shown = ({ name, units, producers, carriers, consumers, members }: UnitGroup) => ({
  name,
  units,
  producers: producers.map((node) => node.name),
  carriers: carriers.map((node) => node.name),
  consumers: consumers.map((node) => node.name),
  members: members.map(({ parameter, axis, stride }) => `${parameter} ${axis} ${stride}`),
});

const graph = buildGraph(
  [1, 2, 3],
  [
    flatten(),
    dense(4),
    relu(),
    dropout(0.1),
    dense(5, { bias: false }),
    softmax(),
    dense(7),
    gelu(),
    dense(2),
  ],
);

describe('units', () => {
  test('are followed from the rows of a layer to the columns of the next', () => {
    expect(unitGroups(graph).map(shown)).toEqual([
      {
        name: 'dense1',
        units: 4,
        producers: ['dense1'],
        carriers: ['relu1', 'dropout1'],
        consumers: ['dense2'],
        members: ['0 rows 1', '1 rows 1', '2 cols 1'],
      },
      {
        name: 'dense3',
        units: 7,
        producers: ['dense3'],
        carriers: ['gelu1'],
        consumers: ['dense4'],
        members: ['3 rows 1', '4 rows 1', '5 cols 1'],
      },
    ]);
  });

  test('stay in the output layer, before softmax, and in layers that are not there', () => {
    const ask = (name: unknown) => () => expectUnitGroup('here', graph, name);
    expect(ask('dense1')().name).toBe('dense1');
    expect(ask('dense4')).toThrow(OptionError);
    expect(ask('dense4')).toThrow('here: units of the output layer are the outputs and stay, got "dense4"');
    expect(ask('dense2')).toThrow('units before softmax1 depend on each other and stay, got "dense2"');
    expect(ask('dense9')).toThrow(/layer must be one of dense1, dense2, dense3, dense4, got "dense9"/);
    expect(ask('relu1')).toThrow(OptionError);
    expect(ask(3)).toThrow(OptionError);
  });

  test('of images take runs: kernels of filters, features behind flatten, parameters of their own', () => {
    // Types that are yet to come, as far as units go.
    const type = (kind: string, more: Partial<LayerType>): LayerType => ({
      kind,
      role: 'elementwise',
      check: (spec) => spec,
      outputShape: (_, input) => input,
      parameters: () => [],
      forward() {},
      ...more,
    });
    const weight = (shape: number[]) => ({ role: 'weight', shape, fanIn: 1, fanOut: 1 }) as const;
    const bias = (length: number) => ({ role: 'bias', shape: [length], fanIn: 1, fanOut: 1 }) as const;
    const conv = type('conv', { unitFlow: () => 'mixes', withUnits: (spec, units) => ({ ...spec, units }) });
    const layers = [
      { type: conv, outputShape: [4, 6, 6], parameters: [weight([4, 1, 3, 3]), bias(4)] },
      { type: type('norm', {}), outputShape: [4, 6, 6], parameters: [bias(4), bias(4)] },
      { type: type('pool', {}), outputShape: [4, 3, 3], parameters: [] },
      { type: conv, outputShape: [5, 2, 2], parameters: [weight([5, 4, 2, 2]), bias(5)] },
      { type: type('flatten', {}), outputShape: [20], parameters: [] },
      { type: conv, outputShape: [3], parameters: [weight([3, 20]), bias(3)] },
    ];
    let inputShape: readonly number[] = [1, 8, 8];
    const nodes = layers.map((layer, index) => {
      const node = {
        ...layer,
        index,
        name: `${layer.type.kind}${index}`,
        spec: { kind: layer.type.kind },
        inputShape,
      };
      inputShape = layer.outputShape;
      return node;
    });
    const groups = unitGroups({ inputShape: [1, 8, 8], outputShape: [3], nodes });
    expect(groups.map((group) => [group.name, group.units, shown(group).members])).toEqual([
      ['conv0', 4, ['0 rows 1', '1 rows 1', '2 rows 1', '3 rows 1', '4 cols 4']],
      ['conv3', 5, ['4 rows 1', '5 rows 1', '6 cols 4']],
    ]);
  });
});

describe('whole layers', () => {
  const chain = buildGraph(
    [4],
    [
      dense(4),
      relu(),
      dense(4),
      sigmoid(),
      dropout(0.1),
      dense(5),
      dense(5),
      softmax(),
      dense(4),
      gelu(),
      dense(4),
    ],
  );

  test('can go with what follows them where they have as many units as inputs', () => {
    expect(removableLayers(chain).map(({ name, nodes }) => [name, nodes.map((node) => node.name)])).toEqual([
      ['dense1', ['dense1', 'relu1']],
      ['dense2', ['dense2', 'sigmoid1', 'dropout1']],
      ['dense4', ['dense4', 'softmax1']],
    ]);
    expect(removableLayers(buildGraph([4], [dense(4), relu()]))).toEqual([]);
    expect(removableLayers(buildGraph([4], [relu()]))).toEqual([]);
  });

  test('stay for a reason that is told', () => {
    const ask = (name: unknown) => () => expectRemovableLayer('here', chain, name);
    expect(ask('dense6')).toThrow('here: the output layer stays, got "dense6" with 4 inputs and 4 units');
    expect(ask('dense3')).toThrow(
      'here: a layer must have as many units as inputs, got "dense3" with 4 inputs and 5',
    );
    expect(ask('dense7')).toThrow(OptionError);
    expect(ask('relu1')).toThrow(OptionError);
  });
});
