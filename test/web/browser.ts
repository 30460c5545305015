/** The built playground in a headless Chromium. */
import { resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { buildWeb } from '../../scripts/web.mjs';
import { serve } from '../../scripts/webServer.mjs';
import { launchBrowser } from '../support/runtimes.js';

/** A page that is watched: whatever it complains of is kept. */
export interface Watched {
  readonly page: Page;
  readonly complaints: string[];
  close(): Promise<void>;
}

/** What building it gave: files with their sizes. */
type Built = Awaited<ReturnType<typeof buildWeb>>;

/** The site and a browser. */
export interface Site {
  readonly address: string;
  readonly built: Built;
  readonly browser: Browser;
  open(options?: BrowserContextOptions): Promise<Watched>;
  close(): Promise<void>;
}

async function watched(browser: Browser, address: string, options: BrowserContextOptions): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    const found = { shift: 0, refused: [] as string[] };
    Object.assign(globalThis, { found });
    document.addEventListener('securitypolicyviolation', (event) =>
      found.refused.push(event.violatedDirective),
    );
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[]) {
        if (!entry.hadRecentInput) found.shift += entry.value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName('first-answer').length > 0);
  return { page, complaints, close: () => context.close() };
}

/** Serves the playground that was built, and starts the browser. */
export async function openSite(built: Built): Promise<Site> {
  const server = await serve(resolve('build/web'), 0);
  const browser = await launchBrowser();
  return {
    address: server.address,
    built,
    browser,
    open: (options = {}) => watched(browser, server.address, options),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Draws lines through points, in shares of the drawing area. */
export async function draw(
  page: Page,
  lines: readonly (readonly (readonly [number, number])[])[],
): Promise<void> {
  const box = (await page.locator('#pad').boundingBox())!;
  for (const line of lines) {
    for (const [i, [x, y]] of line.entries()) {
      await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: i === 0 ? 1 : 4 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
}

/** Drawings that any network should read. */
export const shapes = {
  one: [
    [
      [0.5, 0.15],
      [0.5, 0.85],
    ],
  ],
  zero: [
    Array.from({ length: 21 }, (_, i): [number, number] => [
      0.5 - 0.22 * Math.sin((i / 20) * 2 * Math.PI),
      0.5 - 0.33 * Math.cos((i / 20) * 2 * Math.PI),
    ]),
  ],
  seven: [
    [
      [0.25, 0.2],
      [0.72, 0.2],
      [0.45, 0.85],
    ],
  ],
} as const;

/** What both sides say. */
export async function answers(page: Page): Promise<string[]> {
  return [await page.innerText('#dense-digit'), await page.innerText('#sparse-digit')];
}
