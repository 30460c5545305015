/**
 * One SHA-256 of training (over a thousand steps in every storage, with every method), pruning, files and inference, in this Node, in the others
 * that test/nodes brings, and in Chromium.
 *
 *   npm run same-bits [-- --json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../src/report/index.js';
import type { Outcome } from '../test/model/recipe.js';
import { Sha256 } from '../test/model/sha256.js';
import { bundleRecipe, recipeInBrowser, recipeInNode } from '../test/support/recipeRun.js';
import { browserPath, launchBrowser, otherNodes, versionOf } from '../test/support/runtimes.js';

const folder = mkdtempSync(join(tmpdir(), 'espalier-same-bits-'));
bundleRecipe(folder);
const rows: { runtime: string; sha256: string }[] = [];
const add = async (runtime: string, outcome: Outcome) => {
  rows.push({ runtime, sha256: await new Sha256().update(JSON.stringify(outcome)).hex() });
};
for (const node of [process.execPath, ...otherNodes()]) {
  await add(`Node ${versionOf(node)}`, recipeInNode(folder, node));
}
if (browserPath()) {
  const browser = await launchBrowser();
  await add(`Chromium ${browser.version()}`, await recipeInBrowser(folder, browser));
  await browser.close();
}
rmSync(folder, { recursive: true });

const same = rows.every(({ sha256 }) => sha256 === rows[0]!.sha256);
console.error(table([['runtime', 'SHA-256'], ...rows.map(({ runtime, sha256 }) => [runtime, sha256])]));
console.error(same ? '\nthe same everywhere' : '\nNOT the same');
const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
if (values.json) console.log(JSON.stringify({ same, rows }));
process.exitCode = same ? 0 : 1;
