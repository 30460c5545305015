import type { Random } from '../../tensor/random.js';
import type { Candidates } from '../absent.js';

/** What a rule chooses from, for one weight. Positions are those of blocks: group of rows * columns + column. */
export interface RegrowthContext {
  /** Connections to choose. */
  readonly count: number;
  /** All positions are below. */
  readonly total: number;
  /** Connections that stay, ascending. */
  readonly kept: Uint32Array;
  /** Connections that have just been dropped, ascending, with the sizes of their gradients; they may come back, empty. */
  readonly dropped: Candidates;
  /** Of the other absent ones, the `count` with the largest gradients; empty unless the rule asks for gradients. */
  readonly steepest: Candidates;
  readonly random: Random;
}

/** What comes back: ascending positions, `count` of them, none among those kept. */
export interface Regrowth {
  /** True when gradients of absent weights are needed: they cost a dense product at every update. */
  readonly gradients: boolean;
  /** True when it wants those of all absent weights, not of the steepest alone. */
  readonly all?: boolean;
  choose(context: RegrowthContext): Uint32Array;
}
