import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../browsers/engines.js';
import { titled } from '../support/runtimes.js';
import { type Site, serve } from '../support/siteServer.js';

/** Trains with rigl() and Adam; `stopAt` aborts after that step. A checkpoint lies in the page's database. */
const MAIN = `
import { adam, AbortedError, dense, relu, rigl, sequential } from './src/index.ts';
import { syntheticDigits } from './datasets/index.ts';
import { Sha256 } from './test/model/sha256.ts';

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const opening = indexedDB.open('runs', 1);
opening.onupgradeneeded = () => opening.result.createObjectStore('runs');
const database = await done(opening);
const runs = (mode) => database.transaction('runs', mode).objectStore('runs');
const checkpoint = {
  store: {
    read: () => done(runs('readonly').get('run')),
    write: (bytes) => done(runs('readwrite').put(bytes.slice().buffer, 'run')),
  },
  everySteps: 3,
};

const { images, labels } = syntheticDigits({ samples: 320, shape: [12, 12], seed: 5 });
async function train(options, stopAt) {
  const model = await sequential({ inputShape: [144], seed: 3, sparsity: 0.8 }, [dense(40), relu(), dense(10)]);
  const abort = new AbortController();
  let [steps, resumed] = [0, false];
  const callbacks = [{
    onStep: () => { if (++steps === stopAt) abort.abort(); },
    onResume: () => { resumed = true; },
  }];
  const fit = { optimizer: adam(), epochs: 3, batchSize: 32, pruning: rigl({ every: 4 }), signal: abort.signal, callbacks };
  try {
    await model.fit(images, labels, { ...fit, ...options });
    const hash = new Sha256();
    for (const weights of model.getWeights()) hash.update(new Uint8Array(weights.buffer));
    return { resumed, steps, sha256: await hash.hex() };
  } catch (error) {
    if (!(error instanceof AbortedError)) throw error;
    return { resumed, steps, sha256: '' };
  } finally {
    model.dispose();
  }
}
globalThis.outcome = (async () => [
  await train({}),
  await train({ checkpoint }, 11),
  await train({ checkpoint }, 8),
  await train({ checkpoint }),
])();
`;

interface Outcome {
  readonly resumed: boolean;
  readonly steps: number;
  readonly sha256: string;
}

describe('a page keeps its training in IndexedDB, and goes on from there to the same bits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-page-'));
  let site: Site;

  beforeAll(async () => {
    buildSync({
      stdin: { contents: MAIN, resolveDir: process.cwd(), loader: 'ts' },
      outfile: join(folder, 'main.js'),
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      target: 'es2022',
      external: ['node:*'],
    });
    const script = '<script type="module" src="main.js"></script>';
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><meta charset="utf-8"><title>run</title>${script}`,
    );
    site = await serve(folder);
  });
  afterAll(async () => {
    await site.close();
    rmSync(folder, { recursive: true });
  });

  for (const { name, missing, launch } of engines) {
    test.skipIf(missing)(titled(`in ${name}`, missing), async () => {
      const engine = await launch();
      try {
        const tab = await engine.tab();
        await tab.open(site.address);
        let outcome: Outcome[] | undefined;
        while (outcome === undefined)
          outcome = await tab.evaluate<Outcome[] | undefined>('globalThis.outcome');
        const [whole, first, second, last] = outcome as [Outcome, Outcome, Outcome, Outcome];
        expect([whole.steps, first.steps, second.steps, last.steps]).toEqual([30, 11, 8, 11]);
        expect([whole, first, second, last].map(({ resumed }) => resumed)).toEqual([
          false,
          false,
          true,
          true,
        ]);
        expect(last.sha256).toBe(whole.sha256);
        expect(whole.sha256).toMatch(/^[0-9a-f]{64}$/);
      } finally {
        await engine.close();
      }
    });
  }
});
