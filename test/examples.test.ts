/** The examples in docstrings: all compile, and all that need no download run. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dense, relu, sequential } from '../src/index.js';

const root = resolve(import.meta.dirname, '..');

interface Example {
  readonly name: string;
  readonly code: string;
}

/** All blocks behind `@example` in the docstrings of a file, by the name of what they document. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(join(root, file), 'utf8');
  const docs = text.matchAll(
    /\/\*\*(?:(?!\*\/)[\s\S])*?@example(?:(?!\*\/)[\s\S])*?\*\/\s*(?:export )?(?:async )?(?:function )?(\w+)/g,
  );
  return [...docs].flatMap(([doc, name]) => {
    const plain = doc.replace(/^\s*\* ?/gm, '');
    return [...plain.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => ({ name: name!, code: code! }));
  });
}

const files = ['src', 'datasets'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const examples = files.sort().flatMap(examplesOf);

/** Where the examples lie as files: inside the project, so that tests can import them. */
const folder = join(root, 'build', 'examples');
const fileOf = ({ name }: Example) => join(folder, `${name}.ts`);

/** Imports of the package are those of its sources. */
const sources = {
  espalier: '../../src/index.js',
  'espalier/session': '../../src/session.js',
  'espalier/datasets': '../../datasets/index.js',
};
const resolved = (code: string) =>
  code.replace(/from '(espalier[\w/]*)'/g, (_, name: keyof typeof sources) => `from '${sources[name]}'`);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const example of examples) writeFileSync(fileOf(example), `${resolved(example.code)}export {};\n`);
});

test('the main functions have an example', () => {
  const names = examples.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...names].sort()).toEqual([
    ...['conv2d', 'createSession', 'exportModule', 'fit', 'gradual', 'loadMnist', 'loadModel', 'loadSession'],
    ...['lotteryTicket', 'prune', 'report', 'sensitivity', 'sequential', 'shrink', 'tradeOff'],
  ]);
});

test('every example compiles', { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(examples.map(fileOf), options);
  const found = program.getSourceFiles().filter(({ fileName }) => fileName.includes('/build/examples/'));
  expect(found).toHaveLength(examples.length);
  const complaints = found.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  const texts = complaints.map(({ file, messageText }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
  expect(texts).toEqual([]);
});

describe('an example runs:', () => {
  const home = process.cwd();
  const away = mkdtempSync(join(tmpdir(), 'espalier-examples-'));

  beforeAll(async () => {
    const model = await sequential({ inputShape: [784], seed: 1 }, [dense(16), relu(), dense(10)]);
    await model.save(join(away, 'model.safetensors'));
    model.dispose();
    process.chdir(away);
  });
  afterAll(() => {
    process.chdir(home);
    rmSync(away, { recursive: true });
  });

  for (const example of examples.filter(({ code }) => !code.includes('loadMnist'))) {
    test(example.name, async () => {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      await import(pathToFileURL(fileOf(example)).href);
      const printed = log.mock.calls.flat().map(String);
      log.mockRestore();
      expect(printed.length > 0).toBe(example.code.includes('console.log'));
      expect(printed.join('\n')).not.toMatch(/NaN|undefined|\[object/);
    });
  }
});
