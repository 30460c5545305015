/** Other engines to test on: more Nodes, Deno, Bun, and a browser. What is missing is passed over, unless it is demanded. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

/** `npm ci --prefix test/nodes` brings these. */
const installed = ['node22', 'node24'].map((name) => resolve('test/nodes/node_modules', name, 'bin/node'));

/** Paths of other Nodes: those of NODE_OTHER (several with the path delimiter), or those that test/nodes brings. */
export function otherNodes(): string[] {
  const named = (process.env.NODE_OTHER ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : installed.filter((path) => existsSync(path));
}

/** What a program calls itself, such as `v22.23.3` or `1.4.5`. */
export function versionOf(program: string): string {
  return /v?\d[\d.]*/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))![0];
}

/** What runs JavaScript files much as Node does. */
export interface Runtime {
  readonly name: string;
  /** The program, and what stands before the name of a file. */
  readonly command: readonly [string, ...string[]];
  /** Why it cannot be tested; undefined if it can. */
  readonly missing: string | undefined;
}

function runtime(name: string, file: string, ...args: string[]): Runtime {
  const path = resolve('test/nodes/node_modules', file);
  const missing = existsSync(path) ? undefined : 'npm ci --prefix test/nodes was not run';
  return { name, command: [path, ...args], missing };
}

/** Deno and Bun, which test/nodes brings. */
export const otherRuntimes: readonly Runtime[] = [
  runtime('Deno', '@deno/linux-x64-glibc/deno', 'run', '-A'),
  runtime('Bun', '@oven/bun-linux-x64-baseline/bin/bun'),
];

const start = promisify(execFile);

/** What a runtime prints when it runs a file; `home` is its folder, and keeps its caches. */
export async function outputOf(
  { command: [program, ...before] }: Pick<Runtime, 'command'>,
  home: string,
  ...args: string[]
): Promise<string> {
  const env = { HOME: home, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
  return (await start(program, [...before, ...args], { cwd: home, env })).stdout.trim();
}

/** The title of a test that needs something: with a reason where it is skipped. */
export function titled(title: string, missing: string | undefined): string {
  return missing === undefined ? title : `${title} (skipped: ${missing})`;
}

/**
 * Path of a Chromium: CHROMIUM, or where Linux distributions install it; undefined when there is none. Throws if
 * ESPALIER_BROWSER is `required`, as it is where all tests must run.
 */
export function browserPath(): string | undefined {
  const named = process.env.CHROMIUM;
  const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const found = [...(named ? [named] : []), ...usual].find((path) => existsSync(path));
  if (found === undefined && process.env.ESPALIER_BROWSER === 'required') {
    throw new Error(
      `tests: ESPALIER_BROWSER=required needs a Chromium at CHROMIUM or ${usual.join(', ')}, got none`,
    );
  }
  if (found === undefined)
    console.warn('tests: no Chromium found, its tests are skipped (set CHROMIUM to its path)');
  return found;
}

/** A headless browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath()!, args: ['--no-sandbox'] });
}
