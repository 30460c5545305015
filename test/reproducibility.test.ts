import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, run } from './model/recipe.js';

/** On every engine and machine; another value means that results of earlier versions no longer come out. */
const PINNED: Outcome = {
  weights: 'a575206e2aae2a709003ba1d075937a7ef5f22a33e307fd43202097d7e4ae724',
  outputs: 'a5e2cfb91a30f7c4989624629b3226b266ed427e99ea37d9bfc1fe21bae1c723',
  sparse: 'c7953afe0455ea4275ddf411b40eada24cc5da3d06bcc5789c52353f7bf3480f',
  methods: '721b21179b94ad1c9a350ac4b382b9e716e9219f072a4d45130e0e0a812e4267',
  images: '0f97065466bcd06738e9959fa48bb280c516829861805255ba6fad3bc62c85ca',
};

/** More Nodes to check: NODE_OTHER=/path/to/node npx vitest run test/reproducibility.test.ts; several with `:`. */
const others = (process.env.NODE_OTHER ?? '').split(delimiter).filter((path) => path !== '');

const folder = mkdtempSync(join(tmpdir(), 'espalier-reproducibility-'));
const script = join(folder, 'recipe.mjs');
afterAll(() => rmSync(folder, { recursive: true }));

describe('the same seed gives the same bits', () => {
  beforeAll(() => {
    buildSync({
      stdin: {
        contents: "import { run } from './test/model/recipe.ts'; console.log(JSON.stringify(await run()));",
        resolveDir: resolve(import.meta.dirname, '..'),
      },
      outfile: script,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      define: { __VERSION__: '"0"' },
      logLevel: 'warning',
    });
  });

  test('twice in one process', async () => {
    expect(await run()).toEqual(await run());
  });

  test('as when they were written down', async () => {
    expect(await run()).toEqual(PINNED);
  });

  const inNode = (node: string, ...flags: string[]): Outcome =>
    JSON.parse(execFileSync(node, [...flags, script], { encoding: 'utf8', env: {} }));

  test('in a process of its own, whichever of its compilers the engine uses', () => {
    expect(inNode(process.execPath)).toEqual(PINNED);
    expect(inNode(process.execPath, '--liftoff-only')).toEqual(PINNED);
    expect(inNode(process.execPath, '--no-liftoff', '--no-wasm-tier-up')).toEqual(PINNED);
  });

  test.runIf(others.length > 0).each(others)('in %s', (node) => {
    expect(inNode(node)).toEqual(PINNED);
  });
});
