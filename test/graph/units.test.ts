import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../src/graph/graph.js';
import { expectRemovableLayer } from '../../src/graph/removable.js';
import { expectUnitGroup, type UnitGroup } from '../../src/graph/units.js';
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  gelu,
  type LayerSpec,
  maxPool2d,
  OptionError,
  relu,
  removableLayers,
  residual,
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
        inputs: [index - 1],
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

/** Two blocks over images: one with a shortcut, one around a depthwise convolution; pooling and flatten behind. */
const branched = buildGraph(
  [2, 6, 6],
  [
    conv2d(4, 3, { padding: 1 }),
    batchNorm(),
    residual([conv2d(4, 3, { padding: 1 }), relu(), conv2d(4, 1)]),
    relu(),
    residual([conv2d(6, 1), batchNorm()], [conv2d(6, 1, { bias: false })]),
    conv2d(6, 3, { groups: 6 }),
    maxPool2d(2),
    flatten(),
    batchNorm(),
    dense(5),
    dense(3),
  ],
);

describe('units of branches', () => {
  test('that are added are one group, with all that carries and reads them', () => {
    expect(unitGroups(branched).map(shown)).toEqual([
      {
        name: 'conv2d1',
        units: 4,
        producers: ['conv2d1', 'conv2d3'],
        carriers: ['batchNorm1', 'fork1', 'add1', 'relu2', 'fork2', 'swap1'],
        consumers: ['conv2d2', 'conv2d4', 'conv2d5'],
        members: [
          ...['0 rows 1', '1 rows 1', '8 rows 1', '9 rows 1'],
          ...['2 rows 1', '3 rows 1', '4 rows 1', '5 rows 1'],
          ...['6 cols 9', '10 cols 1', '16 cols 1'],
        ],
      },
      {
        name: 'conv2d2',
        units: 4,
        producers: ['conv2d2'],
        carriers: ['relu1'],
        consumers: ['conv2d3'],
        members: ['6 rows 1', '7 rows 1', '8 cols 1'],
      },
      {
        name: 'conv2d4',
        units: 6,
        producers: ['conv2d4', 'conv2d5'],
        carriers: ['batchNorm2', 'add2', 'conv2d6', 'maxPool2d1', 'flatten1', 'batchNorm3'],
        consumers: ['dense1'],
        members: [
          ...['10 rows 1', '11 rows 1', '16 rows 1'],
          ...['12 rows 1', '13 rows 1', '14 rows 1', '15 rows 1'],
          ...['17 rows 1', '18 rows 1', '19 rows 4', '20 rows 4', '21 rows 4', '22 rows 4'],
          '23 cols 4',
        ],
      },
      {
        name: 'dense1',
        units: 5,
        producers: ['dense1'],
        carriers: [],
        consumers: ['dense2'],
        members: ['23 rows 1', '24 rows 1', '25 cols 1'],
      },
    ]);
    expect(expectUnitGroup('here', branched, 'conv2d3').name).toBe('conv2d1');
  });

  test('come in the runs that all layers agree on', () => {
    const graph = buildGraph(
      [2, 2, 2],
      [conv2d(3, 1), residual([flatten(), dense(12)], [flatten()]), dense(2)],
    );
    expect(unitGroups(graph).map(shown)).toEqual([
      {
        name: 'conv2d1',
        units: 3,
        producers: ['conv2d1', 'dense1'],
        carriers: ['fork1', 'flatten1', 'swap1', 'flatten2', 'add1'],
        consumers: ['dense1', 'dense2'],
        members: ['0 rows 1', '1 rows 1', '2 rows 4', '3 rows 4', '2 cols 4', '4 cols 4'],
      },
    ]);
  });

  test.each<readonly [string, readonly (LayerSpec | readonly LayerSpec[])[], string, string]>([
    [
      'they are added to the inputs',
      [residual([conv2d(4, 1)]), flatten(), dense(2)],
      'conv2d1',
      'units that add1 adds to the inputs of the network stay, got "conv2d1"',
    ],
    [
      'a sum of them is the output',
      [conv2d(3, 1), residual([conv2d(3, 1)])],
      'conv2d2',
      'units of the output layer are the outputs and stay, got "conv2d2"',
    ],
    [
      'a convolution reads them in groups',
      [conv2d(4, 1), relu(), conv2d(6, 1, { groups: 2 }), conv2d(2, 1)],
      'conv2d1',
      'units before conv2d2 depend on each other and stay, got "conv2d1"',
    ],
    [
      'they are made in groups',
      [conv2d(6, 1, { groups: 2 }), conv2d(2, 1)],
      'conv2d1',
      'units of conv2d1 depend on each other and stay, got "conv2d1"',
    ],
    [
      'they are those of the input',
      [conv2d(4, 3, { groups: 4 }), conv2d(2, 1)],
      'conv2d1',
      'units of conv2d1 are those of the input and stay, got "conv2d1"',
    ],
    [
      'another layer makes them',
      [conv2d(3, 1), conv2d(3, 3, { groups: 3 }), conv2d(2, 1)],
      'conv2d2',
      'units of conv2d2 are those of conv2d1 and go with them, got "conv2d2"',
    ],
  ])('stay where %s', (_, layers, name, message) => {
    const given = buildGraph([4, 4, 4], layers);
    expect(() => expectUnitGroup('here', given, name)).toThrow(`here: ${message}`);
    expect(unitGroups(given).map((group) => group.name)).not.toContain(name);
  });
});

describe('whole blocks', () => {
  test('go by the name of their fork, and leave the shortcut', () => {
    const runs = removableLayers(branched).map(({ name, nodes }) => [name, nodes.map((node) => node.name)]);
    expect(runs).toEqual([
      ['fork1', ['fork1', 'conv2d2', 'relu1', 'conv2d3', 'add1']],
      ['fork2', ['fork2', 'conv2d4', 'batchNorm2', 'swap1', 'add2']],
    ]);
  });

  test('stay for a reason that is told', () => {
    const ask =
      (name: unknown, graph = branched) =>
      () =>
        expectRemovableLayer('here', graph, name);
    expect(ask('conv2d2')).toThrow(
      'here: within a residual block layers go together with its body, as fork1, got "conv2d2"',
    );
    expect(ask('conv2d1')).toThrow(
      'here: a layer must have outputs of the shape of its inputs, got "conv2d1"',
    );
    expect(ask('add1')).toThrow(/layer must be one of conv2d1, fork1, conv2d2/);
    const last = buildGraph([4], [dense(4), residual([dense(4)]), residual([relu()])]);
    expect(ask('fork1', last)).toThrow('here: the output layer stays, got "fork1"');
    expect(ask('fork2', last)).toThrow('here: a block must hold a layer with a weight, got "fork2"');
    expect(removableLayers(last).map(({ name }) => name)).toEqual(['dense1']);
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
