/** Surgery on models, for users: checked, and never while a model trains. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import { shrink as shrinkResizable } from '../prune/shrink.js';
import type { ShrinkReport } from '../prune/shrinkReport.js';
import {
  type KeptUnits,
  type RemoveUnitsOptions,
  removeLayers as removeLayersOf,
  removeUnits as removeUnitsOf,
} from '../prune/surgery.js';
import { Sequential } from './sequential.js';

function expectModel(where: string, model: unknown): Sequential {
  if (!(model instanceof Sequential)) {
    throw new OptionError(`${where}: model must come from sequential() or loadModel(), got ${show(model)}`);
  }
  model.expectIdle(where);
  return model;
}

/**
 * Removes units of several layers in one step: their rows of weight and bias, those of what carries them (batch normalization,
 * depthwise convolutions), and the columns of what reads them, with masks,
 * moments of optimizers, and the values that `survivors: 'rewind'` goes back to. All or nothing.
 *
 * @throws OptionError for layers without removable units (unknown ones, the output layer, those before softmax), when a layer
 * would lose all its units, and for constants that no bias can take; ShapeError, DataError, MemoryError.
 */
export function removeUnits(model: Sequential, keep: KeptUnits, options: RemoveUnitsOptions = {}): void {
  removeUnitsOf(expectModel('removeUnits', model), keep, options);
}

/**
 * Removes whole layers, each with what follows it and keeps the shape up to the next layer with a weight (batch normalization,
 * activation), and bodies of residual blocks, by the name of their fork, which leaves the shortcut: what they read goes on as it came.
 * A layer must have outputs of the shape of its inputs, and must not be the output layer; within a block layers go with it alone. The
 * layers left are named anew, by kind and place, as everywhere.
 *
 * @returns the new name of every layer that is left, by its old one.
 * @throws OptionError, before anything changes, for layers that cannot go (see removableLayers) and for unknown names;
 * MemoryError.
 */
export function removeLayers(model: Sequential, names: readonly string[]): ReadonlyMap<string, string> {
  return removeLayersOf(expectModel('removeLayers', model), names);
}

/**
 * Removes units that cannot change the outputs: those whose outgoing weights are all zero, and those whose incoming weights
 * are all zero, which always give f(bias) (the engine's own float32 arithmetic): it is folded into the biases behind them. What
 * becomes dead by that goes too. Tensors get smaller, with masks, moments and the values that `'rewind'` goes back to.
 *
 * The outputs are the same to the last bit where no constant other than 0 is folded (`folded` of a layer is 0): a product adds its
 * terms in the order of the columns, and leaving out a zero changes nothing. Where one is, its term moves to the front of the
 * sum, and outputs agree within rounding. Infinite or NaN values of a unit whose outgoing weights are zero go with it.
 *
 * Every layer keeps at least one unit; a constant stays where a layer that reads it has no bias, or has zeros around its image. Inputs are never
 * removed: the report lists those that no weight reads. A second call changes nothing.
 *
 * @throws DisposedError, MemoryError; the model is then as it was.
 *
 * @example
 * ```ts
 * import { dense, prune, relu, sequential, shrink } from 'espalier';
 *
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(100), relu(), dense(10)]);
 * await prune(model, { sparsity: 0.999, criterion: 'random' });
 * console.log(String(shrink(model))); // layer by layer, how many units left
 * ```
 */
export function shrink(model: Sequential): ShrinkReport {
  return shrinkResizable(expectModel('shrink', model));
}
