/** Runs the command line in this process, on streams that remember. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/dispatch.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly signal?: AbortSignal;
  readonly env?: Record<string, string>;
  readonly isTTY?: boolean;
  /** Sees every write to stderr. */
  readonly onProgress?: (text: string) => void;
}

/** `espalier ...argv`. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  let [stdout, stderr] = ['', ''];
  const isTTY = surroundings.isTTY ?? false;
  const code = await main(argv, {
    stdout: {
      isTTY,
      write: (text) => {
        stdout += text;
      },
    },
    stderr: {
      isTTY,
      write: (text) => {
        stderr += text;
        surroundings.onProgress?.(text);
      },
    },
    env: surroundings.env ?? {},
    program: 'espalier',
    signal: surroundings.signal ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** The object on the last line of stdout; throws when anything else stands there. */
export function onlyJson<T = Record<string, unknown>>({ stdout }: Outcome): T {
  if (!/^[^\n]*\n$/.test(stdout)) throw new Error(`stdout must be one line, got ${stdout}`);
  return JSON.parse(stdout) as T;
}

/** A new folder, and a function that removes it. */
export function temporaryFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-cli-'));
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
