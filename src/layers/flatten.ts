import { sizeOf } from '../tensor/shape.js';
import { type LayerSpec, type LayerType, withoutOptions } from './layer.js';

/** Turns a sample of any shape, such as [1, 28, 28], into a list: [784]. Moves no data. */
export function flatten(): LayerSpec {
  return flattenType.check({ kind: 'flatten' });
}

export const flattenType: LayerType = {
  kind: 'flatten',
  role: 'identity',
  check: withoutOptions('flatten'),
  outputShape: (_spec, input) => [sizeOf(input)],
  parameters: () => [],
};
