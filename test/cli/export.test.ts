import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportModule, loadModel } from '../../src/index.js';
import { perceptron, samplesFor } from '../export/support.js';
import { onlyJson, run, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const file = folder.path('net.safetensors');

interface Result {
  readonly out: string;
  readonly types: string | null;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly weightBytes: number;
  readonly kernels: string[];
  readonly inputShape: number[];
}

describe('espalier export', () => {
  beforeAll(async () => {
    const model = await perceptron('a perceptron', 0.8);
    await model.save(file);
    model.dispose();
  });
  afterAll(folder.remove);

  it('writes a script beside the model that answers like it', async () => {
    const result = onlyJson<Result>(await run(['export', file, '--json']));
    expect(result).toMatchObject({
      out: folder.path('net.js'),
      types: null,
      format: 'js',
      batch: 1,
      inputShape: [24],
    });
    const bytes = readFileSync(result.out);
    expect(bytes.length).toBe(result.bytes);
    expect(gzipSync(bytes, { level: 9 }).length).toBe(result.gzipBytes);
    const model = await loadModel(file);
    const x = samplesFor(model, 3);
    const { run: answer } = (await import(pathToFileURL(result.out).href)) as {
      run(x: Float32Array): Float32Array;
    };
    expect(answer(x)).toEqual(model.predict(x));
    model.dispose();
  });

  it('writes what exportModule gives, with types when asked to', async () => {
    const out = folder.path('deep/er/net.mjs');
    const result = onlyJson<Result>(
      await run(['export', file, '--batch', '8', '--types', '--out', out, '--json']),
    );
    const model = await loadModel(file);
    const { code, types, size } = await exportModule(model, { batch: 8 });
    expect(readFileSync(out, 'utf8')).toBe(code);
    expect(result.types).toBe(folder.path('deep/er/net.d.mts'));
    expect(readFileSync(result.types!, 'utf8')).toBe(types);
    expect(result).toMatchObject(size);
    const bare = await run(['export', file, '--format', 'wasm', '--kernels', 'dense']);
    expect(bare.code).toBe(0);
    const wasm = await exportModule(model, { format: 'wasm', kernels: 'dense' });
    expect(readFileSync(folder.path('net.wasm')).equals(wasm.bytes)).toBe(true);
    model.dispose();
  });

  it('shows parts in columns that line up', async () => {
    const { stdout, code } = await run(['export', file]);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    const rows = lines.filter((line) => /^(weights|code|frame|script|file|gzip -9) /.test(line));
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([
      'weights',
      'code',
      'frame',
      'script',
      'file',
      'gzip -9',
    ]);
    const [end] = rows.map((row) => /^\S+( -9)? +[\d,]+/.exec(row)![0].length);
    for (const row of rows) expect(/^\S+( -9)? +[\d,]+/.exec(row)![0].length).toBe(end);
    expect(stdout).toMatch(/kernels: spmv_/);
  });

  it('leaves nothing behind when it fails', async () => {
    const out = folder.path('empty/none.js');
    const { code, stderr, stdout } = await run(['export', folder.path('missing'), '--out', out, '--json']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/must be able to read .*ENOENT/);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder.path('empty'))).toEqual([]);
  });
});
