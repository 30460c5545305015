/** What of a pruned network still carries anything from an input to an output. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Trainable } from '../train/trainable.js';
import { eachLive, type LayerMarks, type LiveProduct, livePaths } from './livePaths.js';
import { percent, textTable, withText } from './textTable.js';

/** One layer with weights. A path is a chain of live weights. */
export interface LayerLiveness {
  readonly name: string;
  readonly units: number;
  /** Units on a path from an input to an output. */
  readonly live: number;
  /** Units that are read, but that no input reaches: they always give the same, whatever the input. */
  readonly constant: number;
  /** Units from which no path leads to an output. */
  readonly unread: number;
  readonly weights: number;
  /** Weights that are not pruned, and those of them that lie on a path from an input to an output. */
  readonly liveWeights: number;
  readonly effectiveWeights: number;
  readonly sparsity: number;
  readonly effectiveSparsity: number;
  /** Effective weights that enter each unit, and that read each of its inputs (channels, for a convolution): [units] and [inputs]. */
  readonly fanIn: Uint32Array;
  readonly readers: Uint32Array;
}

/** What liveness() returns; `toString()` is a table. */
export interface Liveness {
  /** Values of one sample: how many, and how many of them any path begins at. */
  readonly inputs: { readonly shape: Shape; readonly size: number; readonly live: number };
  readonly layers: readonly LayerLiveness[];
  /** Share of pruned weights over all layers, and share of those that are pruned or on no path. */
  readonly sparsity: number;
  readonly effectiveSparsity: number;
  toString(): string;
}

const shareGone = (left: number, all: number) => (all === 0 ? 0 : 1 - left / all);

function layerOf(product: LiveProduct, { made, given, leading }: LayerMarks): LayerLiveness {
  const { name, rows, cols, positions, units: unitsRead } = product;
  const [fanIn, readers] = [new Uint32Array(rows), new Uint32Array(unitsRead)];
  let effective = 0;
  eachLive(product, (row, input) => {
    if (given[input] === 0 || leading[row] === 0) return;
    fanIn[row]!++;
    readers[input]!++;
    effective++;
  });
  let [live, constant, unread] = [0, 0, 0];
  for (let unit = 0; unit < rows; unit++) {
    if (leading[unit] === 0) unread++;
    else if (made[unit] === 0) constant++;
    else live++;
  }
  const weights = rows * cols;
  const liveWeights = positions?.length ?? weights;
  return {
    ...{ name, units: rows, live, constant, unread, weights, liveWeights, effectiveWeights: effective },
    sparsity: shareGone(liveWeights, weights),
    effectiveSparsity: shareGone(effective, weights),
    ...{ fanIn, readers },
  };
}

const header = ['layer', 'units', 'live', 'constant', 'unread', 'weights', 'live', 'on a path', 'sparsity'];

function tableOf({ inputs, layers, sparsity, effectiveSparsity }: Liveness): string {
  const unread = inputs.size - inputs.live;
  const first = ['inputs', ...[inputs.size, inputs.live, 0, unread].map(String), '', '', '', '', ''];
  const rows = layers.map((layer) => {
    const { name, units, live, constant, weights, liveWeights, effectiveWeights } = layer;
    const counts = [units, live, constant, layer.unread, weights, liveWeights, effectiveWeights];
    return [name, ...counts.map(String), percent(layer.sparsity), percent(layer.effectiveSparsity)];
  });
  const sum = (
    key: 'units' | 'live' | 'constant' | 'unread' | 'weights' | 'liveWeights' | 'effectiveWeights',
  ) => String(layers.reduce((total, layer) => total + layer[key], 0));
  const counts = [sum('units'), sum('live'), sum('constant'), sum('unread'), sum('weights')];
  const total = [...counts, sum('liveWeights'), sum('effectiveWeights')];
  const last = ['total', ...total, percent(sparsity), percent(effectiveSparsity)];
  return textTable([[...header, 'effective'], first, ...rows, last]);
}

/**
 * Follows live weights through all layers and branches, from the inputs and from the outputs: units, inputs and weights that
 * lie on no path between the two have no influence that depends on the input. What is left gives the effective sparsity.
 * Vysogorets & Kempe 2021, arXiv:2107.02306. A channel of an image counts as one: where a path leads through any of its pixels, it does
 * through all. Whatever activations and batch normalization do is left aside; where a layer mixes all units (softmax), paths
 * lead from each to each.
 *
 * @throws OptionError for what is no model, DisposedError after dispose().
 */
export function liveness(model: Pick<Trainable, 'graph' | 'parameters' | 'expectLive'>): Liveness {
  if (typeof model?.expectLive !== 'function') {
    throw new OptionError(`liveness: model must come from sequential() or loadModel(), got ${show(model)}`);
  }
  model.expectLive('liveness');
  const size = sizeOf(model.graph.inputShape);
  const { products, marks, inputs } = livePaths(model);
  const layers = products.map((product, i) => layerOf(product, marks[i]!));
  const sum = (key: 'weights' | 'liveWeights' | 'effectiveWeights') =>
    layers.reduce((total, layer) => total + layer[key], 0);
  const read = inputs.reduce((total, mark) => total + mark, 0);
  const found = {
    inputs: { shape: model.graph.inputShape, size, live: read },
    layers,
    sparsity: shareGone(sum('liveWeights'), sum('weights')),
    effectiveSparsity: shareGone(sum('effectiveWeights'), sum('weights')),
  };
  return withText(found, () => tableOf(found));
}
