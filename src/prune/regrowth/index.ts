/** Registry of regrowth rules: a new one is one file and one line here. */
import { gradient } from './gradient.js';
import { random } from './random.js';
import type { Regrowth } from './regrowth.js';

export const regrowths = { random, gradient } as const satisfies Readonly<Record<string, Regrowth>>;
export { type AbsentConnections, customRegrowth, type RegrowthScores } from './custom.js';
export type { Regrowth, RegrowthContext } from './regrowth.js';

/** Name of a built-in rule. */
export type RegrowthName = keyof typeof regrowths;
