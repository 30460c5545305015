import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dense, prune, relu, sequential } from '../../src/index.js';
import { installPackage } from '../support/installed.js';
import { browserPath, launchBrowser, otherNodes, versionOf } from '../support/runtimes.js';
import { type Site, STRICT, serve } from '../support/siteServer.js';
import { bundlers, writeApps } from './apps.js';

let folder: string;
let out: string;
/** What this Node answers, with the package as it is installed. */
let expected: string;

function inNode(node: string): string {
  const code = `
    import { readFileSync } from 'node:fs';
    import { answer } from './answer.js';
    console.log(await answer(readFileSync('site/model.safetensors')));`;
  return execFileSync(node, ['--input-type=module', '-e', code], { cwd: folder, encoding: 'utf8' }).trim();
}

beforeAll(async () => {
  folder = installPackage();
  out = join(folder, 'site');
  mkdirSync(out);
  writeApps(folder);
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  const model = await sequential({ inputShape: [784], seed: 3 }, layers);
  await prune(model, { sparsity: 0.95 });
  await model.save(join(out, 'model.safetensors'));
  model.dispose();
  mkdirSync(join(folder, 'public'));
  copyFileSync(join(out, 'model.safetensors'), join(folder, 'public/model.safetensors'));
  const kernels = join(folder, 'node_modules/espalier/dist/kernels.wasm');
  copyFileSync(kernels, join(out, 'kernels.wasm'));
  copyFileSync(kernels, join(out, 'kernels.bin'));
  expected = inNode(process.execPath);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('the installed package gives the same bits in', () => {
  test('this Node, twice', () => {
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    expect(inNode(process.execPath)).toBe(expected);
  });

  // `npm ci --prefix test/nodes` brings them.
  for (const node of otherNodes()) {
    test(`Node ${versionOf(node)}`, () => {
      expect(inNode(node)).toBe(expected);
    });
  }
});

describe.runIf(browserPath())('in Chromium', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    browser = await launchBrowser();
    site = await serve(out, (path) =>
      path.startsWith('/bare/') ? "default-src 'self'; script-src 'self'" : STRICT,
    );
  });
  afterAll(async () => {
    await site.close();
    await browser.close();
  });

  /** The title that a page ends with; complaints of the browser fail the test. */
  async function titleOf(address: string, mayComplain = false): Promise<string> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
    });
    await page.goto(address);
    // Not waitForFunction: it evaluates text, which a strict policy forbids.
    let title = '';
    while (title === '' || title === 'waiting') title = await page.title();
    await page.close();
    if (!mayComplain) expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    return title;
  }

  test.each(Object.keys(bundlers))(
    'built by %s, under a strict policy, it answers the same',
    async (name) => {
      await bundlers[name]!(folder, join(out, name));
      expect(await titleOf(`${site.address}/${encodeURIComponent(name)}/`)).toBe(`answer ${expected}`);
    },
  );

  test.each([
    ['esbuild', 'inWorker.html'],
    ['webpack', 'inWorker.html'],
    ['vite', 'worker.html'],
  ])('in a worker built by %s', async (name, file) => {
    expect(await titleOf(`${site.address}/${name}/${file}`)).toBe(`answer ${expected}`);
  });

  test('in the development server of Vite', async () => {
    const server = await createServer({ root: folder, logLevel: 'error', server: { port: 0 } });
    try {
      await server.listen();
      const address = server.resolvedUrls!.local[0]!;
      expect(await titleOf(address)).toBe(`answer ${expected}`);
      expect(await titleOf(`${address}worker.html`)).toBe(`answer ${expected}`);
    } finally {
      await server.close();
    }
  });

  test.each(['/kernels.wasm', '/kernels.bin'])('with kernels streamed from %s', async (source) => {
    const address = `${site.address}/esbuild/streamed.html?kernels=${source}`;
    expect(await titleOf(address)).toBe(`answer ${expected}`);
  });

  test('with a page where kernels should be, it says so', async () => {
    writeFileSync(join(out, 'page.wasm'), readFileSync(join(out, 'esbuild/index.html')));
    const address = `${site.address}/esbuild/streamed.html?kernels=/esbuild/index.html`;
    expect(await titleOf(address)).toMatch(
      /^error FORMAT loadKernels: infer must be .*, got an HTML page from http/,
    );
    const missing = `${site.address}/esbuild/streamed.html?kernels=/none.wasm`;
    expect(await titleOf(missing)).toMatch(/^error FILE loadKernels: must be able to fetch .*status 404/);
  });

  test('under a policy without wasm-unsafe-eval, it says what to add', async () => {
    await bundlers.esbuild!(folder, join(out, 'bare'));
    const title = await titleOf(`${site.address}/bare/`, true);
    expect(title).toMatch(
      /^error UNSUPPORTED espalier: the page's Content-Security-Policy must allow WebAssembly; add 'wasm-unsafe-eval'/,
    );
  });
});
