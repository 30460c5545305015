/** Which sources made a run: the version of the package, and a digest of all that decides an outcome beside the recipe. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../src/version.js';
import type { LedgerLine } from './ledger.js';

const FOLDERS = ['assembly', 'datasets', 'src'];
/** They show what came out, and change nothing about it. */
const LEFT_OUT = ['src/cli/', 'src/report/'];
const HERE = 'bench/experiments';
/** What several experiments train and measure with. */
const SHARED = ['base', 'lenet', 'lenet5Base', 'trainedOnce', 'earlyStop', 'landeData', 'liveParameters'];

/** What a line says of its sources. */
export interface Sources {
  /** Of the package. */
  readonly version: string;
  /** Twelve digits of a SHA-256. */
  readonly sources: string;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'))
    .filter((file) => !LEFT_OUT.some((start) => file.startsWith(start)));
}

const known = new Map<string, Sources>();

/** Those of an experiment: the engine, the data sets, what experiments share and its own file; without a name all but the last. */
export function sourcesOf(experiment?: string): Sources {
  const name = experiment ?? '';
  const found = known.get(name);
  if (found) return found;
  const own = [...SHARED, ...(experiment ? [experiment] : [])].map((file) => `${HERE}/${file}.ts`);
  const files = [...FOLDERS.flatMap(filesBelow), ...own.filter((file) => existsSync(file))].sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  const sources = { version, sources: hash.digest('hex').slice(0, 12) };
  known.set(name, sources);
  return sources;
}

/** Was a run made by these very sources? */
export const madeBy = (line: LedgerLine, { sources }: Sources): boolean => line.sources === sources;

/** Whose runs they are: `7 runs by these sources (0.1.0, 1a2b3c4d5e6f), 6 runs by other sources; --again repeats the 6`. */
export function sourcesText(lines: readonly LedgerLine[], current: Sources): string {
  const own = lines.filter((line) => madeBy(line, current)).length;
  const unknown = lines.filter(({ sources }) => sources === undefined).length;
  const others = lines.length - own - unknown;
  const counts = [
    [own, `by these sources (${current.version}, ${current.sources})`],
    [others, 'by other sources'],
    [unknown, 'by unknown sources'],
  ] as const;
  const parts = counts
    .filter(([count]) => count > 0)
    .map(([count, by]) => `${count} ${count === 1 ? 'run' : 'runs'} ${by}`);
  if (parts.length === 0) return 'no runs';
  const again = others + unknown > 0 ? `; --again repeats the ${others + unknown}` : '';
  return `${parts.join(', ')}${again}`;
}
