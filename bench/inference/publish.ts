/** Puts figures where the documents show them: the README's tables, the plot, the raw numbers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatMicros, formatRatio } from '../../src/report/index.js';
import { machine } from '../machine.js';
import { speedupPlot } from '../plots/speedup.js';
import type { CurveRow } from './curveSection.js';
import type { NetworkRow } from './peersSection.js';

const FOLDER = 'bench/results';
const BEGIN = '<!-- bench:inference --write begins -->';
const END = '<!-- bench:inference --write ends -->';

function plot(curve: readonly CurveRow[], peers: readonly NetworkRow[]): string {
  const lenet = peers.filter((row) => row.network === peers[0]!.network);
  return speedupPlot({
    title: 'LeNet-300-100: speed-up over our own dense engine',
    machine: machine(),
    batches: lenet.map(({ batch, peers: others }) => ({
      batch,
      points: curve.filter((row) => row.batch === batch),
      peers: others.map(({ name, overDense }) => ({ name: name.split(' ')[0]!, speedup: 1 / overDense })),
    })),
  });
}

/** One network: engines down, batches across; how many times faster the 95 % sparse one is. */
function networkTable(rows: readonly NetworkRow[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const times = (name: string, of: (row: NetworkRow) => string) => line([name, ...rows.map(of)]);
  const peers = rows[0]!.peers.map(({ name }, i) =>
    times(name, (row) => {
      const peer = row.peers[i]!;
      return `${formatMicros(peer.micros)} (${formatRatio(peer.over95)})`;
    }),
  );
  return [
    line([`**${rows[0]!.network}**`, ...rows.map(({ batch }) => `batch ${batch}`)]),
    line(['---', ...rows.map(() => '---')]),
    times('Espalier, 95 % zeros', (row) => `**${formatMicros(row.micros95)}**`),
    times('Espalier, 90 % zeros', (row) => formatMicros(row.micros90)),
    times('Espalier, dense', (row) => `${formatMicros(row.denseMicros)} (${formatRatio(row.denseOver95)})`),
    ...peers,
  ];
}

function readmeBlock(peers: readonly NetworkRow[]): string {
  const networks = [...new Set(peers.map((row) => row.network))];
  const tables = networks.flatMap((name) => [
    ...networkTable(peers.filter((row) => row.network === name)),
    '',
  ]);
  return [
    BEGIN,
    '![Speed-up against sparsity](bench/results/speedup.svg)',
    '',
    'Time of a call, and in brackets how many times faster our 95 % sparse network is. The other engines run fully',
    'connected layers dense, whatever zeros their weights hold.',
    '',
    ...tables,
    `${machine()}, one thread, image-like inputs, zeros at random places in every layer; medians of interleaved rounds`,
    'by `npm run bench:inference -- --only curve,peers --write` after `npm ci --prefix bench/peers`.',
    END,
  ].join('\n');
}

/** Writes bench/results and the README's block. Needs both sections. */
export function publish(curve: readonly CurveRow[], peers: readonly NetworkRow[]): void {
  mkdirSync(resolve(FOLDER), { recursive: true });
  writeFileSync(resolve(FOLDER, 'speedup.svg'), plot(curve, peers));
  writeFileSync(
    resolve(FOLDER, 'inference.json'),
    `${JSON.stringify({ machine: machine(), curve, peers }, null, 1)}\n`,
  );
  const readme = readFileSync('README.md', 'utf8');
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md: must hold ${BEGIN} and ${END}, got neither or one`);
  writeFileSync('README.md', before + readmeBlock(peers) + after);
}
