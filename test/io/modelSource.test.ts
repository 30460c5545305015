import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AbortedError,
  dense,
  FileError,
  FormatError,
  loadExitSession,
  loadModel,
  OptionError,
  report,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { loadSession } from '../../src/session.js';

const folder = mkdtempSync(join(tmpdir(), 'espalier source '));
const path = (name: string) => join(folder, name);
const x = Float32Array.of(1, -2, 3);
let model: Sequential;
let bytes: Uint8Array;
let expected: Float32Array;

beforeAll(async () => {
  model = await sequential({ inputShape: [3], seed: 4 }, [dense(5), dense(2)]);
  bytes = model.encode();
  expected = model.predict(x);
});
afterAll(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

const altered = () => {
  const copy = bytes.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
};

/** Each function that opens model files, by its name. */
const openers = {
  loadModel: (source: unknown) => loadModel(source as string),
  loadSession: (source: unknown) => loadSession(source as string),
};

describe.each(Object.entries(openers))('%s', (name, open) => {
  test('takes what fetch(...).arrayBuffer() gives, a part of a buffer, and a Buffer', async () => {
    const part = new Uint8Array(bytes.length + 7).fill(255);
    part.set(bytes, 3);
    for (const source of [bytes.slice().buffer, part.subarray(3, 3 + bytes.length), Buffer.from(bytes)]) {
      const opened = await open(source);
      const y = 'predict' in opened ? opened.predict(x) : opened.run(x);
      expect(y).toEqual(expected);
      opened.dispose();
    }
  });

  test('takes a Blob, a File and an answer of fetch', async () => {
    const part = bytes.slice();
    for (const source of [new Blob([part]), new File([part], 'digits.safetensors'), new Response(part)]) {
      const opened = await open(source);
      expect('predict' in opened ? opened.predict(x) : opened.run(x)).toEqual(expected);
      opened.dispose();
    }
  });

  test('names the File, or the address of the answer, that holds no model', async () => {
    const file = new File([altered()], 'mine.safetensors');
    await expect(open(file)).rejects.toThrow(`${name}: "mine.safetensors": file is altered or truncated`);
    await expect(open(new Response('<!doctype html>'))).rejects.toThrow(
      `${name}: "a Response" must hold a model; check the address, got an HTML page of 15 bytes`,
    );
    const missing = open(new Response('', { status: 404 }));
    await expect(missing).rejects.toThrow(FileError);
    await expect(missing).rejects.toThrow(`${name}: must be able to fetch "a Response", got status 404`);
    const read = new Response(bytes.slice());
    await read.arrayBuffer();
    await expect(open(read)).rejects.toThrow(FileError);
  });

  test('says that it was aborted when a signal ends a fetch', async () => {
    const stalled = createServer((_, response) => response.writeHead(200).write('x')).listen(0);
    await new Promise((resolve) => stalled.once('listening', resolve));
    const address = `http://localhost:${(stalled.address() as AddressInfo).port}/`;
    const controller = new AbortController();
    const opening = open(await fetch(address, { signal: controller.signal }));
    controller.abort();
    await expect(opening).rejects.toThrow(AbortedError);
    await expect(opening).rejects.toThrow(`${name}: aborted while "${address}" was read`);
    stalled.closeAllConnections();
    stalled.close();
  });

  test.each<[string, () => unknown, string]>([
    ['a request', () => new Request('http://localhost/'), 'an object of class Request'],
    ['a view of other things', () => new DataView(new ArrayBuffer(8)), 'DataView(8)'],
    ['a model', () => model, 'a model'],
    ['a promise', () => Promise.resolve(bytes), 'a promise (await it)'],
    ['nothing', () => undefined, 'undefined'],
    ['null', () => null, 'null'],
    ['numbers', () => [1, 2], '[1, 2]'],
  ])('refuses %s as an option', async (_, source, got) => {
    const opening = open(source());
    await expect(opening).rejects.toThrow(OptionError);
    await expect(opening).rejects.toThrow(
      `${name}: model must be bytes, a path, a URL, a Blob or a Response, got ${got}`,
    );
  });

  test('names itself, and the file that is altered', async () => {
    writeFileSync(path('altered'), altered());
    for (const source of [path('altered'), pathToFileURL(path('altered'))]) {
      const opening = open(source);
      await expect(opening).rejects.toThrow(FormatError);
      await expect(opening).rejects.toThrow(
        `${name}: ${JSON.stringify(String(source))}: file is altered or truncated: CRC-32C must be`,
      );
    }
    await expect(open(altered())).rejects.toThrow(/file is altered or truncated/);
    await expect(open(path('none'))).rejects.toThrow(new RegExp(`^${name}: must be able to read ".*none"`));
  });
});

test('loadExitSession takes buffers for the network and its heads, and names what is none', async () => {
  const layers = [dense(4), dense(2)];
  const network = await sequential({ inputShape: [3], seed: 4 }, layers);
  const head = await sequential({ inputShape: [4], seed: 5 }, [dense(2)]);
  const exits = [{ after: 'dense1', margin: 0.5, head: head.encode().slice().buffer as ArrayBuffer }];
  const session = await loadExitSession(network.encode().slice().buffer as ArrayBuffer, { exits });
  expect(session.run(x)).toHaveLength(2);
  session.dispose();
  const source = network.encode();
  await expect(loadExitSession(source, { exits: [{ ...exits[0]!, head: 5 as never }] })).rejects.toThrow(
    'loadExitSession: model must be bytes, a path, a URL, a Blob or a Response, got 5',
  );
  network.dispose();
  head.dispose();
});

describe('save', () => {
  test('takes a file URL, as an object and as text, with what must be escaped in it', async () => {
    const url = pathToFileURL(path('a model 100%.safetensors'));
    for (const to of [url, url.href]) {
      await model.save(to);
      expect(new Uint8Array(readFileSync(url))).toEqual(bytes);
      rmSync(url);
    }
  });

  test.each([undefined, '', 5, null, {}])('refuses %j as an option', async (to) => {
    const saving = model.save(to as never);
    await expect(saving).rejects.toThrow(OptionError);
    await expect(saving).rejects.toThrow(/^save: path must be a file name, got /);
  });

  test('names itself where it cannot write', async () => {
    await expect(model.save(path('no/folder/here'))).rejects.toThrow(/^save: must be able to write ".*here"/);
    const remote = model.save(new URL('https://example.org/model'));
    await expect(remote).rejects.toThrow(FileError);
  });
});

test('report names itself where it cannot write', async () => {
  const writing = report(path('no/page.html'), { models: { one: model } });
  await expect(writing).rejects.toThrow(/^report: must be able to write ".*page.html"/);
});
