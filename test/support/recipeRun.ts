/** Runs the recipe of test/model/recipe.ts in other engines. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import type { Browser } from 'playwright-core';
import type { Outcome } from '../model/recipe.js';
import { serve } from './siteServer.js';

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>recipe</title><script type="module" src="main.js"></script>';
const MAIN = `
import { run } from './recipe.js';
globalThis.outcome = run();
`;

/** Writes the recipe as one script, and a page that runs it, to `folder`. */
export function bundleRecipe(folder: string): void {
  buildSync({
    entryPoints: [resolve('test/model/recipe.ts')],
    outfile: join(folder, 'recipe.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2022',
    define: { __VERSION__: '"0"' },
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'main.js'), MAIN);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}

/** In a process of a Node, with flags for its engine. */
export function recipeInNode(folder: string, node: string, ...flags: string[]): Outcome {
  const code = `import { run } from ${JSON.stringify(pathToFileURL(join(folder, 'recipe.js')).href)}; console.log(JSON.stringify(await run()));`;
  const output = execFileSync(node, [...flags, '--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: {},
  });
  return JSON.parse(output) as Outcome;
}

/** In a page whose policy is strict. */
export async function recipeInBrowser(folder: string, browser: Browser): Promise<Outcome> {
  const site = await serve(folder);
  try {
    const page = await browser.newPage();
    await page.goto(site.address);
    await page.waitForLoadState('load');
    return (await page.evaluate('globalThis.outcome')) as Outcome;
  } finally {
    await site.close();
  }
}
