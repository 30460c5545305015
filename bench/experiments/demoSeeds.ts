/** The demo over several seeds: does 95 % sparsity keep the accuracy? Final test accuracies, mean and spread. */
import { join } from 'node:path';
import { main } from '../../src/cli/dispatch.js';
import { formatPercent, formatRatio, table } from '../../src/report/index.js';
import { machine } from '../machine.js';

interface DemoFigures {
  readonly seconds: number;
  readonly dense: { readonly accuracy: number };
  readonly sparse: { readonly accuracy: number; readonly sparsity: number };
  readonly bench: readonly { readonly batch: number; readonly speedup: number }[];
}

async function runDemo(seed: number): Promise<DemoFigures> {
  const lines: string[] = [];
  const code = await main(
    ['demo', '--json', '--seed', String(seed), '--out', join('runs', 'demo-seeds', String(seed))],
    {
      stdout: { write: (text: string) => lines.push(text) },
      stderr: process.stderr,
      env: process.env,
      program: 'espalier',
      signal: new AbortController().signal,
    },
  );
  if (code !== 0) throw new Error(`demo-seeds: the demo with seed ${seed} must exit with 0, got ${code}`);
  return JSON.parse(lines.join('').trim().split('\n').at(-1)!) as DemoFigures;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Runs the demo once per seed and prints accuracy of both networks and their difference in points. */
export async function demoSeeds(seeds: readonly number[]): Promise<unknown> {
  const runs: (DemoFigures & { seed: number })[] = [];
  for (const seed of seeds) runs.push({ ...(await runDemo(seed)), seed });
  const points = (dense: number, sparse: number) => ((sparse - dense) * 100).toFixed(2);
  const row = (name: string, dense: number, sparse: number, seconds: number, speedups: readonly number[]) => [
    name,
    formatPercent(dense),
    formatPercent(sparse),
    points(dense, sparse),
    ...speedups.map(formatRatio),
    `${seconds.toFixed(0)} s`,
  ];
  const batches = runs[0]!.bench.map(({ batch }) => batch);
  const rows = runs.map((run) =>
    row(
      `seed ${run.seed}`,
      run.dense.accuracy,
      run.sparse.accuracy,
      run.seconds,
      run.bench.map((b) => b.speedup),
    ),
  );
  const dense = mean(runs.map((run) => run.dense.accuracy));
  const sparse = mean(runs.map((run) => run.sparse.accuracy));
  const speedups = batches.map((_, i) => mean(runs.map((run) => run.bench[i]!.speedup)));
  rows.push(row('mean', dense, sparse, mean(runs.map((run) => run.seconds)), speedups));
  const header = ['', 'dense', `sparse ${formatPercent(runs[0]!.sparse.sparsity, 0)}`, 'points'];
  header.push(...batches.map((batch) => `batch ${batch}`), 'time');
  console.error(`\nLeNet-300-100 on MNIST, official test set, final accuracy\n${machine()}\n`);
  console.error(table([header, ...rows]));
  return { machine: machine(), dense, sparse, points: (sparse - dense) * 100, runs };
}
