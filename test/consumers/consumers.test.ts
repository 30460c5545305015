import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserPath, launchBrowser, otherNodes, versionOf } from '../support/runtimes.js';
import { type Site, serve } from '../support/siteServer.js';
import { bundlers } from './apps.js';
import { answerIn, type Consumer, makeConsumer } from './site.js';

let consumer: Consumer;

beforeAll(async () => {
  consumer = await makeConsumer();
}, 120_000);
afterAll(() => consumer.remove());

describe('the installed package gives the same bits in', () => {
  test('this Node, twice', () => {
    expect(consumer.expected).toMatch(/^[0-9a-f]{64}$/);
    expect(answerIn(process.execPath, consumer.folder)).toBe(consumer.expected);
  });

  // `npm ci --prefix test/nodes` brings them.
  for (const node of otherNodes()) {
    test(`Node ${versionOf(node)}`, () => {
      expect(answerIn(node, consumer.folder)).toBe(consumer.expected);
    });
  }
});

describe.runIf(browserPath())('in Chromium', () => {
  let browser: Browser;
  let site: Site;
  beforeAll(async () => {
    browser = await launchBrowser();
    site = await serve(consumer.out);
  });
  afterAll(async () => {
    await site.close();
    await browser.close();
  });

  /** The title that a page ends with; complaints of the browser fail the test. */
  async function titleOf(address: string): Promise<string> {
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
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    return title;
  }

  test.each(Object.keys(bundlers))(
    'built by %s, under a strict policy, it answers the same',
    async (name) => {
      await bundlers[name]!(consumer.folder, join(consumer.out, name));
      expect(await titleOf(`${site.address}/${encodeURIComponent(name)}/`)).toBe(
        `answer ${consumer.expected}`,
      );
    },
  );

  test.each([
    ['esbuild', 'inWorker.html'],
    ['webpack', 'inWorker.html'],
    ['vite', 'worker.html'],
  ])('in a worker built by %s', async (name, file) => {
    expect(await titleOf(`${site.address}/${name}/${file}`)).toBe(`answer ${consumer.expected}`);
  });

  test('in the development server of Vite', async () => {
    const server = await createServer({ root: consumer.folder, logLevel: 'error', server: { port: 0 } });
    try {
      await server.listen();
      const address = server.resolvedUrls!.local[0]!;
      expect(await titleOf(address)).toBe(`answer ${consumer.expected}`);
      expect(await titleOf(`${address}worker.html`)).toBe(`answer ${consumer.expected}`);
    } finally {
      await server.close();
    }
  });
});
