#!/usr/bin/env node
/** The executable `espalier`: ties the command line to this process. */
import { basename, relative } from 'node:path';
import { main } from './dispatch.js';
import { shellWord } from './files.js';

/** What the user types to get here. */
function programName(script: string): string {
  // Of a project or of npx's own folder, neither of which a shell looks into.
  if (/[\\/]node_modules[\\/](\.bin|espalier)[\\/]/.test(script)) return 'npx espalier';
  if (!/\.[cm]?js$/.test(basename(script))) return basename(script) || 'espalier';
  return `node ${shellWord(relative(process.cwd(), script))}`;
}

const interrupt = new AbortController();
// The first Ctrl-C ends work at the next step, so that nothing is left half written; a second one ends at once.
process.once('SIGINT', () => interrupt.abort());
// A reader that stops early, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  program: programName(process.argv[1] ?? 'espalier'),
  signal: interrupt.signal,
}).then((code) => {
  process.exitCode = code;
});
