/** Presets of prune() that say what becomes of survivors: options to spread into its own. */
import { OptionError } from '../../errors.js';
import { expectNumber, expectOptions } from '../../options.js';
import type { PruneOptions } from '../pruneOptions.js';
import { iterative, nthRoot } from './rounds.js';

/** Options of lotteryTicket() and learningRateRewinding(). */
export interface TicketOptions {
  /** Share of zeros in the end, in (0, 1). */
  readonly sparsity: number;
  /**
   * Share of the remaining weights that goes in every round, at most, in (0, 1); 0.2 by default. As many rounds as that takes, all alike: .159 in
   * each of four for a sparsity of .5.
   */
  readonly rate?: number;
}

/** Rounds until a density of at most `density` is reached when each keeps at most 1 - rate. */
function roundsFor(density: number, rate: number): number {
  let rounds = 1;
  while (nthRoot(density, rounds) < 1 - rate - 1e-9) rounds++;
  return rounds;
}

function check(where: string, options: TicketOptions): { sparsity: number; rounds: number } {
  expectOptions(where, options, ['sparsity', 'rate']);
  const sparsity = expectNumber(where, 'sparsity', options.sparsity, 0, 1);
  const rate = expectNumber(where, 'rate', options.rate ?? 0.2, 0, 1);
  if (sparsity === 1 || rate === 0 || rate === 1) {
    throw new OptionError(
      `${where}: sparsity must be below 1 and rate between 0 and 1, got ${sparsity} and ${rate}`,
    );
  }
  return { sparsity, rounds: roundsFor(1 - sparsity, rate) };
}

/**
 * The lottery-ticket procedure: train, remove up to a fifth of the smallest weights of every layer, set the rest back to where they
 * began (or to step k: `fit({ rewindAt: k })`), and again. Each round trains by the whole of `fit`, its learning-rate schedule from step 0 on,
 * also behind `rewindAt`, and the samples in an order of its own. All layers lose the same share; for an output layer that loses half of it,
 * as in the paper, call prune() round by round with `allocation: perLayer({ ... })`. `prune(model, { ...lotteryTicket({ sparsity: 0.9 }), fit })`; the
 * optimizer begins anew in every round. A model from a file needs `rewindTo` beside it: its first weights. Frankle & Carbin 2019, arXiv:1803.03635. Throws OptionError.
 *
 * @example
 * ```ts
 * import { adam, dense, lotteryTicket, prune, relu, sequential } from 'espalier';
 * import { syntheticDigits } from 'espalier/datasets';
 *
 * const data = syntheticDigits({ samples: 500, shape: [784] });
 * const model = await sequential({ inputShape: [784], seed: 7 }, [dense(32), relu(), dense(10)]);
 * await model.fit(data.images, data.labels, { epochs: 2, rewindAt: 5 });
 * const fit = { data, optimizer: adam(), epochs: 1 };
 * await prune(model, { ...lotteryTicket({ sparsity: 0.5 }), fit }); // a fifth less in each round
 * ```
 */
export function lotteryTicket(options: TicketOptions): PruneOptions {
  const { sparsity, rounds } = check('lotteryTicket', options);
  return {
    sparsity,
    criterion: 'magnitude',
    allocation: 'uniform',
    schedule: iterative({ rounds }),
    survivors: 'rewind',
  };
}

/**
 * The same rounds with learning-rate rewinding: weights stay as trained, and the learning-rate schedule begins anew after
 * every round. Renda, Frankle & Carbin 2020, arXiv:2003.02389. Throws OptionError.
 */
export function learningRateRewinding(options: TicketOptions): PruneOptions {
  const { sparsity, rounds } = check('learningRateRewinding', options);
  return {
    sparsity,
    criterion: 'magnitude',
    allocation: 'global',
    schedule: iterative({ rounds }),
    survivors: 'trained',
    restart: true,
  };
}
