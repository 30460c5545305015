/** The registry: a new encoding is one file and one line here. Of equal sizes the earlier is chosen. */
import { bitmask } from './bitmask.js';
import { dense } from './dense.js';
import type { Encoding } from './encoding.js';
import { gaps } from './gaps.js';

/** All encodings, by the name that files hold. */
export const encodings = { dense, gaps, bitmask } as const satisfies Record<string, Encoding>;

/** Name of an encoding. */
export type EncodingName = keyof typeof encodings;
