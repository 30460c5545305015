/** Other engines to test on: more Nodes, and a browser. What is missing is passed over, unless it is demanded. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** `npm ci --prefix test/nodes` brings these. */
const installed = ['node22', 'node24'].map((name) => resolve('test/nodes/node_modules', name, 'bin/node'));

/** Paths of other Nodes: those of NODE_OTHER (several with the path delimiter), or those that test/nodes brings. */
export function otherNodes(): string[] {
  const named = (process.env.NODE_OTHER ?? '').split(delimiter).filter((path) => path !== '');
  return named.length > 0 ? named : installed.filter((path) => existsSync(path));
}

/** What a Node calls itself, such as `v22.23.3`. */
export function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
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
