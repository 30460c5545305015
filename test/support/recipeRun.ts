/** Runs the recipe of test/model/recipe.ts in other engines. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import type { Engine } from '../browsers/tab.js';
import type { Outcome } from '../model/recipe.js';
import { outputOf, type Runtime } from './runtimes.js';
import { serve } from './siteServer.js';

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>recipe</title><script type="module" src="main.js"></script>';
const MAIN = `
import { run } from './recipe.js';
globalThis.outcome = run();
`;
const PRINT = `
import { run } from './recipe.js';
console.log(JSON.stringify(await run()));
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
  writeFileSync(join(folder, 'print.js'), PRINT);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}

/** In a process of a Node, with flags for its engine. */
export function recipeInNode(folder: string, node: string, ...flags: string[]): Outcome {
  const file = join(folder, 'print.js');
  return JSON.parse(execFileSync(node, [...flags, file], { encoding: 'utf8', env: {} })) as Outcome;
}

/** In Deno or Bun. */
export async function recipeInRuntime(folder: string, runtime: Runtime): Promise<Outcome> {
  return JSON.parse(await outputOf(runtime, folder, 'print.js')) as Outcome;
}

/** In a page whose policy is strict. */
export async function recipeInBrowser(folder: string, engine: Engine): Promise<Outcome> {
  const site = await serve(folder);
  try {
    const tab = await engine.tab();
    await tab.open(site.address);
    return await tab.evaluate<Outcome>('globalThis.outcome');
  } finally {
    await site.close();
  }
}
