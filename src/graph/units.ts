/** Which units (neurons, channels) of a graph can be removed, and what has to go with each. */
import { OptionError } from '../errors.js';
import { expectOneOf, show } from '../options.js';
import { expectGraph, type Graph, type GraphNode } from './graph.js';
import { makesUnits, type UnitClass, type UnitMember, unitClasses, weightLayers } from './unitClasses.js';

export { parameterPositions, type UnitMember } from './unitClasses.js';

/**
 * Units that can be removed, each by itself, from everything that makes, carries or reads them. A sum ties what it adds: the units of
 * all layers whose outputs meet in a residual sum are one group.
 */
export interface UnitGroup {
  /** Of the first layer that makes them. */
  readonly name: string;
  readonly node: GraphNode;
  readonly units: number;
  /** Layers with a weight whose rows make them, in order: several where their outputs are added. */
  readonly producers: readonly GraphNode[];
  /** Layers that hand them on, in order: activations, pooling, batch normalization, depthwise convolutions, sums. */
  readonly carriers: readonly GraphNode[];
  /** Layers whose weights read them. */
  readonly consumers: readonly GraphNode[];
  readonly members: readonly UnitMember[];
}

/** Layers that make units, in order. */
export function unitLayers({ nodes }: Graph): GraphNode[] {
  return nodes.filter(makesUnits);
}

function groupOf({ units, producers, carriers, consumers, members }: UnitClass): UnitGroup {
  const node = producers[0]!;
  return { name: node.name, node, units, producers, carriers, consumers, members };
}

/**
 * The removable units of a graph, in the order of the layers that make them first: neurons of dense layers and channels of
 * convolutions. Those stay that are inputs or outputs of the network or are added to such, and those that a layer couples: softmax, or
 * a convolution in groups that is not depthwise. Throws OptionError for what is no graph: `unitGroups(model.graph)`.
 */
export function unitGroups(graph: Graph): UnitGroup[] {
  expectGraph('unitGroups', graph);
  return unitClasses(graph)
    .filter(({ stays, producers }) => stays === null && producers.length > 0)
    .map(groupOf)
    .sort((a, b) => a.node.index - b.node.index);
}

/** Why units of a layer that makes none of its own stay. */
function whyNotOwn(classes: readonly UnitClass[], node: GraphNode): string {
  const own = classes.find(({ carriers }) => carriers.includes(node));
  if (!own) return `units of ${node.name} depend on each other and stay`;
  const maker = own.producers[0];
  return maker
    ? `units of ${node.name} are those of ${maker.name} and go with them`
    : `units of ${node.name} are those of the input and stay`;
}

/**
 * The group that the layer of that name makes, alone or with others. Throws OptionError for other names, and with the rule when
 * its units must stay.
 */
export function expectUnitGroup(where: string, graph: Graph, name: unknown): UnitGroup {
  const layers = weightLayers(graph);
  const known = expectOneOf(
    where,
    'layer',
    name,
    layers.map((node) => node.name),
  );
  const node = layers.find((layer) => layer.name === known)!;
  const classes = unitClasses(graph);
  const found = classes.find(({ producers }) => producers.includes(node));
  const rule = found ? found.stays : whyNotOwn(classes, node);
  if (rule !== null) throw new OptionError(`${where}: ${rule}, got ${show(known)}`);
  return groupOf(found!);
}
