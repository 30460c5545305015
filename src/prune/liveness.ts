/** What of a pruned network still carries anything from an input to an output. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { Trainable } from '../train/trainable.js';
import { livePositions } from './livePositions.js';
import { percent, textTable } from './textTable.js';

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
  /** Effective weights that enter each unit, and that read each of its inputs: [units] and [inputs]. */
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

/** One weight, [rows, cols], between the features before it and those after it. */
interface Product {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  /** Live weights; null stands for all. */
  readonly positions: Uint32Array | null;
  /** True when a layer before it mixes all features, as softmax does. */
  readonly coupled: boolean;
}

/** Calls `visit(row, col)` for every live weight. */
function eachLive({ rows, cols, positions }: Product, visit: (row: number, col: number) => void): void {
  if (positions) for (const at of positions) visit(Math.floor(at / cols), at % cols);
  else for (let row = 0; row < rows; row++) for (let col = 0; col < cols; col++) visit(row, col);
}

function productsOf({ graph, parameters }: Pick<Trainable, 'graph' | 'parameters'>) {
  const products: Product[] = [];
  let coupled = false;
  let next = 0;
  for (const node of graph.nodes) {
    const own = parameters.slice(next, next + node.parameters.length);
    next += own.length;
    if (node.type.couplesUnits) coupled = true;
    const weight = own.find(({ prunable }) => prunable);
    if (!weight) continue;
    const { rows, cols } = weight;
    products.push({ name: node.name, rows, cols, positions: livePositions(weight), coupled });
    coupled = false;
  }
  return { products, coupledOutputs: coupled };
}

/** All, where one is: features that depend on each other. */
function coupledFlags(flags: Uint8Array): Uint8Array {
  return flags.includes(1) ? flags.fill(1) : flags;
}

/** Marks of features before every product and after the last: those that a path from an input reaches. */
function reachedFrom(products: readonly Product[], inputs: number): Uint8Array[] {
  const marks: Uint8Array[] = [new Uint8Array(inputs).fill(1)];
  for (const [i, product] of products.entries()) {
    const before = product.coupled ? coupledFlags(marks[i]!) : marks[i]!;
    const after = new Uint8Array(product.rows);
    eachLive(product, (row, col) => {
      if (before[col] === 1) after[row] = 1;
    });
    marks.push(after);
  }
  return marks;
}

/** The same from behind: features from which a path leads to an output. */
function leadingOut(products: readonly Product[], inputs: number): Uint8Array[] {
  const marks: Uint8Array[] = [new Uint8Array(products.at(-1)?.rows ?? inputs).fill(1)];
  for (const product of [...products].reverse()) {
    const after = marks[0]!;
    const before = new Uint8Array(product.cols);
    eachLive(product, (row, col) => {
      if (after[row] === 1) before[col] = 1;
    });
    marks.unshift(product.coupled ? coupledFlags(before) : before);
  }
  return marks;
}

const shareGone = (left: number, all: number) => (all === 0 ? 0 : 1 - left / all);

function layerOf(
  product: Product,
  reached: readonly [before: Uint8Array, after: Uint8Array],
  leading: Uint8Array,
): LayerLiveness {
  const { name, rows, cols, positions } = product;
  const [fanIn, readers] = [new Uint32Array(rows), new Uint32Array(cols)];
  let effective = 0;
  eachLive(product, (row, col) => {
    if (reached[0][col] === 0 || leading[row] === 0) return;
    fanIn[row]!++;
    readers[col]!++;
    effective++;
  });
  let [live, constant, unread] = [0, 0, 0];
  for (let unit = 0; unit < rows; unit++) {
    if (leading[unit] === 0) unread++;
    else if (reached[1][unit] === 0) constant++;
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
 * Follows live weights through the whole chain of layers, from the inputs and from the outputs: units, inputs and weights that
 * lie on no path between the two have no influence that depends on the input. What is left gives the effective sparsity.
 * Vysogorets & Kempe 2021, arXiv:2107.02306. Whatever activations do is left aside; where a layer mixes all units
 * (softmax), paths lead from each to each.
 *
 * @throws OptionError for what is no model, DisposedError after dispose().
 */
export function liveness(model: Pick<Trainable, 'graph' | 'parameters' | 'expectLive'>): Liveness {
  if (typeof model?.expectLive !== 'function') {
    throw new OptionError(`liveness: model must come from sequential() or loadModel(), got ${show(model)}`);
  }
  model.expectLive('liveness');
  const { products, coupledOutputs } = productsOf(model);
  const size = sizeOf(model.graph.inputShape);
  const reached = reachedFrom(products, size);
  if (coupledOutputs) coupledFlags(reached.at(-1)!);
  const leading = leadingOut(products, size);
  const layers = products.map((product, i) =>
    layerOf(product, [reached[i]!, reached[i + 1]!], leading[i + 1]!),
  );
  const sum = (key: 'weights' | 'liveWeights' | 'effectiveWeights') =>
    layers.reduce((total, layer) => total + layer[key], 0);
  const read = leading[0]!.reduce((total, mark) => total + mark, 0);
  const found = {
    inputs: { shape: model.graph.inputShape, size, live: read },
    layers,
    sparsity: shareGone(sum('liveWeights'), sum('weights')),
    effectiveSparsity: shareGone(sum('effectiveWeights'), sum('weights')),
  };
  return { ...found, toString: () => tableOf(found) };
}
