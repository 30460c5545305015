import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../browsers/engines.js';
import type { Engine, Tab } from '../browsers/tab.js';
import { titled } from '../support/runtimes.js';
import { type Site, STRICT, serve } from '../support/siteServer.js';
import { bundlers } from './apps.js';
import { type Consumer, makeConsumer } from './site.js';

let consumer: Consumer;
let site: Site;

beforeAll(async () => {
  consumer = await makeConsumer();
  const { folder, out } = consumer;
  for (const name of ['esbuild', 'vite', 'no bundler']) await bundlers[name]!(folder, join(out, name));
  await bundlers.esbuild!(folder, join(out, 'bare'));
  writeFileSync(join(out, 'page.wasm'), readFileSync(join(out, 'esbuild/index.html')));
  const bare = "default-src 'self'; script-src 'self'";
  site = await serve(out, (path) => (path.startsWith('/bare/') ? bare : STRICT));
}, 120_000);
afterAll(async () => {
  await site.close();
  consumer.remove();
});

for (const { name, missing, launch } of engines) {
  describe.skipIf(missing)(titled(`in ${name}, under a strict policy,`, missing), () => {
    let engine: Engine;
    let tab: Tab;
    beforeAll(async () => {
      engine = await launch();
      tab = await engine.tab();
    }, 30_000);
    afterAll(() => engine?.close());

    /** The title that a page ends with. */
    async function titleOf(path: string): Promise<string> {
      await tab.open(`${site.address}${path}`);
      let title = 'waiting';
      while (title === 'waiting') title = await tab.evaluate<string>('document.title');
      return title;
    }

    test('a page without a bundler loads a model and answers the same', async () => {
      expect(await titleOf('/no%20bundler/')).toBe(`answer ${consumer.expected}`);
    });

    test.each(['/esbuild/inWorker.html', '/vite/worker.html'])(
      'so does a module worker: %s',
      async (path) => {
        expect(await titleOf(path)).toBe(`answer ${consumer.expected}`);
      },
    );

    test.each(['/kernels.wasm', '/kernels.bin'])(
      'so does one with kernels streamed from %s',
      async (source) => {
        expect(await titleOf(`/esbuild/streamed.html?kernels=${source}`)).toBe(`answer ${consumer.expected}`);
      },
    );

    test('a page where kernels should be is named in the error', async () => {
      const page = /^error FORMAT loadKernels: infer must be .*, got an HTML page from http/;
      expect(await titleOf('/esbuild/streamed.html?kernels=/esbuild/index.html')).toMatch(page);
      expect(await titleOf('/esbuild/streamed.html?kernels=/page.wasm')).toMatch(
        /^error FORMAT loadKernels: /,
      );
      const none = /^error FILE loadKernels: must be able to fetch .*status 404/;
      expect(await titleOf('/esbuild/streamed.html?kernels=/none.wasm')).toMatch(none);
    });

    test.each(['/bare/', '/bare/inWorker.html', '/bare/streamed.html?kernels=/kernels.wasm'])(
      'a policy without wasm-unsafe-eval is named, with what to add: %s',
      async (path) => {
        expect(await titleOf(path)).toMatch(
          /^(error UNSUPPORTED|answer error) espalier: the page's Content-Security-Policy must allow WebAssembly; add 'wasm-unsafe-eval'/,
        );
      },
    );
  });
}
