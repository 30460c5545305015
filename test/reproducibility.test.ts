import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from './browsers/engines.js';
import { type Outcome, run } from './model/recipe.js';
import { Sha256 } from './model/sha256.js';
import { bundleRecipe, recipeInBrowser, recipeInNode, recipeInRuntime } from './support/recipeRun.js';
import { otherNodes, otherRuntimes, titled, versionOf } from './support/runtimes.js';

/** On every engine and machine; another value means that results of earlier versions no longer come out. */
const PINNED: Outcome = {
  weights: 'a575206e2aae2a709003ba1d075937a7ef5f22a33e307fd43202097d7e4ae724',
  outputs: 'a5e2cfb91a30f7c4989624629b3226b266ed427e99ea37d9bfc1fe21bae1c723',
  sparse: 'c7953afe0455ea4275ddf411b40eada24cc5da3d06bcc5789c52353f7bf3480f',
  methods: '63ef6bffe96e00c9cb218a43d8f43f6401000cd8fa07005464bdb4c2c3cb583b',
  images: '0f97065466bcd06738e9959fa48bb280c516829861805255ba6fad3bc62c85ca',
};

/** SHA-256 of them all. */
const ALL = '493cb1a2b8ddf18c0f1420464c953cfbaf8cd2d2ec183828ec014f6611027716';

const folder = mkdtempSync(join(tmpdir(), 'espalier-reproducibility-'));
beforeAll(() => bundleRecipe(folder));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the same seed gives the same bits', () => {
  test('twice in one process', async () => {
    expect(await run()).toEqual(await run());
  });

  test('as when they were written down', async () => {
    expect(await run()).toEqual(PINNED);
    expect(await new Sha256().update(JSON.stringify(PINNED)).hex()).toBe(ALL);
  });

  test('in a process of its own, whichever of its compilers the engine uses', () => {
    expect(recipeInNode(folder, process.execPath)).toEqual(PINNED);
    expect(recipeInNode(folder, process.execPath, '--liftoff-only')).toEqual(PINNED);
    expect(recipeInNode(folder, process.execPath, '--no-liftoff', '--no-wasm-tier-up')).toEqual(PINNED);
  });

  // `npm ci --prefix test/nodes` brings them.
  for (const node of otherNodes()) {
    test(`in Node ${versionOf(node)}`, () => {
      expect(recipeInNode(folder, node)).toEqual(PINNED);
    });
  }

  for (const runtime of otherRuntimes) {
    test.skipIf(runtime.missing)(titled(`in ${runtime.name}`, runtime.missing), async () => {
      expect(await recipeInRuntime(folder, runtime)).toEqual(PINNED);
    });
  }

  for (const { name, missing, launch } of engines) {
    test.skipIf(missing)(titled(`in ${name}, in a page with a strict policy`, missing), async () => {
      const engine = await launch();
      try {
        expect(await recipeInBrowser(folder, engine)).toEqual(PINNED);
      } finally {
        await engine.close();
      }
    });
  }
});
