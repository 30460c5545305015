import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AbortedError, FileError, FormatError, OptionError } from '../../src/errors.js';
import { version } from '../../src/version.js';

const path = 'build/kernels/kernels.wasm';
const bytes = new Uint8Array(readFileSync(path));

/** What the server says at each address. */
const pages: Record<string, readonly [status: number, type: string, body: Uint8Array | string]> = {
  '/kernels.wasm': [200, 'application/wasm', bytes],
  '/plain.wasm': [200, 'text/plain', bytes],
  '/page.wasm': [200, 'text/html', '<!doctype html><title>Not here</title>'],
  '/lies.wasm': [200, 'application/wasm', '<!doctype html><title>Not here</title>'],
  '/cut.wasm': [200, 'application/octet-stream', bytes.subarray(0, 1000)],
};

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/breaks.wasm' || request.url === '/stalls.wasm') {
      response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': bytes.length });
      response.write(bytes.subarray(0, 100), () => request.url === '/breaks.wasm' && response.destroy());
      return;
    }
    const [status, type, body] = pages[request.url!] ?? [404, 'text/plain', 'nothing'];
    response.writeHead(status, { 'content-type': type }).end(body);
  }).listen(0);
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** This package anew, with no kernels running. */
async function fresh() {
  vi.resetModules();
  const { loadKernels } = await import('../../src/io/kernels.js');
  const { providedModule } = await import('../../src/runtime/modules.js');
  const { createEngine } = await import('../../src/runtime/engine.js');
  return { loadKernels, providedModule, createEngine };
}
type Fresh = Awaited<ReturnType<typeof fresh>>;
let here: Fresh;
beforeEach(async () => {
  here = await fresh();
});

describe('loadKernels', () => {
  test.each<[string, () => Parameters<Fresh['loadKernels']>[0]]>([
    ['a path', () => path],
    ['a file address', () => pathToFileURL(path)],
    ['an address', () => `${base}/kernels.wasm`],
    ['an address of a server that calls it text', () => new URL(`${base}/plain.wasm`)],
    ['an answer of fetch', () => fetch(`${base}/kernels.wasm`)],
    ['bytes', () => bytes],
    ['a Blob', () => new Blob([bytes])],
    ['a buffer', () => bytes.slice().buffer],
    ['a compiled module', () => new WebAssembly.Module(bytes)],
    ['a name', () => ({ infer: bytes })],
  ])('takes %s, and the engine runs on it', async (_, source) => {
    await here.loadKernels(source());
    const module = here.providedModule('infer');
    expect(module).toBeInstanceOf(WebAssembly.Module);
    const { memory, kernels } = await here.createEngine();
    const block = memory.allocate(16);
    block.f32().set([-1, 2, -3, 4]);
    kernels.relu_f32(block.address, block.address, 4);
    expect([...block.f32(4)]).toEqual([0, 2, 0, 4]);
  });

  test('brings the other modules by name, all or none', async () => {
    const file = (name: string) => `build/kernels/kernels-${name}.wasm`;
    const both = { train: file('train'), prune: path };
    await expect(here.loadKernels(both)).rejects.toThrow(
      /prune must be the kernels of espalier .*, got "infer/,
    );
    expect(here.providedModule('train')).toBeUndefined();
    await here.loadKernels({ train: file('train'), prune: file('prune') });
    expect(here.providedModule('train')).toBeDefined();
    expect(here.providedModule('prune')).toBeDefined();
  });

  test('comes too late when kernels are running', async () => {
    await here.createEngine();
    await expect(here.loadKernels(bytes)).rejects.toThrow(
      /infer must come before the first model or session/,
    );
  });
});

/** A module, and its mark changed to that of another version. */
function ofAnotherVersion(): Uint8Array<ArrayBuffer> {
  const changed = bytes.slice();
  changed[changed.length - 1]! ^= 1;
  return changed;
}

describe('without relaxed SIMD', () => {
  const relaxed = 'build/kernels/kernels-relaxed.wasm';
  beforeEach(async () => {
    vi.resetModules();
    vi.doMock('../../src/runtime/probe.js', () => ({
      hasSimd: () => true,
      probe: () => ({ simd: true, relaxedSimd: false }),
    }));
    here = await fresh();
  });
  afterAll(() => vi.doUnmock('../../src/runtime/probe.js'));

  test('loadKernels passes the relaxed build over', async () => {
    await here.loadKernels({ relaxed });
    expect(here.providedModule('relaxed')).toBeUndefined();
  });

  test('loadKernels refuses what is no source all the same', async () => {
    await expect(here.loadKernels({ relaxed: 5 } as never)).rejects.toThrow(
      'loadKernels: relaxed must be a URL, a Response, a Blob, bytes or a WebAssembly.Module, got 5',
    );
  });
});

describe('loadKernels refuses, and changes nothing:', () => {
  const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  test.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    [
      'a page instead of kernels',
      () => `${base}/page.wasm`,
      FormatError,
      /got an HTML page from http.*page\.wasm/,
    ],
    [
      'a page that says it is wasm',
      () => `${base}/lies.wasm`,
      FormatError,
      /do not compile from http.*lies\.wasm/,
    ],
    ['half of the kernels', () => `${base}/cut.wasm`, FormatError, /1000 bytes that do not compile from/],
    ['an address with nothing', () => `${base}/none`, FileError, /infer from http.*none, got status 404/],
    [
      'an address without a server',
      () => 'http://localhost:1/x',
      FileError,
      /must be able to fetch infer from/,
    ],
    ['a path with nothing', () => 'no/such.wasm', FileError, /must be able to read "no\/such\.wasm"/],
    ['another module', () => EMPTY, FormatError, /got another WebAssembly module/],
    ['another version', ofAnotherVersion, FormatError, new RegExp(`espalier ${version}, .*got "infer `)],
    ['no bytes', () => new Uint8Array(0), FormatError, /got an empty file/],
    [
      'a number',
      () => ({ infer: 3 }),
      OptionError,
      /infer must be a URL, a Response, a Blob, bytes or .*, got 3/,
    ],
    ['another name', () => ({ interfere: bytes }), OptionError, /one of infer, relaxed, train, prune/],
    ['nothing', () => undefined, OptionError, /must be an object, got undefined/],
    ['no names', () => ({}), OptionError, /must name at least one of infer, relaxed, train, prune, got \{\}/],
    [
      'a request',
      () => new Request(base),
      OptionError,
      /must name at least one .*an object of class Request/,
    ],
    [
      'a server that goes away',
      () => `${base}/breaks.wasm`,
      FileError,
      /must be able to fetch infer from http.*breaks\.wasm, got/,
    ],
    [
      'a fetch that is aborted',
      () => fetch(`${base}/stalls.wasm`, { signal: AbortSignal.timeout(50) }),
      FileError,
      /must be able to fetch infer from .*got .*timeout/,
    ],
    [
      'a fetch that was aborted at once',
      () => fetch(`${base}/kernels.wasm`, { signal: AbortSignal.abort() }),
      AbortedError,
      /aborted while infer was fetched/,
    ],
  ])('%s', async (_, source, kind, message) => {
    const call = () => here.loadKernels(source() as string);
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.toMatchObject({ name: kind.name });
    expect(here.providedModule('infer')).toBeUndefined();
  });
});
