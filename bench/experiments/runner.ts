/** Runs what is missing from a ledger, and says how far it is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration, formatPercent } from '../../src/report/index.js';
import { keyOf, Ledger, type LedgerLine, linesIn, type Outcome, type RunKey } from './ledger.js';
import { madeBy, type Sources, sourcesOf, sourcesText } from './sources.js';
import { UsageError } from './usageError.js';
import { folder, RESULTS } from './workplace.js';

/** One run to make. */
export interface Job extends RunKey {
  run(): Promise<Outcome>;
}

/** How an experiment with a ledger is asked to go about it. */
export interface Settings {
  /** Put its lines into bench/results. */
  readonly write: boolean;
  /** Run nothing: report what the ledger has, and bench/results. */
  readonly report: boolean;
  /** Repeat runs that other or unknown sources made. */
  readonly again: boolean;
}

/** Where progress goes. */
export type Write = (text: string) => void;

const toStderr: Write = (text) => process.stderr.write(text);

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Seconds that a job may take: as long as the same with other seeds, else as the average. */
function expected(job: Job, lines: readonly LedgerLine[]): number {
  const same = lines.filter(({ method, point }) => method === job.method && point === job.point);
  const like = same.length > 0 ? same : lines;
  return like.length > 0 ? mean(like.map(({ seconds }) => seconds)) : Number.NaN;
}

function shown({ testError, validationError, seconds }: LedgerLine): string {
  const errors = `error ${formatPercent(testError)} test, ${formatPercent(validationError)} validation`;
  return `${errors}, ${formatDuration(seconds)}`;
}

/**
 * Makes the runs that the ledger does not have, in order, and returns the lines of all, a run that is asked for twice once. With
 * `again`, those that other sources made are made anew.
 */
export async function runAll(
  jobs: readonly Job[],
  ledger: Ledger,
  { sources, again, write = toStderr }: { sources: Sources; again: boolean; write?: Write },
): Promise<LedgerLine[]> {
  const all = [...new Map(jobs.map((job) => [keyOf(job), job])).values()];
  const stays = (line: LedgerLine) => !again || madeBy(line, sources);
  const kept = all.flatMap((job) => ledger.find(job) ?? []).filter(stays);
  const due = all.filter((job) => !kept.includes(ledger.find(job)!));
  const there = kept.length;
  if (there > 0) write(`${there} of ${all.length} runs are there already: ${sourcesText(kept, sources)}\n`);
  for (const [i, job] of due.entries()) {
    const { run, ...key } = job;
    const left = due.slice(i).reduce((sum, each) => sum + expected(each, ledger.lines), 0);
    const toGo = Number.isFinite(left) ? `, ${formatDuration(left)} to go` : '';
    write(`[${there + i + 1} of ${all.length}${toGo}] ${job.method}, `);
    write(`${formatPercent(job.point, 1)} zeros, seed ${job.seed}: `);
    const begun = performance.now();
    const outcome = await run();
    const line = { ...key, ...outcome, seconds: (performance.now() - begun) / 1000, ...sources };
    ledger.append(line);
    write(`${shown(line)}\n`);
  }
  return all.map((job) => ledger.find(job)!);
}

/** Runs whose method has one of the parts in its name, or all without any. Throws UsageError when none has. */
export function chosen(jobs: readonly Job[], only: readonly string[]): readonly Job[] {
  const found = jobs.filter(({ method }) => only.length === 0 || only.some((part) => method.includes(part)));
  if (found.length > 0) return found;
  const methods = [...new Set(jobs.map(({ method }) => method))].join('; ');
  throw new UsageError(`--only must name parts of these methods: ${methods}, got ${only.join(',')}`);
}

/** Seeds of the lines that documents quote. */
export function shippedSeeds(experiment: string): number[] {
  const lines = linesIn(join(RESULTS, `${experiment}.jsonl`));
  return [...new Set(lines.map(({ seed }) => seed))].sort((a, b) => a - b);
}

/**
 * The lines of an experiment: runs what is missing, unless only a report is asked for, and puts the lines where documents
 * quote them, when asked to. A report takes lines from there too. Lines of other recipes stay in the ledger and are left out.
 */
export async function linesOf(
  experiment: string,
  jobs: readonly Job[],
  { write, report, again }: Settings,
): Promise<LedgerLine[]> {
  const name = `${experiment}.jsonl`;
  const shipped = join(RESULTS, name);
  const ledger = new Ledger(join(folder(), name), report ? shipped : undefined);
  const sources = sourcesOf(experiment);
  const lines = report
    ? jobs.flatMap((job) => ledger.find(job) ?? [])
    : await runAll(jobs, ledger, { sources, again });
  if (report) toStderr(`${sourcesText(lines, sources)}\n`);
  if (write) {
    writeFileSync(shipped, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    toStderr(`${shipped}\n`);
  }
  return lines;
}
