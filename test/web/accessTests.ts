/** What readers of all kinds meet: rules of axe, names, and what screen readers are told. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { dense, sequential } from '../../src/index.js';
import { answers, draw, type Site, shapes } from './browser.js';

/** Of WCAG 2.2, levels A and AA, and what axe's authors advise besides. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Rules that the page breaks, each with where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    // Off by default, as experimental: names that hold the visible text.
    (values) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
        runOnly: { type: 'tag', values },
        rules: { 'label-content-name-mismatch': { enabled: true } },
      }),
    rules,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' '))}`);
}

const spoken = (page: Page) => page.locator('#spoken').innerText();
const reads = (page: Page, selector: string, timeout = 15_000) =>
  expect.poll(() => page.innerText(selector), { timeout });

/** Tests in Chromium. */
export function testAccess(site: () => Site): void {
  describe('for everybody', () => {
    test('leaves the keyboard on what can be pressed, before, during and after training', async () => {
      const { page, close } = await site().open({ serviceWorkers: 'block' });
      const focused = () =>
        expect.poll(() => page.evaluate(() => document.activeElement!.id), { timeout: 15_000 });
      await page.waitForSelector('#race:not(.timing)');
      await page.fill('#epochs', '30');
      await page.focus('#start');
      await page.keyboard.press('Enter');
      await focused().toBe('stop');
      await page.keyboard.press('Enter');
      await reads(page, '#train-status').toMatch(/^Stopped/);
      await focused().toBe('start');
      await page.keyboard.press('Enter');
      await focused().toBe('stop');
      await page.focus('#epochs'); // whoever moved on is left alone
      await page.evaluate(() => document.querySelector<HTMLButtonElement>('#stop')!.click());
      await reads(page, '#train-status').toMatch(/^Stopped/);
      await focused().toBe('epochs');
      await close();
    });

    test.each(['light', 'dark'] as const)(
      'breaks no rule of axe in its main states, %s',
      async (scheme) => {
        const { page, close } = await site().open({ colorScheme: scheme, serviceWorkers: 'block' });
        await page.waitForSelector('#race:not(.timing)');
        expect(await violations(page), 'at first').toEqual([]);
        await page.click('#clear');
        expect(await violations(page), 'nothing drawn').toEqual([]);
        await draw(page, shapes.one);
        const model = await sequential({ inputShape: [784], seed: 1 }, [
          ...Array.from({ length: 7 }, () => dense(20)),
          dense(10),
        ]);
        const file = { name: 'mine.safetensors', mimeType: '', buffer: Buffer.from(model.encode()) };
        model.dispose();
        await page.setInputFiles('#file', file);
        await reads(page, '#sparse-name').toBe('From a file');
        await page.click('#masks summary');
        await page.waitForSelector('#race:not(.timing)');
        await page.waitForTimeout(300); // until colours have faded in
        expect(await violations(page), 'a file in use').toEqual([]);
        await page.setInputFiles('#file', { ...file, name: 'torn.safetensors', buffer: Buffer.alloc(9) });
        await page.route('**/digits/*', (route) => route.abort());
        await page.click('#random');
        await page.waitForSelector('#banner:not([hidden])');
        await reads(page, '#file-outcome').toContain('cannot be used');
        expect(await violations(page), 'errors').toEqual([]);
        await page.unroute('**/digits/*');
        await page.fill('#epochs', '3');
        await page.click('#start');
        await reads(page, '#train-status').toContain('digits a second');
        expect(await violations(page), 'training').toEqual([]);
        await reads(page, '#train-status', 40_000).toMatch(/^Done/);
        await page.click('#bench');
        await page.waitForSelector('#bench-table table', { timeout: 50_000 });
        expect(await violations(page), 'trained and measured').toEqual([]);
        await close();
      },
      120_000,
    );

    test('has visible texts for names of buttons', async () => {
      const { page, close } = await site().open();
      for (const name of ['auto', 'light', 'dark']) {
        expect(await page.getByRole('button', { name: `Colours: ${name}`, exact: true }).count()).toBe(1);
        await page.click('#theme');
      }
      await close();
    });

    test('says aloud what it shows: names, and how sure', async () => {
      const { page, close } = await site().open();
      await reads(page, '#spoken').toBe(
        'Dense says 5, more than 99.9 percent sure. Pruned says 5, more than 99.9 percent sure.',
      );
      await page.fill('#sparsity', '0');
      await reads(page, '#spoken').toContain('Not pruned says 5');
      expect(await page.innerText('#sparse-lane')).toBe('Not pruned');
      const model = await sequential({ inputShape: [784], seed: 1 }, [dense(10)]);
      const buffer = Buffer.from(model.encode());
      model.dispose();
      await page.setInputFiles('#file', { name: 'linear.safetensors', mimeType: '', buffer });
      await reads(page, '#spoken').toMatch(/From a file says \d, \d+\.\d percent sure\.$/);
      const sure = /(\d+\.\d) percent sure\.$/.exec(await spoken(page))![1];
      expect(await page.innerText('#sparse-sure')).toBe(`${sure}\u00a0% sure`);
      expect(await page.innerText('#sparse-lane')).toBe('From a file');
      await close();
    });

    test('shows a dash for a network that gives no numbers', async () => {
      const { page, close } = await site().open();
      const model = await sequential({ inputShape: [784], seed: 1 }, [dense(10)]);
      const weights = model.getWeights();
      weights[0]!.fill(3e38); // sums of those overflow
      model.setWeights(weights);
      const buffer = Buffer.from(model.encode());
      model.dispose();
      await page.setInputFiles('#file', { name: 'huge.safetensors', mimeType: '', buffer });
      await reads(page, '#sparse-sure').toBe('gives no numbers');
      expect(await page.innerText('#dense-sure')).toBe('gives no numbers');
      expect(await answers(page)).toEqual(['–', '–']);
      expect(await page.innerText('#bars')).not.toMatch(/NaN|%/);
      await reads(page, '#spoken').toBe('Dense gives no numbers. From a file gives no numbers.');
      await page.click('#clear');
      expect((await page.innerText('#sparse-sure')).trim()).toBe('');
      await close();
    });
  });
}
