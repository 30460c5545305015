/**
 * Training with Adam at batch 64: dense beside the machine's ceiling, sparse storage beside dense, from which share of
 * zeros it pays, LeNet-5, memory, and jax-js (npm ci --prefix bench/peers). Interleaved, one thread; every step copies its batch in.
 *
 *   npm run bench:training [-- --only dense,sparse,crossover,convolutions,bytes,memory,peers] [--quick] [--synthetic] [--json]
 */
import { parseArgs } from 'node:util';
import { expectOneOf } from '../src/options.js';
import { table } from '../src/report/index.js';
import { machine } from './machine.js';
import type { Effort, Section } from './section.js';
import { bytesSection } from './training/bytesSection.js';
import { type Batches, loadBatches } from './training/cases.js';
import { convSection } from './training/convSection.js';
import { crossoverSection } from './training/crossoverSection.js';
import { denseSection } from './training/denseSection.js';
import { memoryProbe, memorySection } from './training/memorySection.js';
import { peersSection } from './training/peersSection.js';
import { sparseSection } from './training/sparseSection.js';

const sections = {
  dense: denseSection,
  sparse: sparseSection,
  crossover: crossoverSection,
  convolutions: convSection,
  bytes: bytesSection,
  memory: memorySection,
  peers: peersSection,
} as const satisfies Readonly<
  Record<string, (effort: Effort, data: { digits: Batches; noise: Batches }) => Promise<Section<unknown>>>
>;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    synthetic: { type: 'boolean', default: false },
    probe: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

if (values.probe) await memoryProbe();
else {
  const names = Object.keys(sections) as (keyof typeof sections)[];
  const wanted =
    values.only?.split(',').map((name) => expectOneOf('bench:training', '--only', name, names)) ?? names;
  const effort: Effort = values.quick
    ? { rounds: 7, blockMillis: 15, warmMillis: 150 }
    : { rounds: 21, blockMillis: 40, warmMillis: 600 };
  const data = await loadBatches(values.synthetic);
  const results: Record<string, readonly unknown[]> = {};
  console.error(`${machine()}, one thread, medians of interleaved rounds`);
  for (const name of wanted) {
    const section: Section<unknown> = await sections[name](effort, data);
    results[name] = section.rows;
    console.error(`\n${section.title}\n\n${table(section.table)}`);
    if (section.note) console.error(section.note);
  }
  if (values.json) console.log(JSON.stringify({ machine: machine(), ...results }));
  process.exit(0); // other engines leave workers behind
}
