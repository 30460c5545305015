/** What happens after a round: prune() waits for it, and its failure is that of the pruning. */
import { expect, test } from 'vitest';
import {
  dense,
  iterative,
  lotteryTicket,
  type PruneOptions,
  prune,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { values } from '../model/support.js';

const build = (): Promise<Sequential> =>
  sequential({ inputShape: [8], seed: 2 }, [dense(12), relu(), dense(3)]);
const data = { images: values(8 * 9, 1), labels: Uint8Array.from({ length: 9 }, (_, i) => i % 3) };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const ways: readonly [string, PruneOptions][] = [
  ['iterative', { sparsity: 0.8, schedule: iterative({ rounds: 3 }) }],
  ['a lottery ticket', { ...lotteryTicket({ sparsity: 0.5, rate: 0.21 }), fit: { data, epochs: 1 } }],
  ['neurons', { sparsity: 0.5, structure: 'neuron', schedule: iterative({ rounds: 3 }) }],
];

test.each(ways)('%s: the next round begins when an async onRound has ended', async (_, options) => {
  const model = await build();
  const seen: string[] = [];
  const { rounds } = await prune(model, {
    ...options,
    onRound: async ({ round }) => {
      seen.push(`${round} begins`);
      await pause(5);
      seen.push(`${round} ends`);
    },
  });
  expect(rounds).toHaveLength(3);
  expect(seen).toEqual([1, 2, 3].flatMap((round) => [`${round} begins`, `${round} ends`]));
  model.dispose();
});

test.each(ways)('%s: an onRound that fails ends the pruning after its round', async (_, options) => {
  const rejecting = async () => {
    await pause(1);
    throw new Error('disk full');
  };
  const throwing = () => {
    throw new Error('disk full');
  };
  for (const fail of [rejecting, throwing]) {
    const model = await build();
    const twin = await build();
    let reached: number | undefined;
    const onRound: NonNullable<PruneOptions['onRound']> = (round) => {
      if (round.round < 2) return;
      reached = round.reached;
      return fail();
    };
    await expect(prune(model, { ...options, onRound })).rejects.toThrow('disk full');
    // As after round 2 of a pruning that goes well.
    let after: Float32Array[] = [];
    await prune(twin, {
      ...options,
      onRound: ({ round }) => {
        if (round === 2) after = twin.getWeights();
      },
    });
    expect(reached).toBeGreaterThan(0);
    expect(model.getWeights()).toEqual(after);
    const { loss } = await model.evaluate(data.images, data.labels);
    expect(Number.isFinite(loss)).toBe(true);
    for (const each of [model, twin]) each.dispose();
  }
});
