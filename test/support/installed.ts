/** This checkout as users get it: built, packed, and installed alone in an empty folder; once for all tests that ask. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const packed = join(root, 'build/packed');
const lock = join(root, 'build/packed.lock');
/** Milliseconds after which whoever holds the lock must have died. */
const DEAD = 180_000;

/** Sizes and times of all that the package is made of. */
function state(): string {
  const files = ['src', 'datasets', 'assembly', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return ['package.json', 'README.md', 'CHANGELOG.md', ...files]
    .map((name) => `${name} ${statSync(join(root, name)).mtimeMs}`)
    .join('\n');
}

const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

function pack(): void {
  rmSync(packed, { recursive: true, force: true });
  const consumer = join(packed, 'consumer');
  mkdirSync(consumer, { recursive: true });
  npm(root, 'pack', '--pack-destination', packed);
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module", "private": true }');
  const tarball = readdirSync(packed).find((name) => name.endsWith('.tgz'))!;
  npm(consumer, 'install', '--ignore-scripts', '--no-audit', '--no-fund', join(packed, tarball));
}

/** Runs `work` while no other process does. */
function alone(work: () => void): void {
  mkdirSync(join(root, 'build'), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - since > DEAD) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** A folder with the package in its node_modules, to be removed by the caller. */
export function installPackage(): string {
  const stamp = join(packed, 'stamp');
  alone(() => {
    const now = state();
    try {
      if (readFileSync(stamp, 'utf8') === now) return;
    } catch {
      // never packed
    }
    pack();
    writeFileSync(stamp, now);
  });
  const consumer = mkdtempSync(join(tmpdir(), 'espalier-consumer-'));
  cpSync(join(packed, 'consumer'), consumer, { recursive: true });
  return consumer;
}
