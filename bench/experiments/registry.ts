/** All experiments by name. A new one is one file beside this one, and a line here. */
import { classic } from './classic.js';
import { demoSeeds } from './demoSeeds.js';
import { dynamicExperiment } from './dynamic.js';
import { exported } from './exported.js';
import { extreme } from './extreme.js';
import { filtersExperiment } from './filters.js';
import { fingerprints } from './fingerprint.js';
import { han } from './han.js';
import { lande } from './lande.js';
import { lenet5Experiment } from './lenet5.js';
import { lottery } from './lottery.js';
import type { Settings } from './runner.js';
import { runtimePruning } from './runtime.js';
import { snipExperiment } from './snip.js';
import { structuresExperiment } from './structures.js';
import { widths } from './widths.js';

/** An experiment: takes seeds and parts of methods, shows its progress on stderr, returns what --json prints. */
export interface Experiment {
  /** One line. */
  readonly about: string;
  /** Has a ledger: goes on where it was stopped. */
  readonly ledger: boolean;
  run(seeds: readonly number[], only: readonly string[], settings: Settings): Promise<unknown>;
}

const withLedger = (about: string, run: Experiment['run']): Experiment => ({ about, ledger: true, run });
const plain = (about: string, run: Experiment['run']): Experiment => ({ about, ledger: false, run });

export const experiments: Readonly<Record<string, Experiment>> = {
  classic: withLedger('rounds, rewinding and reinitialising, of units and of single weights', classic),
  extreme: withLedger('how few parameters keep 1.99 % error', extreme),
  filters: withLedger('filters of LeNet-5 removed by five criteria', filtersExperiment),
  han: withLedger('8 % of the weights of LeNet-300-100 kept (Han et al. 2015)', han),
  lande: withLedger('one-shot, without retraining, a network by others', lande),
  lenet5: withLedger('LeNet-5: dense, 8 % kept, 3,993 parameters', lenet5Experiment),
  lottery: withLedger('tickets beside the same masks reinitialised', lottery),
  snip: withLedger('pruned before training: SNIP, GraSP, SynFlow, random', snipExperiment),
  structures: withLedger('blocks and N:M beside single weights: error, time, bytes', structuresExperiment),
  'demo-seeds': plain('accuracy of the demo over seeds', demoSeeds),
  dynamic: plain('SET and RigL beside dense training and iterative pruning', dynamicExperiment),
  export: plain('a network as one file: bytes, accuracy, times', exported),
  fingerprint: plain('the same bits of training on every Node', fingerprints),
  runtime: plain('thresholds and early exits: multiply-adds, accuracy, time', runtimePruning),
  widths: plain('ever wider, always as many live weights; draws the plot', widths),
};
