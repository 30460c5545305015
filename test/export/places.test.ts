import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportModule, type Sequential } from '../../src/index.js';
import { engines } from '../browsers/engines.js';
import type { Engine, Tab } from '../browsers/tab.js';
import { imageModel } from '../session/imageNetworks.js';
import { otherNodes, otherRuntimes, outputOf, titled } from '../support/runtimes.js';
import { perceptron, samplesFor, sessionAnswers } from './support.js';

/** What a place gave: the outputs as bits. */
type Answers = readonly number[];

interface Case {
  readonly code: string;
  readonly x: Float32Array;
  readonly wanted: Answers;
}

const bitsOf = (floats: Float32Array) => Array.from(new Uint32Array(floats.buffer));

async function caseOf(model: Sequential, batch: number): Promise<Case> {
  const x = samplesFor(model, 11);
  const { code } = await exportModule(model, { batch });
  const wanted = bitsOf(await sessionAnswers(model, x, { batch }));
  model.dispose();
  return { code, x, wanted };
}

let cases: readonly Case[];
beforeAll(async () => {
  const network = 'residual sums with batch normalization';
  cases = [
    await caseOf(await perceptron('every activation', 0.8), 1),
    await caseOf(await imageModel(network, 0.8), 8),
  ];
});

describe('in Node', () => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-export-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const nodes = [process.execPath, ...otherNodes()];
  const main = `import { readFileSync } from 'node:fs';
import { Worker, isMainThread, parentPort } from 'node:worker_threads';
import { run } from './model.mjs';
const x = new Float32Array(new Uint8Array(readFileSync(new URL('x.bin', import.meta.url))).buffer);
const bits = [...new Uint32Array(run(x).buffer)];
if (!isMainThread) parentPort.postMessage(bits);
else new Worker(new URL(import.meta.url)).once('message', (other) => console.log(JSON.stringify([bits, other])));
`;

  async function expectAnswers(run: () => string | Promise<string>): Promise<void> {
    for (const { code, x, wanted } of cases) {
      writeFileSync(join(folder, 'model.mjs'), code);
      writeFileSync(join(folder, 'x.bin'), new Uint8Array(x.buffer));
      writeFileSync(join(folder, 'main.mjs'), main);
      expect(JSON.parse(await run())).toEqual([wanted, wanted]);
    }
  }

  test.each(nodes)('a folder with nothing else is enough: main thread and worker, %s', async (node) => {
    await expectAnswers(() => execFileSync(node, ['main.mjs'], { cwd: folder, env: {}, encoding: 'utf8' }));
  });

  for (const runtime of otherRuntimes) {
    test.skipIf(runtime.missing)(titled(`so it is in ${runtime.name}`, runtime.missing), async () => {
      await expectAnswers(() => outputOf(runtime, folder, 'main.mjs'));
    });
  }
});

const WORKER = `import { run } from '/model.mjs';
onmessage = ({ data }) => postMessage(Array.from(new Uint32Array(run(data).buffer)));
`;

/** Writes into the page what the main thread and a worker answer, or the code of an error. */
const PAGE = `import { load, run } from '/model.mjs';
const x = new Float32Array(await (await fetch('/x')).arrayBuffer());
const inWorker = () => new Promise((resolve, reject) => {
  const worker = new Worker('/worker.mjs', { type: 'module' });
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(x);
});
const show = (result) => document.querySelector('output').append(JSON.stringify(result));
try {
  if (location.search === '?ahead') await load();
  show([Array.from(new Uint32Array(run(x).buffer)), await inWorker()]);
} catch (error) {
  show(error.code ?? error.message);
}
`;
const HTML =
  '<!doctype html><title>model</title><output></output><script type="module" src="/page.mjs"></script>';

for (const { name, missing, launch } of engines) {
  describe.skipIf(missing)(titled(`in ${name}`, missing), () => {
    let served: Case;
    let policy = '';
    let engine: Engine;
    let tab: Tab;
    let server: Server;
    let address: string;

    /** Type and contents of an address. */
    function answer(path: string): [type: string, body: string | Uint8Array] {
      if (path === '/model.mjs') return ['text/javascript', served.code];
      if (path === '/page.mjs') return ['text/javascript', PAGE];
      if (path === '/worker.mjs') return ['text/javascript', WORKER];
      if (path === '/x') return ['application/octet-stream', new Uint8Array(served.x.buffer)];
      return ['text/html', HTML];
    }

    beforeAll(async () => {
      server = createServer(({ url }, response) => {
        const [type, body] = answer(new URL(url!, address).pathname);
        response.setHeader('Content-Security-Policy', policy);
        response.setHeader('Content-Type', type);
        response.end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      engine = await launch();
      tab = await engine.tab();
    });
    afterAll(async () => {
      await engine?.close();
      await new Promise((resolve) => server.close(resolve));
    });

    /** What the page shows. */
    async function shown(each: Case, sources: string, search: string): Promise<unknown> {
      served = each;
      policy = `default-src 'none'; connect-src 'self'; worker-src 'self'; script-src ${sources}`;
      await tab.open(address + search);
      let text = '';
      while (text === '') text = await tab.evaluate<string>("document.querySelector('output').textContent");
      return JSON.parse(text);
    }

    test.each(['', '?ahead'])(
      "a page and a worker under script-src 'self' 'wasm-unsafe-eval' give the session's bits %s",
      async (search) => {
        for (const each of cases) {
          const answers = await shown(each, "'self' 'wasm-unsafe-eval'", search);
          expect(answers).toEqual([each.wanted, each.wanted]);
        }
      },
    );

    test.each(['', '?ahead'])('a page that must not compile WebAssembly is told so %s', async (search) => {
      expect(await shown(cases[0]!, "'self'", search)).toBe('UNSUPPORTED');
    });
  });
}
