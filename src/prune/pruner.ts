/** How a pruning prunes once, whatever the structure. */
import { study } from './calibration.js';
import { type Census, census } from './census.js';
import type { PruneJob } from './checkPruning.js';
import type { KeptPruning } from './checkpoint.js';
import { applyLayerwise } from './layerwise.js';
import { type Applied, applyPruning, chosenWeights } from './mask.js';
import { applyRemoval } from './removal.js';
import { RemovalState } from './removalState.js';
import { replayRemoval } from './replay.js';
import type { Held, Resizable } from './resizable.js';

/** How a job prunes once, and what is left. */
export interface Pruner {
  readonly census: () => Census;
  readonly apply: (sparsity: number, round: number) => Promise<Applied>;
  /** Brings a model whose tensors change their shapes to those that it was kept with. */
  readonly replay?: (kept: KeptPruning) => void;
}

/** Units and layers leave the model; weights become zero, in one ranking or layer by layer. */
export function prunerOf(model: Resizable, { axes, calibration, survivors, damp }: PruneJob): Pruner {
  const { structure } = axes;
  if (structure.prunes !== 'weights') {
    const own = { ...axes, structure };
    const state = new RemovalState(model, own);
    return {
      census: () => state.census,
      apply: (sparsity, round) => applyRemoval(model, own, sparsity, model.seed + round, calibration, state),
      replay: ({ cuts, fit }) => replayRemoval(model, state, cuts, fit.network.graph),
    };
  }
  const own = { ...axes, structure };
  const count = () => census(chosenWeights(model, axes.layers), structure);
  const reconstruction = survivors === 'reconstruct' ? { damp } : undefined;
  if (axes.criterion.layerwise || reconstruction) {
    return {
      census: count,
      apply: (sparsity, round) =>
        applyLayerwise(model, own, sparsity, model.seed + round, calibration, reconstruction),
    };
  }
  return {
    census: count,
    apply: async (sparsity, round) => {
      const statistics = await study(model, axes.criterion.needs ?? [], calibration, `round ${round}`);
      return applyPruning(model, own, sparsity, {
        ...calibration.reporting,
        statistics,
        seed: model.seed + round,
      });
    },
  };
}

/** Brings a model to the shapes that were kept; gives the way back. All or nothing. */
export function takeShapes(
  model: Resizable,
  { replay }: Pruner,
  found: KeptPruning | undefined,
): Held | undefined {
  if (!found || !replay) return undefined;
  const held = model.hold();
  try {
    replay(found);
    return held;
  } catch (error) {
    held.free();
    throw error;
  }
}
