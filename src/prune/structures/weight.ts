import { describedAs } from '../../described.js';
import type { WeightStructure } from './structure.js';

/** Single weights. */
export const weight: WeightStructure = describedAs(
  { kind: 'weight' },
  Object.freeze({
    kind: 'weight',
    prunes: 'weights',
    single: true,
    groups: ({ rows, cols }) => ({ rows, cols, of: null }),
    pool: 'mean',
  } satisfies WeightStructure),
);
