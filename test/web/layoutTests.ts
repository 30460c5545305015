/** How the playground looks in narrow windows, in large text, in contrast themes, and without scripts. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { conv2d, dense, flatten, relu, sequential } from '../../src/index.js';
import type { Site } from './browser.js';

const windowOf = (width: number): BrowserContextOptions => ({ viewport: { width, height: 900 } });

/** Pixels of the smallest text in any chart. */
const smallestLabel = (page: Page) =>
  page.evaluate(() => {
    const texts = [...document.querySelectorAll<SVGTextElement>('svg.chart text')];
    return Math.min(
      ...texts.map((text) => Number.parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM()!.a),
    );
  });

/** What is wider than its place, or than the window. */
const cutOff = (page: Page) =>
  page.evaluate(() => {
    const places = [
      ...document.querySelectorAll('.side p, .side h2, .lane dt, .lane dd, output, .facts dd, .pair, .top'),
    ];
    const cut = places.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth);
    const wide = document.documentElement.scrollWidth > innerWidth;
    const names = cut.map(
      ({ id, className, tagName, textContent }) => id || className || `${tagName} ${textContent}`,
    );
    return [...names, ...(wide ? ['the page'] : [])];
  });

const enlarge = (page: Page) =>
  page.evaluate(() => {
    document.documentElement.style.fontSize = '32px';
  });

/** Gives the page a file, and waits for its model. */
async function give(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  await page.setInputFiles('#file', { name, mimeType: '', buffer: Buffer.from(bytes) });
  await page.waitForFunction((file) => document.querySelector('#sparsity-value')!.textContent === file, name);
}

/** Tests in Chromium. */
export function testLayout(site: () => Site): void {
  describe('its layout', () => {
    test.each([360, 641, 768, 1280])('has labels of at least 11 pixels in charts %i wide', async (width) => {
      const { page, close } = await site().open(windowOf(width));
      await page.waitForSelector('#bench-chart svg');
      await expect.poll(() => page.locator('#curves svg text').count(), { timeout: 5000 }).toBeGreaterThan(9);
      expect(await smallestLabel(page)).toBeGreaterThanOrEqual(11);
      await close();
    });

    test('draws its charts anew for a window of another width', async () => {
      const { page, complaints, close } = await site().open(windowOf(1280));
      await page.waitForSelector('#bench-chart svg');
      await page.setViewportSize({ width: 360, height: 900 });
      for (const chart of ['#bench-chart svg', '#curve-loss svg']) {
        await expect
          .poll(() =>
            page.evaluate((selector) => {
              const svg = document.querySelector<SVGSVGElement>(selector)!;
              return Math.abs(svg.viewBox.baseVal.width - svg.clientWidth);
            }, chart),
          )
          .toBeLessThanOrEqual(1);
      }
      expect(await smallestLabel(page)).toBeGreaterThanOrEqual(11);
      expect(complaints).toEqual([]);
      await close();
    });

    test.each([320, 360, 390])('cuts no text off in a window of %i pixels', async (width) => {
      const { page, close } = await site().open({ ...windowOf(width), hasTouch: true, isMobile: true });
      await page.waitForSelector('#race:not(.timing)');
      expect(await cutOff(page)).toEqual([]);
      expect(await page.innerText('#dense-weights')).toBe('266,200 weights');
      await close();
    });

    test.each([390, 1280])('cuts no text off where it is twice as large, %i pixels wide', async (width) => {
      const { page, close } = await site().open({ ...windowOf(width), hasTouch: true, isMobile: true });
      await page.waitForSelector('#race:not(.timing)');
      await enlarge(page);
      await expect.poll(() => cutOff(page), { timeout: 5000 }).toEqual([]);
      await close();
    });

    test('keeps pictures of filters low, calls them filters, and folds all but six layers', async () => {
      const { page, close } = await site().open();
      const layers = Array.from({ length: 7 }, () => [conv2d(16, 3, { padding: 'same' }), relu()]).flat();
      const head = [conv2d(4, 5, { stride: 8 }), flatten(), dense(10)];
      const model = await sequential({ inputShape: [1, 28, 28], seed: 1 }, [...layers, ...head]);
      await give(page, 'deep.safetensors', model.encode());
      model.dispose();
      const captions = await page.locator('#masks > figure b').allInnerTexts();
      expect(captions.slice(0, 2)).toEqual(['16 filters of 1×3×3', '16 filters of 16×3×3']);
      expect(captions).toHaveLength(6);
      const tallest = () =>
        page.evaluate(() =>
          Math.max(
            ...[...document.querySelectorAll('#masks canvas')].map(({ clientHeight }) => clientHeight),
          ),
        );
      expect(await tallest()).toBeLessThanOrEqual(320);
      expect(await page.locator('#masks summary').innerText()).toBe('3 more layers');
      await page.click('#masks summary');
      expect(await page.locator('details figure:visible').count()).toBe(3);
      expect(await tallest()).toBeLessThanOrEqual(320);
      await page.click('#theme');
      await page.click('#theme');
      expect(await page.locator('details figure:visible').count()).toBe(3);
      await close();
    });

    test('tells what is selected, and shows bars and tracks, in a contrast theme', async () => {
      const { page, close } = await site().open({ forcedColors: 'active' });
      await page.waitForSelector('#race:not(.timing)');
      const back = (selector: string) =>
        page.evaluate((s) => getComputedStyle(document.querySelector(s)!).backgroundColor, selector);
      const card = await back('.card');
      const marked = [
        '.segments input:checked + span',
        '.track.dense i',
        '.track.sparse i',
        '.lane.sparse i',
      ];
      for (const selector of [...marked, '.lane.dense i'])
        expect(await back(selector), selector).not.toBe(card);
      expect(
        await page.evaluate(() => getComputedStyle(document.querySelector('.track')!).borderTopWidth),
      ).toBe('1px');
      await close();
    });

    test('says at its head that it needs scripts where there are none, and hides the rest', async () => {
      const context = await site().browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(site().address);
      expect(await page.locator('noscript p').isVisible()).toBe(true);
      for (const each of ['.stage', '#bench', '#start', '#theme', 'footer'])
        expect(await page.locator(each).isVisible(), each).toBe(false);
      await context.close();
    });
  });
}
