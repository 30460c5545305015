/**
 * Inference: dense and sparse products against the machine's ceiling, the planner's choices, other engines
 * (npm ci --prefix bench/peers). Interleaved, one thread, float32 arrays in and out.
 *
 *   npm run bench:inference [-- --only dense,unstructured,structured,one,relaxed,planner,curve,peers] [--quick] [--json] [--write]
 *
 * --write puts the figures, the plot and the README's table where the documents show them.
 */
import { parseArgs } from 'node:util';
import { OptionError } from '../src/errors.js';
import { expectOneOf } from '../src/options.js';
import { table } from '../src/report/index.js';
import { curveSection } from './inference/curveSection.js';
import { denseSection } from './inference/denseSection.js';
import { oneSampleSection } from './inference/oneSampleSection.js';
import { peersSection } from './inference/peersSection.js';
import { plannerSection } from './inference/plannerSection.js';
import { publish } from './inference/publish.js';
import { relaxedSection } from './inference/relaxedSection.js';
import { structuredSection } from './inference/structuredSection.js';
import { unstructuredSection } from './inference/unstructuredSection.js';
import { machine } from './machine.js';
import type { Effort, Section } from './section.js';

const sections = {
  dense: denseSection,
  unstructured: unstructuredSection,
  structured: structuredSection,
  one: oneSampleSection,
  relaxed: relaxedSection,
  planner: plannerSection,
  curve: curveSection,
  peers: peersSection,
} as const satisfies Readonly<Record<string, (effort: Effort) => Promise<Section<unknown>>>>;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const names = Object.keys(sections) as (keyof typeof sections)[];
const wanted =
  values.only?.split(',').map((name) => expectOneOf('bench:inference', '--only', name, names)) ?? names;
const effort: Effort = values.quick
  ? { rounds: 7, blockMillis: 2, warmMillis: 40 }
  : { rounds: 15, blockMillis: 4, warmMillis: 120 };

const results: { [Name in keyof typeof sections]?: Awaited<ReturnType<(typeof sections)[Name]>> } = {};
console.error(`${machine()}, one thread, medians of interleaved rounds`);
for (const name of wanted) {
  const section = await sections[name](effort);
  Object.assign(results, { [name]: section });
  console.error(`\n${section.title}\n\n${table(section.table)}`);
  if (section.note) console.error(section.note);
}
if (values.write) {
  if (!results.curve || !results.peers)
    throw new OptionError('bench:inference: --write needs curve and peers, got --only without them');
  publish(results.curve.rows, results.peers.rows);
}
if (values.json) {
  const rows = Object.fromEntries(Object.entries(results).map(([name, section]) => [name, section.rows]));
  console.log(JSON.stringify({ machine: machine(), ...rows }));
}
process.exit(0); // other engines leave workers behind
