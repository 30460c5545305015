/** The playground in trouble: slow and broken networks, hasty readers, files of all kinds. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { dense, sequential } from '../../src/index.js';
import { draw, type Site } from './browser.js';

/** No service worker, so that every request can be meddled with. */
const watched = { serviceWorkers: 'block' } as const;

const wait = (millis: number) => new Promise((done) => setTimeout(done, millis));
const reads = (page: Page, selector: string) =>
  expect.poll(() => page.innerText(selector), { timeout: 15_000 });
const hidden = (page: Page) => page.locator('#banner').isHidden();

const model95 = readFileSync(resolve('web/models/weight-95.safetensors'));

async function linear(seed: number): Promise<Buffer> {
  const model = await sequential({ inputShape: [784], seed }, [dense(10)]);
  const bytes = Buffer.from(model.encode());
  model.dispose();
  return bytes;
}

const give = (page: Page, name: string, buffer: Buffer) =>
  page.setInputFiles('#file', { name, mimeType: '', buffer });

/** Drops files of so many bytes, all at once. */
async function drop(page: Page, sizes: readonly number[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    all.forEach((size, i) => {
      transfer.items.add(new File([new Uint8Array(size)], `${i}.safetensors`));
    });
    return transfer;
  }, sizes);
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

/** Makes reading a file of that name take its time. */
const slowFile = (page: Page, name: string, millis: number) =>
  page.evaluate(
    ([slow, time]) => {
      const read = File.prototype.arrayBuffer;
      File.prototype.arrayBuffer = async function (this: File) {
        if (this.name === slow) await new Promise((done) => setTimeout(done, time));
        return read.call(this);
      };
    },
    [name, millis] as const,
  );

function testTraining(site: () => Site): void {
  test('stops while the digits are on their way, at once and for good', async () => {
    const { page, close } = await site().open(watched);
    await page.route('**/digits/train.bin', async (route) => {
      await wait(1500);
      await route.continue();
    });
    await page.click('#start');
    await reads(page, '#train-status').toBe('Fetching the digits');
    await page.click('#stop');
    await reads(page, '#train-status').toBe('Stopped before it began.');
    expect(await page.isEnabled('#start')).toBe(true);
    await wait(2500);
    expect(await page.innerText('#train-status')).toBe('Stopped before it began.');
    await page.fill('#epochs', '30');
    await page.click('#start');
    await reads(page, '#train-status').toContain('digits a second');
    const said = await page.evaluate(() => {
      document.querySelector<HTMLButtonElement>('#stop')!.click();
      return document.querySelector('#train-status')!.textContent;
    });
    expect(said).toBe('Stopping');
    await reads(page, '#train-status').toMatch(/^Stopped after/);
    await close();
  });
}

function testNetwork(site: () => Site): void {
  test('asks again for a model that came as something else, and names it', async () => {
    const { page, close } = await site().open(watched);
    await page.fill('#sparsity', '5');
    await reads(page, '#fact-weights').toBe('5,324');
    let body: string | Buffer = '<!doctype html><title>Log in</title>';
    await page.route('**/models/weight-90*', (route) => route.fulfill({ body, contentType: 'text/html' }));
    await page.fill('#sparsity', '3');
    await reads(page, '#banner').toMatch(/^models\/weight-90.safetensors must have \d+ bytes, got 36$/);
    await page.fill('#sparsity', '5');
    await expect.poll(() => hidden(page)).toBe(true);
    const real = readFileSync(resolve('web/models/weight-90.safetensors'));
    body = Buffer.from(real);
    body[body.length - 50]! ^= 1;
    await page.fill('#sparsity', '3');
    await reads(page, '#banner').toMatch(
      /^models\/weight-90.safetensors cannot be used: .*altered or truncated/,
    );
    body = real;
    await page.fill('#sparsity', '5');
    await page.fill('#sparsity', '3');
    await reads(page, '#fact-weights').toBe('26,620');
    expect(await hidden(page)).toBe(true);
    await close();
  });

  test('asks past the files that are kept for offline use, if one of them is spoiled', async () => {
    const { page, close } = await site().open();
    await reads(page, '#offline').toMatch(/offline/);
    const kept = 'models/weight-90.safetensors';
    const cached = () =>
      page.evaluate(async (file) => (await (await caches.match(file))!.arrayBuffer()).byteLength, kept);
    const size = await cached();
    await page.evaluate(async (file) => {
      const cache = await caches.open((await caches.keys())[0]!);
      await cache.put(file, new Response('<!doctype html><title>Log in</title>'));
    }, kept);
    await page.reload();
    await page.fill('#sparsity', '3');
    await reads(page, '#banner').toMatch(/^models\/weight-90.safetensors must have/);
    await page.fill('#sparsity', '5');
    await reads(page, '#fact-weights').toBe('5,324');
    await page.fill('#sparsity', '3');
    await reads(page, '#fact-weights').toBe('26,620');
    expect(await hidden(page)).toBe(true);
    expect(await cached()).toBe(size);
    await close();
  });

  test('takes back that a digit could not be fetched when the next one is', async () => {
    const { page, close } = await site().open(watched);
    await page.route('**/digits/*', (route) => route.abort());
    await page.click('#random');
    await reads(page, '#banner').toBe('digits/test.bin could not be fetched; is there a network?');
    await page.fill('#sparsity', '5');
    await reads(page, '#fact-weights').toBe('5,324');
    expect(await hidden(page)).toBe(false); // a model is no digit
    await page.unroute('**/digits/*');
    await page.click('#random');
    await reads(page, '#source').toMatch(/: a \d\./);
    expect(await hidden(page)).toBe(true);
    await close();
  });
}

function testFiles(site: () => Site): void {
  test.each([
    ['the button', (page: Page) => page.click('#back')],
    ['the thumb where it stands', (page: Page) => page.click('#sparsity', { position: { x: 0, y: 22 } })],
    ['the switch where it stands', (page: Page) => page.click('.segments label:has(input:checked)')],
  ])('brings the chosen model back by %s', async (_, press) => {
    const { page, close } = await site().open(watched);
    await page.fill('#sparsity', '0');
    await reads(page, '#sparse-name').toBe('Not pruned');
    await give(page, 'mine.safetensors', await linear(1));
    await reads(page, '#sparse-name').toBe('From a file');
    expect(await page.isVisible('#back')).toBe(true);
    await press(page);
    await reads(page, '#sparse-name').toBe('Not pruned');
    expect(await page.isVisible('#back')).toBe(false);
    expect(await page.innerText('#sparsity-value')).toBe('0 %');
    expect(await page.innerText('#file-outcome')).toBe('');
    await close();
  });

  test('brings it back by keys, and leaves them on the slider', async () => {
    const { page, close } = await site().open(watched);
    await give(page, 'mine.safetensors', await linear(1));
    await reads(page, '#sparse-name').toBe('From a file');
    await page.focus('#back');
    await page.keyboard.press('Enter');
    await reads(page, '#sparse-name').toBe('Pruned');
    expect(await page.evaluate(() => document.activeElement!.id)).toBe('sparsity');
    await close();
  });

  test('keeps what was chosen while a slow file was read', async () => {
    const { page, close } = await site().open(watched);
    await slowFile(page, 'slow.safetensors', 1200);
    await give(page, 'slow.safetensors', await linear(1));
    await page.fill('#sparsity', '6');
    await reads(page, '#fact-weights').toBe('2,662');
    await reads(page, '#file-outcome').toBe(
      'slow.safetensors is not used: something else was chosen while it was read.',
    );
    expect(await page.innerText('#fact-weights')).toBe('2,662');
    expect(await page.innerText('#sparse-name')).toBe('Pruned');
    await close();
  });

  test('uses the later of two files, whichever is read first, and not a bad one', async () => {
    const { page, close } = await site().open(watched);
    await slowFile(page, 'slow.safetensors', 1200);
    await give(page, 'slow.safetensors', await linear(1));
    await give(page, 'quick.safetensors', model95);
    await reads(page, '#sparsity-value').toBe('quick.safetensors');
    await wait(1500);
    expect(await page.innerText('#sparsity-value')).toBe('quick.safetensors');
    expect(await page.innerText('#file-outcome')).toContain('quick.safetensors answers now');
    await give(page, 'slow.safetensors', await linear(1));
    await give(page, 'torn.safetensors', model95.subarray(0, 900));
    await reads(page, '#sparsity-value').toBe('slow.safetensors');
    expect(await page.innerText('#file-outcome')).toMatch(/^torn.safetensors cannot be used/);
    await close();
  });

  test('takes one file at a time, none too large, and says so', async () => {
    const { page, close } = await site().open(watched);
    await drop(page, [10, 20]);
    await reads(page, '#file-outcome').toBe('One file at a time, please: got 2. None was taken.');
    await drop(page, [210_000_000]);
    const got = page.innerText('#file-outcome').then((text) => text.replaceAll('\u00a0', ' '));
    expect(await got).toBe('0.safetensors cannot be used. The file must have at most 200 MB, got 210 MB.');
    await close();
  });
}

/** Tests in Chromium. */
export function testTrouble(site: () => Site): void {
  describe('in trouble', () => {
    testTraining(site);
    testNetwork(site);
    testFiles(site);

    test('draws a stroke that begins in any corner', async () => {
      const { page, close } = await site().open(watched);
      await draw(page, [
        [
          [0.97, 0.03],
          [0.9, 0.12],
        ],
      ]);
      expect(await page.innerText('#source')).toBe('Drawn by you, scaled and centred.');
      expect(await page.innerText('#sparse-digit')).toMatch(/\d/);
      await close();
    });
  });
}
