/**
 * One SHA-256 of training (over a thousand steps in every storage, with every method), pruning, files and inference, in this Node, in the others
 * that test/nodes brings, in Deno and Bun, and in the browsers at hand: Chromium, Firefox, WebKit.
 *
 *   npm run same-bits [-- --json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '../src/report/index.js';
import { engines } from '../test/browsers/engines.js';
import type { Outcome } from '../test/model/recipe.js';
import { Sha256 } from '../test/model/sha256.js';
import { bundleRecipe, recipeInBrowser, recipeInNode, recipeInRuntime } from '../test/support/recipeRun.js';
import { otherNodes, otherRuntimes, versionOf } from '../test/support/runtimes.js';

const folder = mkdtempSync(join(tmpdir(), 'espalier-same-bits-'));
bundleRecipe(folder);
const rows: { runtime: string; sha256: string }[] = [];
const add = async (runtime: string, outcome: Outcome) => {
  rows.push({ runtime, sha256: await new Sha256().update(JSON.stringify(outcome)).hex() });
};
for (const node of [process.execPath, ...otherNodes()]) {
  await add(`Node ${versionOf(node)}`, recipeInNode(folder, node));
}
for (const runtime of otherRuntimes) {
  if (runtime.missing) console.error(`${runtime.name}: ${runtime.missing}`);
  else await add(`${runtime.name} ${versionOf(runtime.command[0])}`, await recipeInRuntime(folder, runtime));
}
for (const { name, missing, launch } of engines) {
  if (missing) {
    console.error(`${name}: ${missing}`);
    continue;
  }
  const engine = await launch();
  await add(`${name} ${engine.version}`, await recipeInBrowser(folder, engine));
  await engine.close();
}
rmSync(folder, { recursive: true });

const same = rows.every(({ sha256 }) => sha256 === rows[0]!.sha256);
console.error(table([['runtime', 'SHA-256'], ...rows.map(({ runtime, sha256 }) => [runtime, sha256])]));
console.error(same ? '\nthe same everywhere' : '\nNOT the same');
const { values } = parseArgs({ options: { json: { type: 'boolean' } } });
if (values.json) console.log(JSON.stringify({ same, rows }));
process.exitCode = same ? 0 : 1;
