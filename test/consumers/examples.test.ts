import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadMnist } from '../../datasets/index.js';
import { installPackage } from '../support/installed.js';
import { browserPath, launchBrowser } from '../support/runtimes.js';
import { type Site, serve } from '../support/siteServer.js';

/** A copy of the examples beside the installed package, as a user would have them. */
let folder: string;

beforeAll(() => {
  folder = installPackage();
  cpSync('examples', join(folder, 'examples'), { recursive: true });
  mkdirSync(join(folder, 'web/models'), { recursive: true });
  const model = 'web/models/weight-95.safetensors';
  cpSync(resolve(model), join(folder, model));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** The next line that a process prints. */
const nextLine = (child: ChildProcess) =>
  new Promise<string>((resolve) =>
    child.stdout!.once('data', (data: Buffer) => resolve(String(data).trim())),
  );

describe('examples/node', () => {
  test('answers digits, refuses what is none, and goes when it is told to', async () => {
    const child = spawn(
      process.execPath,
      ['examples/node/server.mjs', 'web/models/weight-95.safetensors', '0'],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const left = new Promise((resolve) => child.once('exit', resolve));
    const address = await nextLine(child);
    const ask = (body: Uint8Array<ArrayBuffer>) => fetch(`${address}/digit`, { method: 'POST', body });
    const { test: samples } = await loadMnist();
    let correct = 0;
    for (let i = 0; i < 50; i++) {
      const pixels = Uint8Array.from(samples.images.subarray(i * 784, (i + 1) * 784), (value) => value * 255);
      const { digit } = (await (await ask(pixels)).json()) as { digit: number };
      if (digit === samples.labels[i]) correct++;
    }
    expect(correct).toBeGreaterThanOrEqual(48);
    for (const length of [0, 783, 5000]) expect((await ask(new Uint8Array(length))).status).toBe(400);
    expect((await fetch(`${address}/health`)).status).toBe(200);
    expect((await fetch(`${address}/else`)).status).toBe(404);
    child.kill('SIGTERM');
    expect(await nextLine(child)).toBe('closed');
    expect(await left).toBe(0);
  });
});

describe.runIf(browserPath())('in Chromium', () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    for (const name of ['vite', 'worker']) {
      const root = join(folder, 'examples', name);
      await build({ root, base: './', logLevel: 'error', build: { outDir: join(folder, 'site', name) } });
    }
    browser = await launchBrowser();
    site = await serve(join(folder, 'site'));
  }, 60_000);
  afterAll(async () => {
    await site.close();
    await browser.close();
  });

  /** Opens a page; what it throws fails the test. */
  async function opened(name: string): Promise<{ page: Page; errors: string[] }> {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${site.address}/${name}/`);
    return { page, errors };
  }

  test('examples/vite reads a one that is drawn', async () => {
    const { page, errors } = await opened('vite');
    const answer = page.locator('#answer');
    await answer.getByText('ready').waitFor();
    const pad = (await page.locator('#pad').boundingBox())!;
    await page.mouse.move(pad.x + 140, pad.y + 50);
    await page.mouse.down();
    for (let y = 50; y <= 230; y += 20) await page.mouse.move(pad.x + 140, pad.y + y);
    await page.mouse.up();
    expect(await answer.textContent()).toBe('1');
    await page.locator('#clear').click();
    expect(await answer.textContent()).toBe('');
    expect(errors).toEqual([]);
    await page.close();
  });

  test('examples/worker trains and prunes beside the page, and stops when it is told to', async () => {
    const { page, errors } = await opened('worker');
    const log = page.locator('#log');
    await page.locator('#start').click();
    await log.getByText('the page runs it: 10 outputs').waitFor();
    expect(await log.textContent()).toMatch(
      /epoch 20: loss .*, accuracy (9\d\.\d|100\.0) %, zeros 90\.0 %\ntrained/,
    );
    await page.locator('#start').click();
    await page.locator('#stop').click();
    await log.getByText('stopped').waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });
});

test('the examples are a few dozen lines each', () => {
  for (const file of ['node/server.mjs', 'vite/main.js', 'worker/main.js', 'worker/worker.js']) {
    expect(readFileSync(join('examples', file), 'utf8').split('\n').length, file).toBeLessThan(70);
  }
});
