// Bundles one TypeScript entry (a benchmark or an experiment) and runs it: node scripts/run.mjs FILE [ARGS].
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { build as bundle } from 'esbuild';
import { buildKernels, version } from './build.mjs';

const [entry, ...args] = process.argv.slice(2);
await buildKernels();
const outfile = resolve('build/run', entry.replaceAll('/', '_').replace(/\.ts$/, '.mjs'));
await bundle({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  define: { __VERSION__: JSON.stringify(version) },
  sourcemap: 'inline',
  logLevel: 'warning',
});
const run = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], { stdio: 'inherit' });
process.exitCode = run.status ?? 1;
