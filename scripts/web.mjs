// Builds the playground (web/) as a static site in build/web; --serve serves it: [--port N], default 4173.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { buildKernels } from './build.mjs';
import { serve } from './webServer.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'build/web');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
  define: { __VERSION__: JSON.stringify(version) },
  alias: {
    espalier: './src/index.ts',
    'espalier/session': './src/session.ts',
    'espalier/datasets': './datasets/index.ts',
  },
};

/** Bundles a file for this very process, and imports it. */
async function load(contents, name) {
  const outfile = join(root, 'build/run', `${name}.mjs`);
  await build({
    ...common,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  return import(`${pathToFileURL(outfile).href}?${Date.now()}`);
}

/** The page and its worker share chunks; the page's entry has inference alone. */
async function buildScripts() {
  const { metafile } = await build({
    ...common,
    entryPoints: { main: 'web/main.ts', worker: 'web/worker.ts' },
    outdir: out,
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
  });
  await build({ ...common, entryPoints: ['web/theme.ts'], outdir: out, format: 'iife' });
  return metafile.outputs;
}

/** Chunks that main.js imports at once: the page asks for them before it has read main.js. */
function chunksOfMain(outputs) {
  const found = new Set();
  const walk = (file) => {
    for (const { path, kind } of outputs[file].imports) {
      if (kind !== 'import-statement' || found.has(path)) continue;
      found.add(path);
      walk(path);
    }
  };
  walk('build/web/main.js');
  return [...found].map((file) => relative('build/web', file));
}

/** The sheet of the house's charts, with a choice of colours besides that of the system. */
async function buildStyle() {
  const { chartSheet } = await load(`export { chartSheet } from './src/report/style.js'`, 'webStyle');
  const dark = /@media screen and \(prefers-color-scheme:dark\)\{:root\{([^}]*)\}\}/;
  if (!dark.test(chartSheet)) throw new Error('src/report/style.ts must hold dark colours for :root');
  const colours = chartSheet.replace(
    dark,
    '@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){$1}}:root[data-theme=dark]{$1}',
  );
  const { code } = await transform(`${colours}\n${readFileSync(join(root, 'web/style.css'), 'utf8')}`, {
    loader: 'css',
    minify: true,
  });
  writeFileSync(join(out, 'style.css'), code);
}

/** Labels, then pixels 0 to 255, gzipped; by a name that no server takes for an encoding of its own. */
function writeDigits(name, parts) {
  const labels = parts.flatMap((part) => [...part.labels]);
  const pixels = parts.map(({ images }) => Uint8Array.from(images, (unit) => Math.round(unit * 255)));
  const bytes = Buffer.concat([Uint8Array.from(labels), ...pixels]);
  mkdirSync(join(out, 'digits'), { recursive: true });
  writeFileSync(join(out, 'digits', `${name}.bin`), gzipSync(bytes, { level: 9 }));
}

/** The 10,000 digits of the package `mnist` to train with, and 300 of the official test set to draw at random. */
async function buildDigits() {
  const { loadDigits, loadMnist, pick } = await load(`export * from './datasets/index.js'`, 'webDigits');
  const { train, validation, test } = await loadDigits();
  writeDigits('train', [train, validation, test]);
  const official = (await loadMnist()).test;
  writeDigits('test', [
    pick(
      official,
      Array.from({ length: 300 }, (_, i) => i * 33),
    ),
  ]);
}

function buildPage(outputs) {
  const manifest = JSON.parse(readFileSync(join(root, 'web/models/manifest.json'), 'utf8'));
  const first = manifest.find(({ sparsity, structure }) => sparsity === 0.95 && structure === 'weight');
  const modules = ['main.js', ...chunksOfMain(outputs)].map(
    (file) => `<link rel="modulepreload" href="${file}">`,
  );
  const page = readFileSync(join(root, 'web/index.html'), 'utf8')
    .replace(/\s*<!-- .*? -->/g, '')
    .replace('%FIRST%', `models/${first.file}`)
    .replace('%DIGITS%', `${(statSync(join(out, 'digits/train.bin')).size / 1e6).toFixed(1)} MB`)
    .replace('%MODULES%\n', modules.map((line) => `${line}\n`).join(''));
  writeFileSync(join(out, 'index.html'), page);
  for (const file of ['icon.svg', 'app.webmanifest']) cpSync(join(root, 'web', file), join(out, file));
  cpSync(join(root, 'web/models'), join(out, 'models'), {
    recursive: true,
    filter: (file) => !file.endsWith('manifest.json'),
  });
}

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(out, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();

/** Last, as it names every file, and is another one when any of them changes. */
async function buildServiceWorker() {
  const files = filesIn(out);
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(out, file)));
  const isRest = (file) =>
    file.startsWith('digits/') || (file.startsWith('models/') && !/weight-95|dense/.test(file));
  const site = {
    version: hash.digest('hex').slice(0, 16),
    shell: ['./', ...files.filter((file) => !isRest(file))],
    rest: files.filter(isRest),
  };
  await build({
    ...common,
    entryPoints: ['web/serviceWorker.ts'],
    outdir: out,
    format: 'iife',
    define: { SITE: JSON.stringify(site) },
  });
}

/** Bytes of what comes over the wire. */
function sizes() {
  const zipped = (file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length;
  return filesIn(out).map((file) => ({
    file,
    bytes: readFileSync(join(out, file)).length,
    gzip: zipped(file),
  }));
}

/** Builds everything into build/web; returns the files with their sizes, plain and gzipped. */
export async function buildWeb() {
  await buildKernels();
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const outputs = await buildScripts();
  await buildStyle();
  await buildDigits();
  buildPage(outputs);
  await buildServiceWorker();
  const first = ['main.js', ...chunksOfMain(outputs)];
  return { sizes: sizes(), first };
}

function report({ sizes: all, first }) {
  const sum = (files) => files.reduce((total, { gzip }) => total + gzip, 0);
  const script = all.filter(({ file }) => file.endsWith('.js'));
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  console.log(`build/web: ${all.length} files, ${kb(all.reduce((total, { bytes }) => total + bytes, 0))}`);
  console.log(
    `scripts gzipped: ${kb(sum(script.filter(({ file }) => first.includes(file))))} for the first answer,`,
  );
  console.log(`  ${kb(sum(script))} in all`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  report(await buildWeb());
  if (process.argv.includes('--serve')) {
    const given = process.argv.indexOf('--port');
    const port = given < 0 ? 4173 : Number(process.argv[given + 1]);
    const taken = (error) => (error.code === 'EADDRINUSE' ? serve(out, 0) : Promise.reject(error));
    const { address } = await serve(out, port).catch(taken);
    console.log(`\n${address}   (Ctrl+C ends it)`);
  }
}
