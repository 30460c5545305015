// What a page downloads: the bundles of common uses, minified and gzip -9, against limits: raising one is a decision.
//   npm run size [-- --json]        after a build
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const KB = 1000;

/** Name, what a page imports, and the most bytes that it may download. */
const uses = [
  ['run a model: loadSession', "export { loadSession } from './dist/session.js';", 50 * KB],
  ['everything of espalier/session', "export * from './dist/session.js';", 53.3 * KB],
  [
    'build, train, run',
    "export { sequential, dense, relu, adam, createSession } from './dist/index.js';",
    130.8 * KB,
  ],
  ['everything of espalier', "export * from './dist/index.js';", 183.6 * KB],
];
/** Files, and the most bytes of each. */
const files = [
  ['kernels.wasm', 12.8 * KB],
  ['kernels-train.wasm', 16.8 * KB],
  ['kernels-prune.wasm', 3.1 * KB],
  ['kernels-relaxed.wasm', 12.8 * KB],
];

const sizes = (bytes) => ({ bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length });

async function bundled(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    logLevel: 'error',
  });
  return sizes(outputFiles[0].contents);
}

const rows = [];
for (const [name, code, limit] of uses) rows.push({ name, limit, ...(await bundled(code)) });
for (const [file, limit] of files) {
  rows.push({ name: file, limit, ...sizes(readFileSync(resolve(root, 'dist', file))) });
}

const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
if (values.json) console.log(JSON.stringify(rows));
else {
  const text = rows.map(({ name, bytes, gzip, limit }) => [name, bytes, gzip, Math.round(limit)].map(String));
  const table = [['', 'bytes', 'gzip -9', 'limit'], ...text];
  const widths = table[0].map((_, i) => Math.max(...table.map((row) => row[i].length)));
  const line = (row) =>
    row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ');
  for (const row of table) console.log(line(row));
}
for (const { name, gzip, limit } of rows) {
  if (gzip <= limit) continue;
  console.error(`size: ${name} must be at most ${limit} bytes gzip, got ${gzip}`);
  process.exitCode = 1;
}
