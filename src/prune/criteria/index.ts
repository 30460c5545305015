/** Registry of criteria: a new one is one file and one line here. */
import type { Criterion } from './criterion.js';
import { lamp } from './lamp.js';
import { magnitude } from './magnitude.js';
import { random } from './random.js';

export const criteria = { magnitude, random, lamp } as const satisfies Readonly<
  Record<string, () => Criterion>
>;
export type { Criterion, CriterionContext } from './criterion.js';

/** Name of a built-in criterion. */
export type CriterionName = keyof typeof criteria;
