/** What the speed-up plot shows, and the two scales that all its panels share. */
import { makeScale, type Scale } from '../../src/report/scale.js';

/** A dense engine, compared with ours: above 1 it is faster than our dense engine. */
export interface Peer {
  readonly name: string;
  readonly speedup: number;
}

/** Everything measured at one batch size; a panel. */
export interface SpeedupBatch {
  readonly batch: number;
  /** Ours: share of zeros in [0, 1), and how many times faster than our dense engine. */
  readonly points: readonly { readonly sparsity: number; readonly speedup: number }[];
  /** Other engines, dense. */
  readonly peers: readonly Peer[];
}

/** The whole plot. */
export interface SpeedupData {
  /** Names the network, and what the speed-up is over. */
  readonly title: string;
  /** One line: processor, Node version, date. */
  readonly machine: string;
  readonly batches: readonly SpeedupBatch[];
}

/** Scales of the two axes. */
export interface SpeedupScales {
  readonly x: Scale;
  readonly y: Scale;
}

/** Room above the best point for its value, as a factor. */
const headroom = 1.2;

/**
 * Scales that hold every batch, so that panels compare. `footroom`, a factor, is kept below the slowest engine, where
 * names go that are pushed apart; it asks for no more than a tenth.
 */
export function speedupScales(batches: readonly SpeedupBatch[], footroom: number): SpeedupScales {
  const floor = (slowest: number) => Math.min(slowest, Math.max(0.1, slowest / footroom));
  const points = batches.flatMap((batch) => batch.points);
  const peers = batches.flatMap((batch) => batch.peers);
  const y = makeScale(
    [
      0.5,
      2,
      ...points.flatMap(({ speedup }) => [speedup, speedup * headroom]),
      ...peers.flatMap(({ speedup }) => [speedup, floor(speedup)]),
    ],
    { kind: 'log' },
  );
  const x = makeScale(
    points.map((point) => point.sparsity),
    { kind: 'density' },
  );
  return { x, y };
}
