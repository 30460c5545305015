/** Units and whole layers leave a model: its tensors get smaller, and all that trains with them follows. */
import { DataError, OptionError, ShapeError } from '../errors.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import { expectRemovableLayer } from '../graph/removable.js';
import { expectUnitGroup, parameterPositions, type UnitGroup } from '../graph/units.js';
import type { LayerSpec } from '../layers/layer.js';
import { expectOptions, show } from '../options.js';
import { foldedBiases } from './fold.js';
import type { Cut, ParameterCut, Resizable } from './resizable.js';

/**
 * Units of layers by the name of the layer, one byte a unit: 1 keeps. Layers whose outputs are added share their units: any of their
 * names stands for all of them, and only one may be given.
 */
export type KeptUnits = ReadonlyMap<string, Uint8Array>;

/** Options of removeUnits(). */
export interface RemoveUnitsOptions {
  /**
   * By layer, one constant a unit (those of units that stay do not count): what is read in the place of a removed unit, 0 by
   * default. The biases behind it become b + sum of w c, column after column, in float32.
   */
  readonly fold?: ReadonlyMap<string, Float32Array>;
}

/** Indices whose run of `stride` is kept, ascending. */
function keptIndices(keep: Uint8Array, stride: number): Uint32Array {
  const units = Uint32Array.from(keep.keys()).filter((unit) => keep[unit] === 1);
  return Uint32Array.from({ length: units.length * stride }, (_, i) => {
    return units[Math.floor(i / stride)]! * stride + (i % stride);
  });
}

function expectKeep({ name, units }: UnitGroup, keep: unknown): Uint8Array {
  if (!(keep instanceof Uint8Array) || keep.length !== units) {
    throw new ShapeError(
      `removeUnits: ${name} must have a Uint8Array of ${units}, one byte a unit, got ${show(keep)}`,
    );
  }
  const other = keep.find((byte) => byte > 1);
  if (other !== undefined) throw new DataError(`removeUnits: ${name} must have only 0 and 1, got ${other}`);
  if (!keep.includes(1)) {
    throw new OptionError(`removeUnits: ${name} must keep at least one unit, got ${units} to remove`);
  }
  return keep;
}

/** Groups with what they keep. */
function checkKeep(graph: Graph, keep: unknown): Map<UnitGroup, Uint8Array> {
  if (!(keep instanceof Map)) {
    throw new OptionError(`removeUnits: keep must be a Map from layers to units, got ${show(keep)}`);
  }
  const groups = new Map<UnitGroup, Uint8Array>();
  for (const [name, bytes] of keep as ReadonlyMap<unknown, unknown>) {
    const group = expectUnitGroup('removeUnits', graph, name);
    if ([...groups.keys()].some((other) => other.name === group.name)) {
      const makers = group.producers.map((node) => node.name).join(', ');
      throw new OptionError(
        `removeUnits: units that ${makers} share must be given once, got ${show(name)} as well`,
      );
    }
    groups.set(group, expectKeep(group, bytes));
  }
  return groups;
}

/** The specs of all layers under what the groups keep. */
function cutSpecs({ nodes }: Graph, groups: ReadonlyMap<UnitGroup, Uint8Array>): LayerSpec[] {
  const specs = nodes.map(({ spec }) => spec);
  for (const [{ producers, carriers, units }, bytes] of groups) {
    const left = bytes.reduce((sum, byte) => sum + byte, 0);
    for (const { index, type, outputShape } of [...producers, ...carriers]) {
      // Units of a layer may be runs of those of the group where another layer of it was flattened.
      const run = outputShape[0]! / units;
      if (type.withUnits) specs[index] = type.withUnits(specs[index]!, left * run);
    }
  }
  return specs;
}

/** The parameters of a model under what its groups keep, with new biases. */
function cutParameters(
  count: number,
  groups: ReadonlyMap<UnitGroup, Uint8Array>,
  biases: ReadonlyMap<number, Float32Array>,
): ParameterCut[] {
  const chosen = { rows: new Map<number, Uint32Array>(), cols: new Map<number, Uint32Array>() };
  for (const [{ members }, keep] of groups) {
    if (!keep.includes(0)) continue;
    for (const { parameter, axis, stride } of members) chosen[axis].set(parameter, keptIndices(keep, stride));
  }
  return Array.from({ length: count }, (_, from) => {
    const [rows, cols] = [chosen.rows.get(from) ?? null, chosen.cols.get(from) ?? null];
    const folded = biases.get(from);
    if (!folded) return { from, rows, cols };
    return { from, rows, cols, values: rows ? Float32Array.from(rows, (row) => folded[row]!) : folded };
  });
}

/** What removeUnits() makes of a model, null where everything stays. Throws what that throws; changes nothing. */
export function unitsCut(model: Resizable, keep: KeptUnits, options: RemoveUnitsOptions = {}): Cut | null {
  model.expectLive('removeUnits');
  expectOptions('removeUnits', options, ['fold']);
  const { graph, parameters } = model;
  const groups = checkKeep(graph, keep);
  const biases = foldedBiases(model, groups, options.fold ?? new Map());
  if ([...groups.values()].every((bytes) => !bytes.includes(0))) return null;
  return {
    graph: buildGraph(graph.inputShape, cutSpecs(graph, groups)),
    parameters: cutParameters(parameters.length, groups, biases),
  };
}

/**
 * Removes units of several layers in one step; see removeUnits() of models. All or nothing. A group is a layer whose units can
 * be removed (graph/units.ts); `model` may be amid rounds of pruning, but not amid a fit.
 */
export function removeUnits(model: Resizable, keep: KeptUnits, options: RemoveUnitsOptions = {}): void {
  const cut = unitsCut(model, keep, options);
  if (cut) model.resize(cut);
}

/** What removeLayers() makes of a model, and the new names of the layers that stay, by their present ones. */
export interface LayersCut {
  /** Null where everything stays. */
  readonly cut: Cut | null;
  readonly names: ReadonlyMap<string, string>;
}

/** Throws what removeLayers() throws; changes nothing. */
export function layersCut(model: Resizable, names: readonly string[]): LayersCut {
  model.expectLive('removeLayers');
  if (!Array.isArray(names)) {
    throw new OptionError(`removeLayers: names must be a list of layers, got ${show(names)}`);
  }
  const { graph } = model;
  const runs = [...new Set(names)].map((name) => expectRemovableLayer('removeLayers', graph, name));
  const gone = new Set(runs.flatMap(({ nodes }) => nodes.map(({ index }) => index)));
  const left = graph.nodes.filter(({ index }) => !gone.has(index));
  const specs: LayerSpec[] = left.map(({ spec }) => spec);
  const smaller = buildGraph(graph.inputShape, specs);
  const positions = parameterPositions(graph);
  const kept = left.flatMap(({ index }) => positions[index]!);
  const parameters = kept.map((from) => ({ from, rows: null, cols: null }));
  return {
    cut: gone.size > 0 ? { graph: smaller, parameters } : null,
    names: new Map(left.map(({ name }, i) => [name, smaller.nodes[i]!.name])),
  };
}

/** Removes whole layers and residual blocks; see removeLayers() of models. All or nothing. */
export function removeLayers(model: Resizable, names: readonly string[]): ReadonlyMap<string, string> {
  const { cut, names: renamed } = layersCut(model, names);
  if (cut) model.resize(cut);
  return renamed;
}
