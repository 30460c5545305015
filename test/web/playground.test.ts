import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWeb } from '../../scripts/web.mjs';
import { conv2d, dense, flatten, relu, sequential } from '../../src/index.js';
import { firefox } from '../browsers/firefox.js';
import { webkit } from '../browsers/webkit.js';
import { browserPath } from '../support/runtimes.js';
import { testAccess } from './accessTests.js';
import { answers, draw, openSite, type Site, shapes, type Watched } from './browser.js';
import { testPlaygroundIn } from './engineTests.js';
import { testLayout } from './layoutTests.js';
import { testTrouble } from './troubleTests.js';

let built: Awaited<ReturnType<typeof buildWeb>>;
beforeAll(async () => {
  built = await buildWeb();
}, 60_000);

testPlaygroundIn(firefox);
testPlaygroundIn(webkit);

describe.runIf(browserPath())('the playground', () => {
  let site: Site;
  let open: Watched;

  beforeAll(async () => {
    site = await openSite(built);
    open = await site.open();
  }, 30_000);
  afterAll(() => site?.close());

  testTrouble(() => site);
  testLayout(() => site);
  testAccess(() => site);

  test('answers at once, before anything is drawn', async () => {
    const { page } = open;
    const { startTime, loaded } = await page.evaluate(() => {
      const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      const answer = performance.getEntriesByName('first-answer')[0]!;
      return { startTime: answer.startTime, loaded: navigation!.loadEventStart };
    });
    const gzip = (files: readonly string[]) =>
      site.built.sizes.filter(({ file }) => files.includes(file)).reduce((sum, one) => sum + one.gzip, 0);
    console.log(
      `first answer ${Math.round(startTime)} ms after the page was asked for, ${Math.round(startTime - loaded)} ms after ` +
        `its load event, with ${gzip(site.built.first)} bytes of gzipped script`,
    );
    expect(startTime).toBeLessThan(5000); // a sanity bound: machines differ
    expect(await page.innerText('#sparse-digit')).toBe('5');
    await page.waitForFunction(() => document.querySelector('#dense-digit')!.textContent === '5');
  });

  test('reads what is drawn with the mouse, densely and pruned', async () => {
    const { page } = open;
    for (const [name, digit] of [
      ['one', '1'],
      ['zero', '0'],
      ['seven', '7'],
    ] as const) {
      await page.click('#clear');
      expect(await answers(page)).toEqual(['–', '–']);
      await draw(page, shapes[name]);
      await page.waitForFunction((d) => document.querySelector('#sparse-digit')!.textContent === d, digit);
      expect(await answers(page)).toEqual([digit, digit]);
    }
  });

  test('times both, and says how many times faster', async () => {
    const { page } = open;
    await page.waitForSelector('#race:not(.timing)');
    expect(await page.innerText('#dense-time')).toMatch(/^[\d.]+\s[µm]s$/);
    expect(await page.innerText('#sparse-time')).toMatch(/^[\d.]+\s[µm]s$/);
    expect(await page.innerText('.ratio')).toMatch(/^[\d.]+×\s+(faster|slower|as fast)$/);
  });

  test('draws a digit of the test set at random', async () => {
    const { page } = open;
    await page.click('#random');
    await page.waitForFunction(() => /: a \d\./.test(document.querySelector('#source')!.textContent!));
    const label = /a (\d)/.exec(await page.innerText('#source'))![1];
    expect(await answers(page)).toContain(label);
  });

  test('shows accuracy, bytes and masks of the model at every stop of the slider', async () => {
    const { page } = open;
    const weights = ['266,200', '133,100', '53,240', '26,620', '13,310', '5,324', '2,662'];
    for (const [stop, count] of weights.entries()) {
      await page.fill('#sparsity', String(stop));
      await page.waitForFunction((n) => document.querySelector('#fact-weights')!.textContent === n, count);
      expect(await page.innerText('#fact-accuracy')).toMatch(/^9\d\.\d\d\s%$/);
    }
    await page.check('input[name=structure][value=block]');
    await page.waitForFunction(() => document.querySelector('#fact-weights')!.textContent === '2,576');
    await page.waitForFunction(() => document.querySelector('#masks')!.textContent!.includes('of 235,200'));
    expect(await page.innerText('#reads-text')).toMatch(/^\d+ of 784/);
  });

  test('trains and prunes a network, stops when told, and draws with it', async () => {
    const { page } = open;
    await page.fill('#epochs', '30');
    await page.click('#start');
    await page.waitForFunction(() =>
      /digits a second/.test(document.querySelector('#train-status')!.textContent!),
    );
    await page.click('#stop');
    await page.waitForFunction(() => /^Stopped/.test(document.querySelector('#train-status')!.textContent!));
    await page.fill('#epochs', '4');
    await page.fill('#target', '90');
    await page.click('#start');
    await page.waitForFunction(
      () => /^Done/.test(document.querySelector('#train-status')!.textContent!),
      null,
      {
        timeout: 40_000,
      },
    );
    expect(await page.innerText('#train-status')).toMatch(/: 9\d\.\d\s% of 1,000 .* 90\.0\s% cut away/);
    expect(await page.innerText('#curve-sparsity-value')).toMatch(/^90\.0\s%$/);
    const saved = page.waitForEvent('download');
    await page.click('#download');
    expect((await saved).suggestedFilename()).toBe('trained-here.safetensors');
    await page.click('#use');
    await page.waitForFunction(() => document.querySelector('#sparse-name')!.textContent === 'Yours');
    await page.click('#clear');
    await draw(page, shapes.one);
    await page.waitForFunction(() => document.querySelector('#sparse-digit')!.textContent === '1');
  }, 60_000);

  test('measures this machine, and draws and lists what came out', async () => {
    const { page } = open;
    await page.click('#bench');
    await page.waitForSelector('#bench-table table', { timeout: 50_000 });
    expect(await page.locator('#bench-table tbody tr').count()).toBe(14);
    expect(await page.locator('#bench-chart svg').count()).toBe(2);
    const cells = await page.locator('#bench-table tbody td').allInnerTexts();
    expect(cells.filter((cell) => !/^[\d.]+(\s[µm]s|×)$/.test(cell))).toEqual([]);
  }, 60_000);

  test('opens model files, of convolutions too, and says what is wrong with others', async () => {
    const { page } = open;
    const outcome = page.locator('#file-outcome');
    const give = async (name: string, bytes: Uint8Array) => {
      await page.setInputFiles('#file', { name, mimeType: '', buffer: Buffer.from(bytes) });
    };
    const conv = await sequential({ inputShape: [1, 28, 28], seed: 1 }, [
      conv2d(4, 5, { stride: 4 }),
      relu(),
      flatten(),
      dense(10),
    ]);
    await give('mine.safetensors', conv.encode());
    await page.waitForFunction(() => document.querySelector('#sparse-name')!.textContent === 'From a file');
    expect(await outcome.innerText()).toContain('mine.safetensors answers now');
    expect(await answers(page)).not.toContain('–');
    const file = readFileSync(resolve('web/models/weight-99.safetensors'));
    await give('torn.safetensors', file.subarray(0, 9000));
    await expect
      .poll(() => outcome.innerText())
      .toMatch(/^torn.safetensors cannot be used\. \w+: .*must.*got/);
    const dropped = await page.evaluateHandle(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['<!doctype html><title>no</title>'], 'page.html'));
      return transfer;
    });
    await page.dispatchEvent('body', 'drop', { dataTransfer: dropped });
    await expect.poll(() => outcome.innerText()).toMatch(/^page.html cannot be used\. \w+: .*must/);
    const narrow = await sequential({ inputShape: [10], seed: 1 }, [dense(10)]);
    await give('narrow.safetensors', narrow.encode());
    await expect
      .poll(() => outcome.innerText())
      .toContain('must take 784 pixels (28 x 28), got one that takes 10');
    expect(await page.innerText('#sparse-name')).toBe('From a file');
    await page.fill('#sparsity', '4');
    await page.waitForFunction(() => document.querySelector('#sparse-name')!.textContent === 'Pruned');
  });

  test('works offline, all of it, once it has been open', async () => {
    const { page } = open;
    await page.waitForFunction(() => /offline/.test(document.querySelector('#offline')!.textContent!));
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#dense-digit')!.textContent === '5');
    await page.fill('#sparsity', '1');
    await page.waitForFunction(() =>
      document.querySelector('#sparsity-value')!.textContent!.startsWith('50'),
    );
    await page.click('#random');
    await page.waitForFunction(() => /: a \d\./.test(document.querySelector('#source')!.textContent!));
    await page.context().setOffline(false);
  });

  test('works with keys alone', async () => {
    const { page } = open;
    await page.reload();
    await page.waitForFunction(() => performance.getEntriesByName('first-answer').length > 0);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Skip to the drawing area');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement!.id === 'pad');
    await page.keyboard.press('Delete');
    for (let i = 0; i < 9; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.down(' ');
    for (let i = 0; i < 18; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.up(' ');
    await page.waitForFunction(() => document.querySelector('#sparse-digit')!.textContent === '1');
    await page.waitForFunction(() => /Pruned says 1/.test(document.querySelector('#spoken')!.textContent!));
    await page.focus('#sparsity');
    await page.keyboard.press('End');
    await page.waitForFunction(() =>
      document.querySelector('#sparsity-value')!.textContent!.startsWith('99'),
    );
  });

  test('changes its colours, and remembers it', async () => {
    const { page } = open;
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await paper();
    await page.click('#theme');
    await page.click('#theme');
    expect(await paper()).not.toBe(before);
    await page.reload();
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    expect(await paper()).not.toBe(before);
  });

  test('fits a phone, and takes a finger', async () => {
    const phone = await site.open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    const { page } = phone;
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const box = (await page.locator('#pad').boundingBox())!;
    const digit = (await page.locator('#sparse-digit').boundingBox())!;
    expect(digit.y + digit.height).toBeLessThan(box.y);
    expect(box.y + box.height).toBeLessThan(844); // drawing and answers on one screen
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y = 0) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + box.width / 2, y: box.y + y * box.height }],
      });
    await touch('touchStart', 0.15);
    for (let i = 1; i <= 10; i++) await touch('touchMove', 0.15 + i * 0.07);
    await touch('touchEnd');
    await page.waitForFunction(() => document.querySelector('#sparse-digit')!.textContent === '1');
    expect(await page.evaluate(() => scrollY)).toBe(0);
    expect(phone.complaints).toEqual([]);
    await phone.close();
  });

  test('never complained, broke no rule of its policy, and nothing jumped while it loaded', async () => {
    const fresh = await site.open();
    await fresh.page.waitForSelector('#race:not(.timing)');
    const found = await fresh.page.evaluate(
      () => (globalThis as unknown as { found: { shift: number; refused: string[] } }).found,
    );
    expect(found.refused).toEqual([]);
    expect(found.shift).toBeLessThan(0.01);
    expect([...open.complaints, ...fresh.complaints]).toEqual([]);
    await fresh.close();
  });
});
