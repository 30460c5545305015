/** Which format each weight of a model is trained in. */
import { MemoryError } from '../errors.js';
import { expectOneOf } from '../options.js';
import { type FormatName, type SparseFormat, sparseFormats } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { convolutionCosts } from './convolution/cost.js';
import { products } from './products/index.js';
import type { Trainable } from './trainable.js';

/**
 * `'auto'` takes the format that trains fastest, `'dense'` and `'sparse'` insist (what is not pruned at all stays dense
 * always), and a format by name wants that very one for all pruned weights. Convolutions know `'csr'` alone, those with groups only
 * `'dense'`: by the name of another format they stay dense.
 */
export type StorageChoice = 'auto' | 'sparse' | FormatName;

const byHeight = (Object.keys(sparseFormats) as SparseFormat[]).sort(
  (a, b) => sparseFormats[b] - sparseFormats[a],
);

/** Throws OptionError unless `choice` is one. */
export function expectStorage(where: string, choice: unknown): StorageChoice {
  const choices: readonly StorageChoice[] = ['auto', 'sparse', 'dense', 'csr', 'block2', 'block4'];
  return expectOneOf(where, 'storage', choice as StorageChoice, choices);
}

/** True for a format that a weight can be trained in. */
export function trainsIn({ prunable, spec }: Parameter, format: FormatName): boolean {
  if (format === 'dense') return true;
  if (!prunable || (spec.groups ?? 1) > 1) return false;
  return spec.windows === undefined || format === 'csr';
}

/** The sparse format for what is live: the tallest blocks that hold no pruned weight. */
function sparseFor(parameter: Parameter): FormatName {
  if (parameter.format !== 'dense') return parameter.format;
  return byHeight.find((format) => trainsIn(parameter, format) && parameter.fits(format)) ?? 'dense';
}

/** Nanoseconds of a training step for one sample, or for one window of a convolution; infinite where it cannot be. */
function costOf(parameter: Parameter, format: FormatName): number {
  const { rows, cols, live, spec } = parameter;
  if (!trainsIn(parameter, format)) return Infinity;
  if (spec.windows === undefined) return products[format].cost(rows, cols, live);
  return convolutionCosts[format === 'dense' ? 'dense' : 'csr'](rows, cols, live);
}

/** The format for a weight under a choice. */
export function formatFor(parameter: Parameter, choice: StorageChoice): FormatName {
  if (!parameter.prunable || !parameter.pruned) return 'dense';
  if (choice === 'sparse') return sparseFor(parameter);
  if (choice !== 'auto') return trainsIn(parameter, choice) ? choice : 'dense';
  const cost = (format: FormatName) => costOf(parameter, format);
  if (cost('csr') >= cost('dense')) {
    // Blocks may still pay where single weights do not; looking for them costs a pass over the mask.
    if (cost('block4') >= cost('dense')) return 'dense';
    const format = sparseFor(parameter);
    return cost(format) < cost('dense') ? format : 'dense';
  }
  return sparseFor(parameter);
}

/**
 * Moves every weight to the format that the choice of the model asks for. Throws ShapeError when a format by name does
 * not fit the structure; weights are then as they were, values always stay the same.
 */
export function settleStorage(model: Pick<Trainable, 'parameters' | 'storage'>): void {
  const formats = model.parameters.map((parameter) => formatFor(parameter, model.storage));
  model.parameters.forEach((parameter, i) => {
    const format = formats[i]!;
    if (format !== parameter.format) parameter.expectFits(format);
  });
  model.parameters.forEach((parameter, i) => {
    parameter.convert(formats[i]!);
  });
}

/** Does what only matters for speed; where memory has no room for it, it stays undone. */
export function ifRoom(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
  }
}
