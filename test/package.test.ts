import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from './support/installed.js';

const root = resolve(import.meta.dirname, '..');
let consumer: string;
let installed: string;

beforeAll(() => {
  consumer = installPackage();
  installed = join(consumer, 'node_modules/espalier');
}, 120_000);
afterAll(() => rmSync(consumer, { recursive: true }));

const script = `
import { adam, createSession, dense, prune, relu, sequential, version } from 'espalier';
import { syntheticDigits } from 'espalier/datasets';
import { loadSession, EspalierError, ShapeError } from 'espalier/session';
const { images, labels } = syntheticDigits({ samples: 300 });
const model = await sequential({ inputShape: [784], seed: 1 }, [dense(32), relu(), dense(10)]);
await model.fit(images, labels, { optimizer: adam(), epochs: 4, batchSize: 32 });
await prune(model, { sparsity: 0.5 });
const { accuracy } = await model.evaluate(images, labels);
const a = (await createSession(model, { batch: 32 })).run(images);
const b = (await loadSession(model.encode(), { batch: 32 })).run(images);
let caught = '';
try { (await createSession(model)).run(new Float32Array(3)); } catch (error) {
  caught = [error.code, error instanceof ShapeError, error instanceof EspalierError].join(' ');
}
console.log(JSON.stringify({ version, accuracy, same: a.every((value, i) => value === b[i]), caught }));
`;

describe('the package, installed in an empty folder', () => {
  test('has no run-time dependencies and brings nothing else along', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(manifest.dependencies).toBeUndefined();
    expect(readdirSync(join(consumer, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'espalier',
    ]);
  });

  test('has bundled entries: few files, no sources, no imports but its own chunks', () => {
    const files = readdirSync(join(installed, 'dist'), { recursive: true }).map(String);
    const code = files.filter((name) => name.endsWith('.js'));
    expect(code.length).toBeLessThan(12);
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
    for (const name of code) {
      const imports = [
        ...readFileSync(join(installed, 'dist', name), 'utf8').matchAll(
          /(?:^|;)(?:import|export)[^;"]*from\s?"([^"]+)"/gm,
        ),
      ];
      for (const [, from] of imports) expect(from, name).toMatch(/^(\.\/|node:)/);
    }
  });

  test('imports nothing of Node and nothing dynamically where a page loads it, and no file of the network', () => {
    for (const name of ['session.min.js', 'espalier.min.js']) {
      const code = readFileSync(join(installed, 'dist', name), 'utf8');
      expect(code, name).not.toMatch(
        /\bimport\s*\(|\brequire\s*\(|from\s*["']node:|\beval\s*\(|new Function/,
      );
    }
  });

  test('has what a start calls in parentheses, which V8 compiles without reading it twice', () => {
    const chunk = readdirSync(join(installed, 'dist/chunks')).map((name) => join('chunks', name));
    const code = [...chunk, 'session.min.js'].map((name) =>
      readFileSync(join(installed, 'dist', name), 'utf8'),
    );
    expect(code.slice(0, -1).join('\n')).toContain('var loadSession=(async function(');
    expect(code.at(-1)!.match(/\bvar \w+=\((async )?function\(/g)!.length).toBeGreaterThan(100);
    expect(code.slice(0, -1).join('\n')).toContain('function exportModule('); // what a start does not call stays as it was
  });

  test('loads a model file without fetch and streams, which take Node longer to load than the model', () => {
    const make =
      "import { dense, sequential } from 'espalier'; await (await sequential({ inputShape: [2] }, [dense(2)])).save('m');";
    const use = `
      import { loadSession } from 'espalier/session';
      const before = new Set(process.moduleLoadList);
      (await loadSession('m')).run(new Float32Array(2));
      console.log(process.moduleLoadList.filter((name) => !before.has(name)).join(', '));
    `;
    const run = (code: string) =>
      String(execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: consumer }));
    run(make);
    expect(run(use)).not.toMatch(/undici|zlib|crypto|stream/);
  });

  test('names its errors also where names are minified', () => {
    const use = `
      import { loadSession, MissingPackageError, ShapeError } from './node_modules/espalier/dist/session.min.js';
      const error = await loadSession('none').catch((thrown) => thrown);
      console.log([error.name, new ShapeError('').name, new MissingPackageError('').name].join(' '));
    `;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', use], { cwd: consumer });
    expect(String(output).trim()).toBe('FileError ShapeError MissingPackageError');
  });

  test('trains, prunes, and answers the same through its three entries, which share their errors', () => {
    writeFileSync(join(consumer, 'use.mjs'), script);
    const output = execFileSync(process.execPath, ['use.mjs'], { cwd: consumer, encoding: 'utf8' });
    const result = JSON.parse(output) as Record<string, unknown>;
    expect(result).toMatchObject({ version: '0.1.0', same: true, caught: 'SHAPE true true' });
    expect(result.accuracy).toBeGreaterThan(0.9);
  });

  test('prints no more than a screen for an uncaught error, and its message last', () => {
    const misuses = [
      "import { createSession } from 'espalier'; await createSession({});",
      "import { sequential } from 'espalier'; await sequential({ inputShape: [0] }, []);",
      "import { loadSession } from 'espalier/session'; await loadSession('/none.safetensors');",
      "import { parseIdx } from 'espalier/datasets'; parseIdx(new Uint8Array(3));",
    ];
    for (const misuse of misuses) {
      const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', misuse], {
        cwd: consumer,
        encoding: 'utf8',
      });
      expect(status).toBe(1);
      expect(stderr.length, stderr.slice(0, 4000)).toBeLessThan(4000);
      expect(stderr).toMatch(/^\w+Error: \w+: .*, got /m);
    }
  });

  test('has types that a strict project accepts', () => {
    const use = script
      .replace('catch (error) {', 'catch (unknown) { const error = unknown as ShapeError;')
      .replace("let caught = ''", "let caught: string = ''");
    writeFileSync(join(consumer, 'use.mts'), use);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const flags = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2023,dom',
    ];
    execFileSync(process.execPath, [tsc, ...flags, 'use.mts'], { cwd: consumer, encoding: 'utf8' });
  });

  test('has a command that runs', () => {
    const bin = join(consumer, 'node_modules/.bin/espalier');
    expect(execFileSync(bin, ['--version'], { encoding: 'utf8' }).trim()).toBe('0.1.0');
    expect(execFileSync(bin, ['--help'], { encoding: 'utf8' })).toContain('Usage: npx espalier COMMAND');
  });
});
