/** Processes killed with -9. CHECKPOINT_KILLS=2000 npx vitest run test/train/checkpointKill.test.ts kills more often. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainingStateOf } from '../../src/io/checkpointFile.js';
import { deriveSeed, Random } from '../../src/tensor/random.js';

const KILLS = Number(process.env.CHECKPOINT_KILLS ?? 21);
const names = ['rigl', 'l0', 'images'] as const;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'espalier-kill-'));
const script = path.join(folder, 'child.mjs');

beforeAll(() => {
  buildSync({
    stdin: {
      contents:
        "import { run } from './test/train/checkpointChild.ts';" +
        "const begun = () => process.stdout.write('begun\\n');" +
        'console.log(await run(process.argv[2], process.argv[3], begun));',
      resolveDir: path.resolve(import.meta.dirname, '../..'),
    },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define: { __VERSION__: '"0"' },
    logLevel: 'warning',
  });
});

afterAll(() => fs.rmSync(folder, { recursive: true }));

/** Runs a process to its end, or kills it so many milliseconds after its first step; its last line when it ended. */
async function life(name: string, file: string | undefined, millis: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [script, name, ...(file ? [file] : [])], { env: {} });
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => void errors.push(data));
  const closed = once(child, 'close');
  const begun = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      out.push(data);
      resolve();
    });
  });
  await Promise.race([begun, closed]);
  if (millis < Infinity) {
    await Promise.race([setTimeout(millis), closed]);
    child.kill('SIGKILL');
  }
  const [code, signal] = (await closed) as [number | null, string | null];
  if (signal === 'SIGKILL') return undefined;
  expect(Buffer.concat(errors).toString()).toBe('');
  expect(code).toBe(0);
  return Buffer.concat(out).toString().trim().split('\n').at(-1);
}

describe(`a process killed with -9, ${KILLS} times in all`, () => {
  test.each(names)(
    'ends as one that was left alone: %s',
    { timeout: 30_000 + KILLS * 2000 },
    async (name) => {
      const whole = await life(name, undefined, Infinity);
      const random = new Random(deriveSeed(7, names.indexOf(name)));
      const file = path.join(folder, `${name}.safetensors`);
      let [kills, ends] = [0, 0];
      while (kills < KILLS / names.length) {
        const millis = Math.round((random.next() / 2 ** 32) * 150);
        const end = await life(name, file, millis);
        if (fs.existsSync(file)) expect(trainingStateOf(fs.readFileSync(file))).toBeDefined(); // never torn
        if (end === undefined) kills++;
        else {
          expect(end).toBe(whole);
          fs.rmSync(file);
          ends++;
        }
      }
      expect(await life(name, file, Infinity)).toBe(whole);
      // Run again, it has nothing left to do.
      expect(await life(name, file, Infinity)).toBe(whole);
      console.info(`${name}: ${kills} kills, ${ends + 1} runs that came to their end`);
    },
  );
});
