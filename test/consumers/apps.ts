/** Apps that use the installed package, built by the bundlers people use. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';

/** Answers for fixed inputs, in batches of 1 and 32, as one SHA-256 of their bits. */
const ANSWER = `
import { loadSession } from 'espalier/session';

export async function answer(model) {
  const x = Float32Array.from({ length: 45 * 784 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 24);
  const parts = [];
  for (const batch of [1, 32]) {
    const session = await loadSession(model, { batch });
    parts.push(session.run(x));
    session.dispose();
  }
  const bytes = await new Blob(parts).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
`;

/** Shows the outcome of a promise in the title, where the tests look. */
const SHOW = `
export function show(outcome) {
  outcome.then(
    (text) => (document.title = 'answer ' + text),
    (error) => (document.title = 'error ' + error.code + ' ' + error.message),
  );
}
`;
const MAIN = `
import { answer } from './answer.js';
import { show } from './show.js';
show(answer(new URL('/model.safetensors', location.href)));
`;
const WORKER = `
import { answer } from './answer.js';
answer(new URL('/model.safetensors', location.href)).then(
  (text) => postMessage(text),
  (error) => postMessage('error ' + error.message),
);
`;
const IN_WORKER = `
import { show } from './show.js';
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
show(new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data))));
`;
const STREAMED = `
import { loadKernels } from 'espalier/session';
import { answer } from './answer.js';
import { show } from './show.js';
const source = new URLSearchParams(location.search).get('kernels');
show(loadKernels(new URL(source, location.href)).then(() => answer(new URL('/model.safetensors', location.href))));
`;

const page = (script: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>waiting</title><script type="module" src="${script}"></script></html>`;

/** Sources of the apps, in `folder`, which has the package in its node_modules. */
export function writeApps(folder: string): void {
  const files: Record<string, string> = {
    'answer.js': ANSWER,
    'show.js': SHOW,
    'main.js': MAIN,
    'worker.js': WORKER,
    'inWorker.js': IN_WORKER,
    'streamed.js': STREAMED,
    'index.html': page('./main.js'),
    'worker.html': page('./inWorker.js'),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** A folder of the site with a page for each bundled script. */
function site(out: string, ...scripts: string[]): void {
  mkdirSync(out, { recursive: true });
  for (const script of scripts) {
    const name = script === 'main.js' ? 'index.html' : script.replace(/\.js$/, '.html');
    writeFileSync(join(out, name), page(`./${script}`));
  }
}

/** Where a bare import of the package is found, for rollup, which asks its plugins. */
const installed = (folder: string) => ({
  name: 'installed-package',
  resolveId: (source: string) =>
    source === 'espalier/session' ? join(folder, 'node_modules/espalier/dist/session.js') : null,
});

function byWebpack(folder: string, out: string): Promise<void> {
  const compiler = webpack({
    mode: 'production',
    context: folder,
    entry: { main: './main.js', inWorker: './inWorker.js' },
    output: { path: out, filename: '[name].js' },
    performance: { hints: 'error', maxEntrypointSize: 200_000, maxAssetSize: 200_000 },
  });
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      const problem = error ?? (stats?.hasErrors() ? new Error(stats.toString('errors-only')) : null);
      compiler.close(() => (problem ? reject(problem) : resolve()));
    });
  });
}

/** Builds the apps in `folder` with every bundler into folders of `out`, named as they are. */
export const bundlers: Readonly<Record<string, (folder: string, out: string) => Promise<void>>> = {
  async esbuild(folder, out) {
    const entryPoints = ['main.js', 'inWorker.js', 'worker.js', 'streamed.js'].map((name) =>
      join(folder, name),
    );
    await esbuild({ entryPoints, bundle: true, minify: true, format: 'esm', outdir: out, logLevel: 'error' });
    site(out, 'main.js', 'inWorker.js', 'streamed.js');
  },
  async rollup(folder, out) {
    const bundle = await rollup({ input: join(folder, 'main.js'), plugins: [installed(folder)] });
    await bundle.write({ dir: out, format: 'es' });
    await bundle.close();
    site(out, 'main.js');
  },
  async webpack(folder, out) {
    await byWebpack(folder, out);
    site(out, 'main.js', 'inWorker.js');
  },
  async vite(folder, out) {
    const input = { main: join(folder, 'index.html'), inWorker: join(folder, 'worker.html') };
    await vite({
      root: folder,
      base: './',
      logLevel: 'error',
      build: { outDir: out, emptyOutDir: true, rollupOptions: { input } },
    });
  },
  async 'no bundler'(folder, out) {
    site(out, 'main.js');
    cpSync(join(folder, 'node_modules/espalier/dist/session.min.js'), join(out, 'session.min.js'));
    for (const name of ['main.js', 'show.js']) cpSync(join(folder, name), join(out, name));
    writeFileSync(join(out, 'answer.js'), ANSWER.replace('espalier/session', './session.min.js'));
  },
};
