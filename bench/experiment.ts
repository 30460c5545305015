/**
 * Experiments whose figures the documents quote: npm run experiment -- NAME [--seeds 1,2,3] [--only PART,...] [--json].
 * --only takes parts of the names of methods, for experiments that compare some; their reference always runs.
 * A new one is one file in bench/experiments and one line here.
 */
import { parseArgs } from 'node:util';
import { expectOneOf } from '../src/options.js';
import { demoSeeds } from './experiments/demoSeeds.js';
import { dynamicExperiment } from './experiments/dynamic.js';
import { fingerprints } from './experiments/fingerprint.js';
import { widths } from './experiments/widths.js';

/** An experiment: takes seeds, shows its progress on stderr, returns what --json prints. */
export type Experiment = (seeds: readonly number[], only: readonly string[]) => Promise<unknown>;

const experiments = {
  'demo-seeds': demoSeeds,
  dynamic: dynamicExperiment,
  fingerprint: fingerprints,
  widths,
} as const satisfies Readonly<Record<string, Experiment>>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    only: { type: 'string' },
    json: { type: 'boolean' },
  },
});
const names = Object.keys(experiments) as (keyof typeof experiments)[];
const name = expectOneOf('experiment', 'name', positionals[0] ?? '(none)', names);
const only = values.only?.split(',') ?? [];
const run: Experiment = experiments[name];
const outcome = await run(values.seeds.split(',').map(Number), only);
if (values.json) console.log(JSON.stringify(outcome));
