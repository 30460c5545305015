/**
 * Experiments whose figures the documents quote: npm run experiment -- NAME [--seeds 1,2,3] [--json].
 * A new one is one file in bench/experiments and one line here.
 */
import { parseArgs } from 'node:util';
import { expectOneOf } from '../src/options.js';
import { demoSeeds } from './experiments/demoSeeds.js';
import { dynamicExperiment } from './experiments/dynamic.js';
import { fingerprints } from './experiments/fingerprint.js';
import { widths } from './experiments/widths.js';

/** An experiment: takes seeds, shows its progress on stderr, returns what --json prints. */
export type Experiment = (seeds: readonly number[]) => Promise<unknown>;

const experiments = {
  'demo-seeds': demoSeeds,
  dynamic: dynamicExperiment,
  fingerprint: fingerprints,
  widths,
} as const satisfies Readonly<Record<string, Experiment>>;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '1,2,3' }, json: { type: 'boolean' } },
});
const names = Object.keys(experiments) as (keyof typeof experiments)[];
const name = expectOneOf('experiment', 'name', positionals[0] ?? '(none)', names);
const outcome = await experiments[name](values.seeds.split(',').map(Number));
if (values.json) console.log(JSON.stringify(outcome));
