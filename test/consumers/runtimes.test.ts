import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { otherRuntimes, outputOf, type Runtime, titled } from '../support/runtimes.js';
import { type Site, serve } from '../support/siteServer.js';
import { type Consumer, makeConsumer } from './site.js';

const node: Runtime = { name: 'Node', command: [process.execPath], missing: undefined };
const cli = 'node_modules/espalier/dist/cli.js';

let consumer: Consumer;
let site: Site;
/** What this Node gives. */
let files: Map<string, unknown>;
let commands: unknown;

/** What files.mjs tells. */
async function filesBy(runtime: Runtime): Promise<Map<string, unknown>> {
  const [folder, address] = [join(consumer.out, runtime.name), `${site.address}/${runtime.name}/`];
  return new Map(JSON.parse(await outputOf(runtime, consumer.folder, 'files.mjs', folder, address)));
}

/** Bytes of the files, and the last printed object, of a chain of commands. */
async function commandsBy(runtime: Runtime): Promise<unknown[]> {
  const at = (name: string) => `${runtime.name}-${name}`;
  const run = (...args: string[]) => outputOf(runtime, consumer.folder, cli, ...args, '--json');
  const data = ['--data', 'synthetic', '--epochs', '1'];
  await run('train', '--layers', '16', '--out', at('model'), ...data);
  await run('prune', at('model'), '--sparsity', '0.8', '--rounds', '2', '--out', at('pruned'), ...data);
  await run('export', at('pruned'), '--out', at('module.mjs'));
  const { loss, accuracy } = JSON.parse(await run('evaluate', at('pruned'), '--data', 'synthetic'));
  const made = ['model', 'pruned', 'module.mjs'].map((name) => readFileSync(join(consumer.folder, at(name))));
  return [loss, accuracy, ...made.map((bytes) => bytes.toString('base64'))];
}

beforeAll(async () => {
  consumer = await makeConsumer();
  copyFileSync('test/consumers/files.mjs', join(consumer.folder, 'files.mjs'));
  site = await serve(consumer.out);
  [files, commands] = await Promise.all([filesBy(node), commandsBy(node)]);
}, 120_000);
afterAll(async () => {
  await site.close();
  consumer.remove();
});

test('Node reads and writes files as it should', () => {
  for (let i = 1; i < 6; i++) expect(files.get(`answers ${i}`)).toEqual(files.get('answers 0'));
  expect(files.get('by URL')).toBe(true);
  expect(files.get('link')).toBe(true);
  expect(files.get('permissions stay')).toBe('600');
  expect(files.get('cut off')).toEqual(['FormatError', 'FORMAT', expect.stringContaining('truncated')]);
  expect(files.get('steps when it goes on')).toBe(5);
  expect(files.get('to the same model')).toBe(true);
  expect(files.get('files')).toEqual(['by URL', 'cut', 'link', 'log.csv', 'model', 'real', 'run']);
  expect([...files.values()]).not.toContain('nothing');
});

for (const runtime of otherRuntimes) {
  describe.skipIf(runtime.missing)(titled(runtime.name, runtime.missing), () => {
    test('reads, saves, logs, refuses and goes on from a checkpoint as Node does', async () => {
      expect(await filesBy(runtime)).toEqual(files);
    });

    test('runs the commands to the same files', async () => {
      expect(await commandsBy(runtime)).toEqual(commands);
    });
  });
}

const deno = otherRuntimes[0]!;
test.skipIf(deno.missing)(titled('Deno says which permission a file needs', deno.missing), async () => {
  const code = `import { loadModel } from 'espalier';
    loadModel('model').catch(({ code, message }) => console.log(code, message));`;
  writeFileSync(join(consumer.folder, 'asks.mjs'), code);
  const command = [deno.command[0], 'run', '--no-prompt'] as const;
  expect(await outputOf({ command }, consumer.folder, 'asks.mjs')).toMatch(
    /^FILE loadModel: must be able to read "model", got .*--allow-read/,
  );
});
