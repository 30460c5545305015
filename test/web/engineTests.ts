/** What the playground must do in every browser; Chromium is asked for more, in playground.test.ts. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../../scripts/webServer.mjs';
import type { Engine, Kind, Tab } from '../browsers/tab.js';
import { titled } from '../support/runtimes.js';
import { shapes } from './browser.js';

type Box = Readonly<Record<'x' | 'y' | 'width' | 'height', number>>;

/** A page with what people do to it. */
class Visitor {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  text(selector: string): Promise<string> {
    return this.tab.evaluate(`document.querySelector(${JSON.stringify(selector)}).innerText`);
  }

  /** Waits for a text; polling from here, as a strict policy forbids the page to evaluate any. */
  async reads(selector: string, wanted: string | RegExp, seconds = 20): Promise<void> {
    const read = () => this.text(selector).then((text) => text.replaceAll('\u00a0', ' '));
    const pattern = typeof wanted === 'string' ? new RegExp(`^${wanted}$`) : wanted;
    await expect.poll(read, { timeout: seconds * 1000 }).toMatch(pattern);
  }

  /** Where an element is, once it has been scrolled to. */
  box(selector: string): Promise<Box> {
    return this.tab.evaluate(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: 'center', behavior: 'instant' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height };
    })()`);
  }

  /** Presses the mouse's button in the middle of an element. */
  async click(selector: string): Promise<void> {
    const { x, y, width, height } = await this.box(selector);
    await this.tab.drag([[x + width / 2, y + height / 2]]);
  }

  /** Puts a slider there. */
  slide(selector: string, value: number): Promise<void> {
    return this.tab.evaluate(`(() => {
      const slider = document.querySelector(${JSON.stringify(selector)});
      slider.value = ${value};
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
  }

  async draw(lines: readonly (readonly (readonly [number, number])[])[]): Promise<void> {
    const { x, y, width, height } = await this.box('#pad');
    for (const line of lines)
      await this.tab.drag(line.map(([a, b]) => [x + a * width, y + b * height] as const));
  }

  /** Drops a file that the page makes of an expression. */
  drop(name: string, contents: string): Promise<void> {
    return this.tab.evaluate(`(async () => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([await ${contents}], ${JSON.stringify(name)}));
      const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent('drop', options));
    })()`);
  }
}

/** Tests in a browser. The site must have been built. */
export function testPlaygroundIn({ name, missing, launch }: Kind): void {
  describe.skipIf(missing)(titled(`the playground in ${name}`, missing), () => {
    let site: Awaited<ReturnType<typeof serve>>;
    let engine: Engine;
    let visitor: Visitor;

    beforeAll(async () => {
      site = await serve(resolve('build/web'), 0);
      engine = await launch();
      visitor = new Visitor(await engine.tab());
      await visitor.tab.resize(1280, 900);
      await visitor.tab.open(site.address);
    }, 30_000);
    afterAll(() => engine?.close());

    test('reads what is drawn with the mouse, and times both networks', async () => {
      await visitor.reads('#dense-digit', '5');
      for (const [shape, digit] of [
        ['one', '1'],
        ['zero', '0'],
        ['seven', '7'],
      ] as const) {
        await visitor.click('#clear');
        await visitor.draw(shapes[shape]);
        await visitor.reads('#sparse-digit', digit);
        await visitor.reads('#dense-digit', digit);
      }
      await visitor.reads('#dense-time', /^[\d.]+\s[µm]s$/);
      await visitor.reads('.ratio', /^[\d.]+×\s+(faster|slower|as fast)$/);
    });

    test('changes the network with the slider and the switch, and shows its masks', async () => {
      await visitor.slide('#sparsity', 6);
      await visitor.reads('#fact-weights', '2,662');
      await visitor.click('input[name=structure][value=block]');
      await visitor.reads('#fact-weights', '2,576');
      await visitor.reads('#masks', /of 235,200/);
      await visitor.click('#random');
      await visitor.reads('#source', /: a \d\./);
    });

    test('answers to keys', async () => {
      await visitor.tab.evaluate("document.querySelector('#sparsity').focus()");
      await visitor.tab.press('Home');
      await visitor.reads('#sparsity-value', /^0/);
      await visitor.tab.press('End');
      await visitor.reads('#sparsity-value', /^99/);
      await visitor.tab.evaluate("document.querySelector('#pad').focus()");
      await visitor.tab.press('Delete');
      await visitor.reads('#sparse-digit', '–');
    });

    test('trains and prunes a network, stops when told, and draws with it', async () => {
      await visitor.slide('#epochs', 30);
      await visitor.click('#start');
      await visitor.reads('#train-status', /digits a second/);
      await visitor.click('#stop');
      await visitor.reads('#train-status', /^Stopped/);
      await visitor.slide('#epochs', 3);
      await visitor.slide('#target', 80);
      await visitor.click('#start');
      await visitor.reads('#train-status', /^Done .*: 9\d\.\d % of 1,000 .* 80\.0 % cut away/, 40);
      await visitor.click('#use');
      await visitor.reads('#sparse-name', 'Yours');
      await visitor.click('#clear');
      await visitor.draw(shapes.one);
      await visitor.reads('#sparse-digit', '1');
    }, 60_000);

    test('measures all networks', async () => {
      await visitor.click('#bench');
      await visitor.reads('#bench-status', /^Done/, 50);
      const rows = "document.querySelectorAll('#bench-table tbody tr').length";
      expect(await visitor.tab.evaluate(rows)).toBe(14);
    }, 60_000);

    test('takes files that are dropped on it, and says what is wrong with others', async () => {
      await visitor.drop('page.html', "'<!doctype html><title>no</title>'");
      await visitor.reads('#file-outcome', /^page.html cannot be used\. \w+: .*must/);
      await visitor.drop('mine.safetensors', "(await fetch('models/weight-50.safetensors')).arrayBuffer()");
      await visitor.reads('#sparse-name', 'From a file');
    });

    test('has colours for the dark, fits a narrow window, and never complained', async () => {
      const paper = 'getComputedStyle(document.body).backgroundColor';
      const light = await visitor.tab.evaluate(paper);
      await visitor.click('#theme');
      await visitor.click('#theme');
      expect(await visitor.tab.evaluate(paper)).not.toBe(light);
      await visitor.tab.resize(390, 844);
      const tooWide = 'document.documentElement.scrollWidth > innerWidth';
      expect(await visitor.tab.evaluate(tooWide)).toBe(false);
      const cutOff = `[...document.querySelectorAll('.side p, .side h2')].filter((each) => each.scrollWidth > each.clientWidth).length`;
      expect(await visitor.tab.evaluate(cutOff)).toBe(0);
      expect(await visitor.tab.complaints()).toEqual([]);
    });

    test('works when its server is gone', async () => {
      await visitor.reads('#offline', /offline/);
      await site.close();
      await visitor.tab.open(site.address);
      await visitor.reads('#dense-digit', '5');
      await visitor.slide('#sparsity', 1);
      await visitor.reads('#sparsity-value', /^50/);
      await visitor.click('#random');
      await visitor.reads('#source', /: a \d\./);
    });
  });
}
