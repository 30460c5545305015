/** A network that answers on one side of the page. */
import type { Session } from 'espalier/session';
import { formatCount } from '../src/report/table.js';
import type { Entry, StructureKey } from './manifest.js';
import { dense, entryOf, sessionOf } from './zoo.js';

/** A compiled network and what the page says of it. */
export interface Contender {
  readonly name: string;
  /** Below the name: how much is left of it. */
  readonly about: string;
  readonly session: Session;
  /** Whether its outputs are probabilities already. */
  readonly softmax: boolean;
  /** Weights that are left. */
  readonly weights: number;
  readonly bytes: number;
  /** Share of right answers, where it is known. */
  readonly accuracy: number | null;
  /** On which digits. */
  readonly tested: string;
}

const OFFICIAL = 'of 10,000 test digits';

function ready(entry: Entry, session: Session, name: string, about: string): Contender {
  const { weights, bytes, accuracy } = entry;
  return { name, about, session, softmax: false, weights, bytes, accuracy, tested: OFFICIAL };
}

const weightsText = (weights: number) => `${formatCount(weights)} weights`;

/** The left side: every weight counts. */
export async function denseContender(): Promise<Contender> {
  const session = await sessionOf(dense, 'dense');
  return ready(dense, session, 'Dense', weightsText(dense.weights));
}

/** The right side, at a stop of the slider. */
export async function prunedContender(sparsity: number, structure: StructureKey): Promise<Contender> {
  const entry = entryOf(sparsity, structure);
  const session = await sessionOf(entry, 'auto');
  if (sparsity === 0) return ready(entry, session, 'Not pruned', 'but blank pixels skipped');
  return ready(entry, session, 'Pruned', weightsText(entry.weights));
}

/** Ten probabilities from what a network gives: softmax, unless they are that already. */
export function probabilities(outputs: Float32Array, softmax: boolean): Float32Array {
  if (softmax) return outputs;
  const most = outputs.reduce((high, value) => Math.max(high, value), -Infinity);
  const powers = outputs.map((value) => Math.exp(value - most));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
