/** The layers of a network with their nonzeros, and what is kept of the units between them. */
import type { GraphNode } from '../graph/graph.js';
import { parameterPositions, type UnitGroup, unitGroups, unitLayers } from '../graph/units.js';
import type { Trainable } from '../train/trainable.js';
import { readsEvenly } from './fold.js';
import { type Nonzeros, nonzerosOf } from './nonzeros.js';

/** What was found in the units of one group. */
export interface DeadUnits {
  readonly group: UnitGroup;
  /** One byte a unit, 1 stays. */
  readonly keep: Uint8Array;
  /** What each removed unit gives; 0 for those that nobody reads. */
  readonly constants: Float32Array;
  /** Units that go because nobody reads them, and because they never vary. */
  unread: number;
  constant: number;
  /** Dead units that stay because a layer needs one unit, or a constant cannot go into the biases behind. */
  lastUnit: number;
  withoutBias: number;
}

/** A layer with a weight whose rows are units of its own. */
export interface SearchLayer {
  readonly node: GraphNode;
  readonly weight: Nonzeros;
  readonly rows: number;
  readonly cols: number;
  /** Columns of one unit that it reads, and rows of one that it makes. */
  readonly stride: number;
  readonly run: number;
  bias: Float32Array | null;
  /** Units that it reads and makes; undefined where they cannot be removed. */
  readonly reads: DeadUnits | undefined;
  readonly makes: DeadUnits | undefined;
  /** True where a constant that it reads adds the same to all outputs of a unit. */
  readonly even: boolean;
}

/** A search for dead units: model, layers in order, and what was found so far by group. */
export interface Search {
  readonly model: Pick<Trainable, 'engine' | 'graph' | 'parameters'>;
  readonly layers: readonly SearchLayer[];
  readonly found: readonly DeadUnits[];
}

/** Rows or columns of a unit in a parameter. */
function strideIn(dead: DeadUnits | undefined, axis: 'rows' | 'cols', position: number): number {
  const own = dead?.group.members.find((member) => member.parameter === position && member.axis === axis);
  return own?.stride ?? 1;
}

/** A search that has found nothing yet. */
export function searchOf(model: Search['model']): Search {
  const { graph, parameters } = model;
  const positions = parameterPositions(graph);
  const found = unitGroups(graph).map((group): DeadUnits => {
    const keep = new Uint8Array(group.units).fill(1);
    const constants = new Float32Array(group.units);
    return { group, keep, constants, unread: 0, constant: 0, lastUnit: 0, withoutBias: 0 };
  });
  const layers = unitLayers(graph).map((node): SearchLayer => {
    const [weight, bias] = positions[node.index]!;
    const { rows, cols } = parameters[weight!]!;
    const reads = found.find(({ group }) => group.consumers.includes(node));
    const makes = found.find(({ group }) => group.producers.includes(node));
    return {
      node,
      weight: nonzerosOf(parameters[weight!]!),
      rows,
      cols,
      stride: strideIn(reads, 'cols', weight!),
      run: strideIn(makes, 'rows', weight!),
      bias: bias === undefined ? null : parameters[bias]!.read(),
      reads,
      makes,
      even: readsEvenly(node),
    };
  });
  return { model, layers, found };
}

/** True for a row of a layer whose unit stays; rows of units that cannot go always do. */
export function rowStays({ makes, run }: SearchLayer, row: number): boolean {
  return makes?.keep[Math.floor(row / run)] !== 0;
}
