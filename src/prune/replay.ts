/** Units and layers that had left a model when its pruning was kept leave it again. */
import type { Graph } from '../graph/graph.js';
import { refuse } from '../train/checkpoint/read.js';
import type { Cut } from './cut.js';
import type { RemovalState } from './removalState.js';
import type { Cut as ModelCut, Resizable } from './resizable.js';
import { layersCut, unitsCut } from './surgery.js';

/** One byte for each of `count` things, 0 where a round took it. */
function keptOf(name: string, count: number, rounds: readonly (readonly Cut[])[]): Uint8Array {
  const keep = new Uint8Array(count).fill(1);
  for (const cut of rounds.flat()) {
    if (cut.name !== name) continue;
    for (const position of cut.positions) {
      if (keep[position] !== 1) refuse(`cut of ${name}`, position);
      keep[position] = 0;
    }
  }
  return keep;
}

/** Shapes of all parameters: what values must fit. */
const shapesOf = ({ nodes }: Graph) =>
  nodes.flatMap(({ parameters }) => parameters.map(({ shape }) => shape.join(' x '))).join(', ');

/** Throws FormatError unless the model that was kept is what is left of this one. */
function expectSame(cut: ModelCut | null, { graph }: Resizable, kept: Graph): void {
  const [own, theirs] = [shapesOf(cut?.graph ?? graph), shapesOf(kept)];
  if (own !== theirs) refuse('shapes', theirs);
}

function replayUnits(
  model: Resizable,
  state: RemovalState,
  rounds: readonly (readonly Cut[])[],
  kept: Graph,
): void {
  const other = rounds.flat().find(({ name }) => !state.layers.has(name));
  if (other) refuse('cut', other.name);
  const keeps = new Map([...state.layers].map(([name, { units }]) => [name, keptOf(name, units, rounds)]));
  for (const [name, keep] of keeps) if (!keep.includes(1)) refuse(`cut of ${name}`, 'all units');
  const cut = unitsCut(model, keeps);
  expectSame(cut, model, kept);
  if (cut) model.resize(cut);
  for (const [name, keep] of keeps) state.keepUnits(name, keep);
}

function replayLayers(
  model: Resizable,
  state: RemovalState,
  rounds: readonly (readonly Cut[])[],
  kept: Graph,
): void {
  const keep = keptOf('layers', state.began.length, rounds);
  const gone = state.began.filter((_, i) => keep[i] === 0);
  const { cut, names } = layersCut(model, gone);
  expectSame(cut, model, kept);
  if (cut) model.resize(cut);
  state.keepLayers(gone, names);
}

/**
 * Makes a model as small as it was after `rounds`; its values follow when its fit goes on. `state` is that of a removal
 * that begins. Throws FormatError, and has changed nothing, unless `kept`, the graph beside them, is what is left.
 */
export function replayRemoval(
  model: Resizable,
  state: RemovalState,
  rounds: readonly (readonly Cut[])[],
  kept: Graph,
): void {
  (state.layers.size > 0 ? replayUnits : replayLayers)(model, state, rounds, kept);
}
