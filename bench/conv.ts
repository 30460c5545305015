/**
 * Convolutional networks: single convolutions, LeNet-5 dense and sparse, other engines, training, shrunk networks
 * (npm ci --prefix bench/peers). Interleaved, one thread, float32 arrays in and out.
 *
 *   npm run bench:conv [-- --only layers,lenet,chain,training,shrink] [--quick] [--json]
 */
import { parseArgs } from 'node:util';
import { expectOneOf } from '../src/options.js';
import { table } from '../src/report/index.js';
import { chainSection } from './conv/chainSection.js';
import { layerSection } from './conv/layerSection.js';
import { lenetSection } from './conv/lenetSection.js';
import { shrinkSection } from './conv/shrinkSection.js';
import { trainSection } from './conv/trainSection.js';
import { machine } from './machine.js';
import type { Effort, Section } from './section.js';

const sections = {
  layers: layerSection,
  lenet: lenetSection,
  chain: chainSection,
  training: trainSection,
  shrink: shrinkSection,
} as const satisfies Readonly<Record<string, (effort: Effort) => Promise<Section<unknown>>>>;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const names = Object.keys(sections) as (keyof typeof sections)[];
const wanted =
  values.only?.split(',').map((name) => expectOneOf('bench:conv', '--only', name, names)) ?? names;
const effort: Effort = values.quick
  ? { rounds: 7, blockMillis: 2, warmMillis: 40 }
  : { rounds: 15, blockMillis: 4, warmMillis: 120 };

const results: Record<string, Section<unknown>> = {};
console.error(`${machine()}, one thread, medians of interleaved rounds`);
for (const name of wanted) {
  const section = await sections[name](effort);
  results[name] = section;
  console.error(`\n${section.title}\n\n${table(section.table)}`);
  if (section.note) console.error(section.note);
}
if (values.json) {
  const rows = Object.fromEntries(Object.entries(results).map(([name, section]) => [name, section.rows]));
  console.log(JSON.stringify({ machine: machine(), ...rows }));
}
process.exit(0); // other engines leave workers behind
