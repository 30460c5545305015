import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileError, FormatError, OptionError, UnsupportedError } from '../../src/errors.js';
import { writeAtomically } from '../../src/io/files.js';
import { appendLine, reopenLog } from '../../src/io/lines.js';
import { readBytes } from '../../src/io/read.js';

const BYTES = Uint8Array.of(1, 2, 3, 0, 255);
const HTML = '<!DOCTYPE html><title>Not found</title>';
let folder = '';
const inFolder = (name: string) => path.join(folder, name);

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'espalier-io-'));
});

afterEach(() => {
  vi.unstubAllGlobals();
  fs.rmSync(folder, { recursive: true });
});

describe('readBytes of files', () => {
  test('takes a path, a file URL, and the text of one', async () => {
    fs.writeFileSync(inFolder('m'), BYTES);
    const url = pathToFileURL(inFolder('m'));
    for (const address of [inFolder('m'), url, url.href]) {
      expect(new Uint8Array(await readBytes(address))).toEqual(BYTES);
    }
  });

  test('a long file is waited for, and so is a pipe, whose writer lives in this very process', async () => {
    const long = new Uint8Array(3 << 20).fill(5);
    fs.writeFileSync(inFolder('long'), long);
    expect(Buffer.compare(await readBytes(inFolder('long')), long)).toBe(0);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [inFolder('pipe')]);
    const reading = readBytes(inFolder('pipe'));
    await fs.promises.writeFile(inFolder('pipe'), BYTES);
    expect(new Uint8Array(await reading)).toEqual(BYTES);
  });

  test('a missing file and a folder give a FileError that names them', async () => {
    await expect(readBytes(inFolder('none'))).rejects.toThrow(FileError);
    await expect(readBytes(inFolder('none'))).rejects.toThrow(
      /^readBytes: must be able to read ".*none", got ENOENT/,
    );
    await expect(readBytes(folder)).rejects.toThrow('EISDIR');
  });

  test('an HTML page is recognised', async () => {
    fs.writeFileSync(inFolder('page'), `\ufeff\n ${HTML}`);
    await expect(readBytes(inFolder('page'))).rejects.toThrow(FormatError);
    await expect(readBytes(inFolder('page'))).rejects.toThrow(
      'must hold a model; check the address, got an HTML page of',
    );
  });
});

describe('readBytes of addresses', () => {
  let server: Server;
  let base = '';

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/model') response.end(BYTES);
      else if (request.url === '/page') response.end(HTML);
      else if (request.url === '/broken') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('abc', () => response.destroy());
      } else response.writeHead(404).end(HTML);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
  });

  test('takes a string or a URL', async () => {
    expect(await readBytes(`${base}/model`)).toEqual(BYTES);
    expect(await readBytes(new URL('/model', base))).toEqual(BYTES);
    expect(await readBytes('data:application/octet-stream;base64,AQIDAP8=')).toEqual(BYTES);
  });

  test.each([
    ['/none', FileError, 'got status 404'],
    ['/page', FormatError, 'got an HTML page of 39 bytes'],
    ['/broken', FileError, 'must be able to fetch'],
  ])('%s is refused with its address', async (name, kind, message) => {
    const failure = await readBytes(base + name).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(kind);
    expect((failure as Error).message).toContain(message);
    expect((failure as Error).message).toContain(base + name);
  });

  test('a server that does not answer gives a FileError with the reason', async () => {
    await expect(readBytes('http://127.0.0.1:1/m')).rejects.toThrow(FileError);
  });
});

describe('without a file system', () => {
  beforeEach(() => {
    vi.stubGlobal('process', undefined);
  });

  test('strings are addresses', async () => {
    const asked: unknown[] = [];
    vi.stubGlobal('fetch', async (address: unknown) => {
      asked.push(address);
      return new Response(BYTES);
    });
    expect(await readBytes('models/m.safetensors')).toEqual(BYTES);
    expect(asked).toEqual(['models/m.safetensors']);
  });

  test('writing, logging, and reading without fetch are refused as unsupported', async () => {
    await expect(writeAtomically('m', BYTES)).rejects.toThrow(UnsupportedError);
    expect(() => appendLine('log', 'x')).toThrow('this platform must have a file system');
    vi.stubGlobal('fetch', undefined);
    await expect(readBytes('m')).rejects.toThrow('must have a file system or fetch, got neither');
  });
});

describe('appendLine', () => {
  test('creates a log and adds whole lines', () => {
    appendLine(inFolder('log'), '{"step":1}');
    appendLine(inFolder('log'), 'é');
    expect(fs.readFileSync(inFolder('log'), 'utf8')).toBe('{"step":1}\né\n');
  });

  test('refuses several lines, and names a file that it cannot write', () => {
    expect(() => appendLine(inFolder('log'), 'a\nb')).toThrow(OptionError);
    expect(() => appendLine(inFolder('none/log'), 'a')).toThrow(FileError);
    expect(() => appendLine(folder, 'a')).toThrow(/appendLine: must be able to append to ".*", got EISDIR/);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('reopenLog', () => {
  test('gives whole lines, and cuts off one that was being written', () => {
    fs.writeFileSync(inFolder('log'), 'a\n\né\nhal\u00e9');
    expect(reopenLog(inFolder('log'))).toEqual(['a', '', 'é']);
    appendLine(inFolder('log'), 'b');
    expect(fs.readFileSync(inFolder('log'), 'utf8')).toBe('a\n\né\nb\n');
  });

  test('creates a log, and names a file that it cannot', () => {
    expect(reopenLog(inFolder('log'))).toEqual([]);
    expect(fs.readdirSync(folder)).toEqual(['log']);
    expect(() => reopenLog(inFolder('none/log'))).toThrow(FileError);
  });
});
