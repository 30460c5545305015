/** Branches: a value is kept, goes two ways, and the ends are added. In a model they are a flat list, as everything else. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import { activationLength, keepsShape, type LayerSpec, type LayerType, withoutOptions } from './layer.js';

function expectLayers(name: string, layers: unknown): readonly LayerSpec[] {
  if (!Array.isArray(layers)) {
    throw new OptionError(`residual: ${name} must be a list of layers, got ${show(layers)}`);
  }
  return (layers as (LayerSpec | readonly LayerSpec[])[]).flat();
}

/**
 * Residual block: y = body(x) + shortcut(x); without a shortcut y = body(x) + x. Both ways must give the same shape. Blocks may stand
 * within each other. He et al. 2015, arXiv:1512.03385.
 *
 * It stands for the layers `fork`, the body, `swap` (where there is a shortcut: back to what came into the fork), the
 * shortcut, `add`. Throws OptionError on anything but lists of layers; shapes are checked when the model is built.
 */
export function residual(
  body: readonly (LayerSpec | readonly LayerSpec[])[],
  shortcut: readonly (LayerSpec | readonly LayerSpec[])[] = [],
): readonly LayerSpec[] {
  const [main, side] = [expectLayers('body', body), expectLayers('shortcut', shortcut)];
  if (main.length === 0) throw new OptionError('residual: body must hold at least one layer, got none');
  const kind = (name: string): LayerSpec => Object.freeze({ kind: name });
  return [kind('fork'), ...main, ...(side.length === 0 ? [] : [kind('swap'), ...side]), kind('add')];
}

/** Keeps what comes in, and hands it on. */
export const forkType: LayerType = {
  ...keepsShape,
  kind: 'fork',
  role: 'fork',
  check: withoutOptions('fork'),
};

/** Keeps what comes in instead of what the fork kept, and hands that on. */
export const swapType: LayerType = {
  ...keepsShape,
  kind: 'swap',
  role: 'swap',
  check: withoutOptions('swap'),
};

/** Adds what is kept to what comes in. */
export const addType: LayerType = {
  ...keepsShape,
  kind: 'add',
  role: 'add',
  check: withoutOptions('add'),
  forward: (call) => call.kernels.add_f32(call.y, call.x, call.also ?? 0, activationLength(call), call.low),
};
