/**
 * Long work in the main thread of a page: the longest time for which it could not answer. In headless Chromium.
 *
 *   npm run bench:page [-- --json]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { table } from '../src/report/index.js';
import { browserPath, launchBrowser } from '../test/support/runtimes.js';
import { serve } from '../test/support/siteServer.js';
import { machine } from './machine.js';
import type { Block } from './page/scenarios.js';

if (!browserPath())
  throw new Error('bench:page: a Chromium must be installed (or named by CHROMIUM), got none');
const folder = mkdtempSync(join(tmpdir(), 'espalier-page-'));
buildSync({
  stdin: {
    contents: "import { run } from './bench/page/scenarios.ts'; globalThis.outcome = run();",
    resolveDir: process.cwd(),
  },
  outfile: join(folder, 'main.js'),
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  external: ['node:*'],
});
const html =
  '<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="main.js"></script>';
writeFileSync(join(folder, 'index.html'), html);
const site = await serve(folder);
const browser = await launchBrowser();
const page = await browser.newPage();
await page.goto(site.address);
const blocks = (await page.evaluate('globalThis.outcome')) as Block[];
const version = browser.version();
await browser.close();
await site.close();
rmSync(folder, { recursive: true });

console.error(`Main thread of a page, Chromium ${version}\n${machine()}\n`);
const millis = (value: number) => `${value.toFixed(0)} ms`;
console.error(
  table([
    ['work', 'took', 'longest without a turn', 'turns of a timer'],
    ...blocks.map((each) => [each.name, millis(each.millis), millis(each.longestMillis), String(each.turns)]),
  ]),
);
const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
if (values.json) console.log(JSON.stringify({ machine: machine(), chromium: version, blocks }));
