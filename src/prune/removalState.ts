/** What a pruning of units or layers began with, and what is left. */
import { OptionError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { type LayerRun, removableLayers } from '../graph/removable.js';
import { type UnitGroup, unitGroups } from '../graph/units.js';
import { show } from '../options.js';
import type { Census } from './census.js';
import type { PruningAxes } from './mask.js';
import type { Resizable } from './resizable.js';
import type { RemovalStructure } from './structures/index.js';

/** The axes of a pruning that removes units or layers. */
export type RemovalAxes = PruningAxes<RemovalStructure>;

/** Units of one layer: how many there were, and which of them are left. */
export interface UnitLayer {
  readonly units: number;
  origins: Uint32Array;
}

/** Names of the layers that make the units of a group, or the name of a run of layers. */
const namesOf = (entry: UnitGroup | LayerRun) =>
  'producers' in entry ? entry.producers.map(({ name }) => name) : [entry.name];

/** The groups of a graph whose units are those of a structure. */
export function groupsOf(graph: Graph, { of }: Pick<RemovalStructure, 'of'>): UnitGroup[] {
  return unitGroups(graph).filter(({ node }) => of === undefined || node.type.role === of);
}

/** What a prune() began with; rounds count from there. */
export class RemovalState {
  /** By the name of the layer. */
  readonly layers: ReadonlyMap<string, UnitLayer>;
  /** Present names of the layers that could be removed, by the names they began with. */
  readonly candidates: Map<string, string>;
  /** Names of the layers that could be removed when it began. */
  readonly began: readonly string[];
  readonly #structure: RemovalStructure;

  /** Throws OptionError for layers whose units, or which, must stay. */
  constructor({ graph }: Resizable, { structure, layers }: Pick<RemovalAxes, 'structure' | 'layers'>) {
    this.#structure = structure;
    const chosen = <T extends UnitGroup | LayerRun>(list: readonly T[]) => {
      const other = layers?.find((name) => !list.some((entry) => namesOf(entry).includes(name)));
      if (other !== undefined) {
        throw new OptionError(
          `prune: ${structure.kind}s can go from ${list.flatMap(namesOf).join(', ') || 'no layer'} ` +
            `(those of the output layer stay), got ${show(other)}`,
        );
      }
      return layers ? list.filter((entry) => namesOf(entry).some((name) => layers.includes(name))) : list;
    };
    const units = structure.prunes === 'units' ? chosen(groupsOf(graph, structure)) : [];
    this.layers = new Map(
      units.map((group) => [
        group.name,
        { units: group.units, origins: Uint32Array.from({ length: group.units }, (_, i) => i) },
      ]),
    );
    const runs = structure.prunes === 'layers' ? chosen(removableLayers(graph)) : [];
    this.candidates = new Map(runs.map(({ name }) => [name, name]));
    this.began = runs.map(({ name }) => name);
    if (units.length + runs.length === 0) {
      throw new OptionError(`prune: the model must have ${structure.kind}s that can go, got none`);
    }
  }

  /** Units of a layer are gone; `keep` has a byte for each that was left. */
  keepUnits(name: string, keep: Uint8Array): void {
    const layer = this.layers.get(name)!;
    layer.origins = layer.origins.filter((_, i) => keep[i] === 1);
  }

  /** Layers are gone, by the names they began with; `renamed` has the new names of all others by their present ones. */
  keepLayers(gone: readonly string[], renamed: ReadonlyMap<string, string>): void {
    for (const [name, now] of [...this.candidates]) {
      if (gone.includes(name)) this.candidates.delete(name);
      else this.candidates.set(name, renamed.get(now)!);
    }
  }

  /** Units or layers, and how many are left. */
  get census(): Census {
    if (this.#structure.prunes === 'layers') return { total: this.began.length, live: this.candidates.size };
    const all = [...this.layers.values()];
    return {
      total: all.reduce((sum, { units }) => sum + units, 0),
      live: all.reduce((sum, { origins }) => sum + origins.length, 0),
    };
  }
}
