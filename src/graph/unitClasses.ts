/** Values of a graph that have the same units: what makes them, hands them on and reads them. */
import { sizeOf } from '../tensor/shape.js';
import { type Graph, type GraphNode, NETWORK_INPUT } from './graph.js';

/** Rows or columns of one parameter that belong to the units of a group: unit u has u * stride to (u + 1) * stride - 1. */
export interface UnitMember {
  /** Position of the parameter in layer order. */
  readonly parameter: number;
  readonly axis: 'rows' | 'cols';
  readonly stride: number;
}

/** One set of units on all its ways through a graph; those that `add` brings together are one set. */
export interface UnitClass {
  /** 0 for units that no layer makes, as those of the input. */
  readonly units: number;
  readonly producers: readonly GraphNode[];
  readonly carriers: readonly GraphNode[];
  readonly consumers: readonly GraphNode[];
  readonly members: readonly UnitMember[];
  /** Layers that read them all together: softmax, convolutions in groups. */
  readonly coupling: readonly GraphNode[];
  /** True for what the network takes, and all that is added to it. */
  readonly takesInput: boolean;
  /** Why none of them can be removed, or null. */
  readonly stays: string | null;
}

/** Positions of the parameters of each node, in layer order. */
export function parameterPositions({ nodes }: Graph): readonly (readonly number[])[] {
  let next = 0;
  return nodes.map((node) => node.parameters.map(() => next++));
}

const flowOf = ({ type, spec, inputShape }: GraphNode) => type.unitFlow?.(spec, inputShape) ?? 'carries';

/** True for a layer whose weight reads all units: its rows are units of its own. */
export const makesUnits = (node: GraphNode): boolean => flowOf(node) === 'mixes';

/** Layers with a weight. */
export function weightLayers({ nodes }: Graph): GraphNode[] {
  return nodes.filter(({ parameters }) => parameters.some(({ role }) => role === 'weight'));
}

/** For the network's input (place 0) and the output of every node (place index + 1): the place that stands for its class. */
function rootsOf({ nodes }: Graph): number[] {
  const parents = Array.from({ length: nodes.length + 1 }, (_, place) => place);
  const rootOf = (place: number): number => (parents[place] === place ? place : rootOf(parents[place]!));
  for (const node of nodes) {
    if (flowOf(node) !== 'carries') continue;
    for (const input of node.inputs) {
      const [a, b] = [rootOf(input + 1), rootOf(node.index + 1)];
      parents[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return parents.map((_, place) => rootOf(place));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** All parameters of a node along one axis, in equal runs for `units`; undefined when they do not come out even. */
function membersOf(
  node: GraphNode,
  positions: readonly number[],
  axis: UnitMember['axis'],
  units: number,
): UnitMember[] | undefined {
  const members: UnitMember[] = [];
  for (const [i, { role, shape }] of node.parameters.entries()) {
    if (axis === 'cols' && role !== 'weight') continue;
    const stride = (axis === 'rows' ? shape[0]! : sizeOf(shape) / shape[0]!) / units;
    if (!Number.isInteger(stride)) return undefined;
    members.push({ parameter: positions[i]!, axis, stride });
  }
  return members;
}

/** The nodes around a class, before they are judged. */
interface Parts {
  readonly producers: GraphNode[];
  readonly carriers: GraphNode[];
  readonly consumers: GraphNode[];
  /** Layers that couple the units that they read, and those that couple the units that they make. */
  readonly coupling: GraphNode[];
  readonly coupled: GraphNode[];
}

function partsOf({ nodes }: Graph, roots: readonly number[]): Map<number, Parts> {
  const parts = new Map<number, Parts>();
  for (const root of roots) {
    parts.set(root, { producers: [], carriers: [], consumers: [], coupling: [], coupled: [] });
  }
  for (const node of nodes) {
    const [from, to] = [parts.get(roots[node.inputs[0]! + 1]!)!, parts.get(roots[node.index + 1]!)!];
    const flow = flowOf(node);
    if (flow === 'carries') to.carriers.push(node);
    else {
      (flow === 'mixes' ? from.consumers : from.coupling).push(node);
      (flow === 'mixes' ? to.producers : to.coupled).push(node);
    }
  }
  return parts;
}

/** Why the units of a class stay, or null. */
function whyStays(parts: Parts, takesInput: boolean, givesOutput: boolean): string | null {
  const { producers, carriers, coupling, coupled } = parts;
  if (coupling[0]) return `units before ${coupling[0].name} depend on each other and stay`;
  if (takesInput) {
    const sum = carriers.find(({ type }) => type.role === 'add');
    const what =
      sum && producers.length > 0 ? `units that ${sum.name} adds to the inputs` : 'units of the inputs';
    return `${what} of the network stay`;
  }
  if (givesOutput) return 'units of the output layer are the outputs and stay';
  return coupled[0] ? `units of ${coupled[0].name} depend on each other and stay` : null;
}

/** The classes of units of a graph, by the first value of each: the network's input first, then in the order of layers. */
export function unitClasses(graph: Graph): UnitClass[] {
  const positions = parameterPositions(graph);
  const roots = rootsOf(graph);
  const outputs = roots.at(-1)!;
  return [...partsOf(graph, roots)].map(([root, parts]) => {
    const { producers, carriers, consumers, coupling } = parts;
    const takesInput = root === NETWORK_INPUT + 1;
    const units = producers.reduce((all, node) => greatestCommonDivisor(all, node.outputShape[0]!), 0);
    const ways = [
      ...[...producers, ...carriers].map((node) => [node, 'rows'] as const),
      ...consumers.map((node) => [node, 'cols'] as const),
    ];
    const members = ways.map(([node, axis]) => membersOf(node, positions[node.index]!, axis, units));
    const uneven = units > 0 ? ways[members.indexOf(undefined)]?.[0] : undefined;
    const stays =
      whyStays(parts, takesInput, root === outputs) ??
      (uneven ? `units before ${uneven.name} depend on each other and stay` : null);
    const own = stays === null ? members.flatMap((list) => list ?? []) : [];
    return { units, producers, carriers, consumers, members: own, coupling, takesInput, stays };
  });
}
