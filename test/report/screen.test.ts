/** Pages as a browser lays them out: on phones and on paper. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conv2d, dense, flatten, prune, relu, renderReport, sequential } from '../../src/index.js';
import { demoReport } from '../../src/report/index.js';
import { browserPath, launchBrowser, titled } from '../support/runtimes.js';
import { sampleResult } from './sample.js';

const missing = browserPath() ? undefined : 'no Chromium is installed (set CHROMIUM to its path)';

/** Layers, sparsities and a name that take much room. */
async function wideReport(): Promise<string> {
  const name = `/${'a_folder_without_a_place_to_break/'.repeat(4)}model.safetensors`;
  const model = await sequential({ inputShape: [1, 8, 8], seed: 1 }, [
    ...[conv2d(6, 3), relu(), flatten(), dense(20), relu(), dense(10)],
  ]);
  const pruning = await prune(model, { sparsity: 0.5, structure: 'filter' });
  const sparsities = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];
  const points = sparsities.map((sparsity) => ({ sparsity, accuracy: 1 - sparsity / 2, loss: sparsity }));
  const layers = ['conv2d1', 'dense1'].map((layer) => ({
    name: layer,
    weights: 9_999_999,
    sparsity: 0,
    points,
  }));
  const html = renderReport({
    ...{ title: `${name}: pruned`, summary: name, pruning, models: { [name]: model, other: model } },
    sensitivity: { base: { accuracy: 1, loss: 0.1 }, samples: 100, layers },
    facts: { Model: name },
  });
  model.dispose();
  return html;
}

/** For the browser to lay a page out anew, on a busy machine too. */
const PATIENCE = { timeout: 4000 };

describe.skipIf(missing !== undefined)(titled('a page in a browser', missing), () => {
  let browser: Browser;
  let pages: Record<string, string>;

  beforeAll(async () => {
    browser = await launchBrowser();
    pages = { demo: demoReport(sampleResult()), report: await wideReport() };
  });
  afterAll(() => browser?.close());

  async function open(html: string, width: number): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 844 } });
    await page.setContent(html);
    return page;
  }

  test('does not scroll sideways on phones', async () => {
    for (const [name, html] of Object.entries(pages)) {
      for (const width of [360, 390, 1280]) {
        const page = await open(html, width);
        const found = await page.evaluate('document.documentElement.scrollWidth');
        expect(found, `${name} at ${width}`).toBeLessThanOrEqual(width);
        await page.close();
      }
    }
  });

  test('keeps the texts of ticks apart on phones', async () => {
    const page = await open(pages.report!, 390);
    const found = (await page.evaluate(`[...document.querySelectorAll('.narrow svg')]
      .filter((chart) => chart.checkVisibility())
      .flatMap((chart) => {
        const boxes = [...chart.querySelectorAll('text.tick[text-anchor=middle]')].map((text) => text.getBoundingClientRect());
        return boxes.map((box, i) => boxes.slice(i + 1).filter((other) => box.left < other.right && other.left < box.right).length);
      })`)) as number[];
    expect(found.length).toBeGreaterThan(4);
    expect(found.filter((count) => count > 0)).toEqual([]);
    await page.close();
  });

  test('fits on paper, where nothing stays folded', async () => {
    // A4 less its margins, at 96 dots an inch.
    const page = await open(pages.report!, 673);
    const shown = `[...document.querySelectorAll('details > :not(summary)')].map((one) => one.checkVisibility({ contentVisibilityAuto: true }))`;
    expect(await page.evaluate(shown)).toContain(false);
    await page.emulateMedia({ media: 'print' });
    // A page is laid out anew some time after the medium has changed.
    await expect.poll(() => page.evaluate(shown), PATIENCE).not.toContain(false);
    const beyond = `[...document.querySelectorAll('.scroll')].map((box) => box.scrollWidth - box.clientWidth)`;
    const widest = () => page.evaluate(beyond).then((widths) => Math.max(...(widths as number[])));
    await expect.poll(widest, PATIENCE).toBe(0);
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth'), PATIENCE).toBe(673);
    await page.close();
  });
});
