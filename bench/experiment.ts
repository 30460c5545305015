/**
 * Experiments whose figures the documents quote: npm run experiment -- NAME [--seeds 1,2,3] [--only PART,...] [--report] [--again] [--write] [--json].
 * --only takes parts of the names of methods, for experiments that compare some; their reference always runs.
 * Experiments with a ledger (runs/experiments/NAME.jsonl) go on where they were stopped; --report runs nothing and reports
 * what is there, --write puts its lines into bench/results.
 * A new one is one file in bench/experiments and one line here.
 */
import { parseArgs } from 'node:util';
import { expectOneOf } from '../src/options.js';
import { classic } from './experiments/classic.js';
import { demoSeeds } from './experiments/demoSeeds.js';
import { dynamicExperiment } from './experiments/dynamic.js';
import { exported } from './experiments/exported.js';
import { extreme } from './experiments/extreme.js';
import { filtersExperiment } from './experiments/filters.js';
import { fingerprints } from './experiments/fingerprint.js';
import { han } from './experiments/han.js';
import { lande } from './experiments/lande.js';
import { lenet5Experiment } from './experiments/lenet5.js';
import { lottery } from './experiments/lottery.js';
import type { Settings } from './experiments/runner.js';
import { runtimePruning } from './experiments/runtime.js';
import { snipExperiment } from './experiments/snip.js';
import { structuresExperiment } from './experiments/structures.js';
import { widths } from './experiments/widths.js';

/** An experiment: takes seeds, shows its progress on stderr, returns what --json prints. */
export type Experiment = (
  seeds: readonly number[],
  only: readonly string[],
  settings: Settings,
) => Promise<unknown>;

const experiments = {
  classic,
  'demo-seeds': demoSeeds,
  dynamic: dynamicExperiment,
  export: exported,
  extreme,
  filters: filtersExperiment,
  fingerprint: fingerprints,
  han,
  lande,
  lenet5: lenet5Experiment,
  lottery,
  snip: snipExperiment,
  structures: structuresExperiment,
  runtime: runtimePruning,
  widths,
} as const satisfies Readonly<Record<string, Experiment>>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    json: { type: 'boolean' },
  },
});
const names = Object.keys(experiments) as (keyof typeof experiments)[];
const name = expectOneOf('experiment', 'name', positionals[0] ?? '(none)', names);
const only = values.only?.split(',') ?? [];
const run: Experiment = experiments[name];
const outcome = await run(values.seeds.split(',').map(Number), only, values);
if (values.json) console.log(JSON.stringify(outcome));
