import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileError } from '../../src/errors.js';
import { writeAtomically } from '../../src/io/files.js';

const BYTES = Uint8Array.of(1, 2, 3, 0, 255);
let folder = '';
const inFolder = (name: string) => path.join(folder, name);
const read = (name: string) => new Uint8Array(fs.readFileSync(inFolder(name)));

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'espalier-io-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

describe('writeAtomically', () => {
  test('writes a new file and replaces an old one, and leaves nothing else', async () => {
    await writeAtomically(inFolder('m'), BYTES);
    expect(read('m')).toEqual(BYTES);
    await writeAtomically(inFolder('m'), new Uint8Array(3_000_000).fill(7));
    expect(read('m').length).toBe(3_000_000);
    await writeAtomically(inFolder('m'), new Uint8Array(0));
    expect(read('m').length).toBe(0);
    expect(fs.readdirSync(folder)).toEqual(['m']);
  });

  test('writes only the part that a view shows', async () => {
    await writeAtomically(inFolder('m'), BYTES.subarray(1, 3));
    expect(read('m')).toEqual(Uint8Array.of(2, 3));
  });

  test('a path without a folder is relative to the working one', async () => {
    const name = path.relative(process.cwd(), inFolder('m'));
    await writeAtomically(name, BYTES);
    expect(read('m')).toEqual(BYTES);
  });

  test('twenty writers at once leave one whole file', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i));
    await Promise.all(contents.map((bytes) => writeAtomically(inFolder('m'), bytes)));
    const result = read('m');
    expect(result).toEqual(contents[result[0]!]);
    expect(fs.readdirSync(folder)).toEqual(['m']);
  });

  test('a symbolic link stays one, and permissions stay', async () => {
    fs.writeFileSync(inFolder('real'), 'old', { mode: 0o600 });
    fs.symlinkSync(inFolder('real'), inFolder('link'));
    await writeAtomically(inFolder('link'), BYTES);
    expect(fs.lstatSync(inFolder('link')).isSymbolicLink()).toBe(true);
    expect(read('real')).toEqual(BYTES);
    expect(fs.statSync(inFolder('real')).mode & 0o777).toBe(0o600);
  });

  test('temporary files left by a killed process with the same id do no harm', async () => {
    const names: string[] = [];
    const open = fs.promises.open;
    vi.spyOn(fs.promises, 'open').mockImplementation((file, ...rest) => {
      names.push(String(file));
      return open(file, ...rest);
    });
    await writeAtomically(inFolder('m'), BYTES);
    const count = Number(/-(\d+)\.tmp$/.exec(names[0]!)![1]);
    for (let i = 1; i <= 5; i++) fs.writeFileSync(inFolder(`m.${process.pid}-${count + i}.tmp`), 'stale');
    await writeAtomically(inFolder('m'), BYTES.subarray(1));
    expect(read('m')).toEqual(BYTES.subarray(1));
    expect(fs.readdirSync(folder).length).toBe(6);
  });

  test('temporary files that killed processes left a while ago go with the next write, others stay', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']); // has ended
    const old = new Date(Date.now() - 120_000);
    const stays = [`m.${process.pid}-1.tmp`, `m.${pid}-x.tmp`, `n.${pid}-1.tmp`, `m.${pid}-2.tmp.keep`];
    for (const name of [`m.${pid}-1.tmp`, `m.${pid}-12.tmp`, ...stays]) {
      fs.writeFileSync(inFolder(name), 'half');
      fs.utimesSync(inFolder(name), old, old);
    }
    fs.writeFileSync(inFolder(`m.${pid}-3.tmp`), 'just now');
    await writeAtomically(inFolder('m'), BYTES);
    expect(fs.readdirSync(folder).sort()).toEqual(['m', `m.${pid}-3.tmp`, ...stays].sort());
  });

  test.each([
    ['a folder that does not exist', () => inFolder('none/m'), 'ENOENT'],
    ['a parent that is a file', () => inFolder('file/m'), 'ENOTDIR'],
    ['a target that is a folder', () => inFolder('sub'), 'EISDIR'],
    ['a name that no file system takes', () => inFolder('x'.repeat(300)), 'ENAMETOOLONG'],
    ['a name with a zero byte', () => inFolder('a\0b'), 'null bytes'],
  ])(
    '%s gives a FileError that names the path, and leaves the folder as it was',
    async (_, target, reason) => {
      fs.writeFileSync(inFolder('file'), 'old');
      fs.mkdirSync(inFolder('sub'));
      const failure = await writeAtomically(target(), BYTES).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(FileError);
      const { message, cause } = failure as FileError;
      expect(message).toContain(`writeAtomically: must be able to write ${JSON.stringify(target())}, got `);
      expect(message).toContain(reason);
      expect(cause).toBeInstanceOf(Error);
      expect(fs.readdirSync(folder).sort()).toEqual(['file', 'sub']);
      expect(fs.readFileSync(inFolder('file'), 'utf8')).toBe('old');
    },
  );

  const full = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));

  test.each(['writeFile', 'sync', 'close', 'rename'] as const)(
    'a disk that fails at %s leaves the old file and no temporary one',
    async (step) => {
      await writeAtomically(inFolder('m'), BYTES);
      const open = fs.promises.open;
      vi.spyOn(fs.promises, 'open').mockImplementation(async (...args) => {
        const handle = await open(...args);
        if (step === 'close') {
          const close = handle.close.bind(handle);
          vi.spyOn(handle, 'close').mockImplementation(() => close().then(full));
        } else if (step !== 'rename') vi.spyOn(handle, step).mockImplementation(full);
        return handle;
      });
      if (step === 'rename') vi.spyOn(fs.promises, 'rename').mockImplementation(full);
      await expect(writeAtomically(inFolder('m'), new Uint8Array(9))).rejects.toThrow(FileError);
      expect(read('m')).toEqual(BYTES);
      expect(fs.readdirSync(folder)).toEqual(['m']);
    },
  );

  test('a platform that cannot sync folders still saves', async () => {
    const open = fs.promises.open;
    vi.spyOn(fs.promises, 'open').mockImplementation((file, flags, mode) =>
      flags === 'r' ? Promise.reject(new Error('EPERM')) : open(file, flags, mode),
    );
    await writeAtomically(inFolder('m'), BYTES);
    expect(read('m')).toEqual(BYTES);
  });

  test('a process killed at any moment of writing leaves a whole file', async () => {
    const bundle = ['--bundle', '--format=esm', '--platform=browser', `--outfile=${inFolder('files.mjs')}`];
    expect(spawnSync('node_modules/.bin/esbuild', ['src/io/files.ts', ...bundle]).status).toBe(0);
    const script = `
      const { writeAtomically } = await import(${JSON.stringify(pathToFileURL(inFolder('files.mjs')).href)});
      for (let i = 0; ; i = (i + 1) % 256) {
        await writeAtomically(${JSON.stringify(inFolder('m'))}, new Uint8Array(500_000).fill(i));
      }`;
    for (let round = 0; round < 5; round++) {
      fs.rmSync(inFolder('m'), { force: true });
      const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
      while (!fs.existsSync(inFolder('m'))) await setTimeout(2);
      await setTimeout(7 * round);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const bytes = read('m');
      expect(bytes.length).toBe(500_000);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
    }
  });
});
