/** Runs what is missing from a ledger, and says how far it is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration, formatPercent } from '../../src/report/index.js';
import { Ledger, type LedgerLine, type Outcome, type RunKey } from './ledger.js';

/** Ledgers, reports and what a killed experiment goes on from. */
export const FOLDER = 'runs/experiments';

/** One run to make. */
export interface Job extends RunKey {
  run(): Promise<Outcome>;
}

/** How an experiment with a ledger is asked to go about it. */
export interface Settings {
  /** Put its lines into bench/results. */
  readonly write: boolean;
  /** Run nothing: report what the ledger has. */
  readonly report: boolean;
}

/** Where progress goes. */
export type Write = (text: string) => void;

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

/** Makes the runs that the ledger does not have, in order, and returns the lines of all. */
export async function runAll(
  jobs: readonly Job[],
  ledger: Ledger,
  write: Write = (text) => process.stderr.write(text),
): Promise<LedgerLine[]> {
  const due = jobs.filter((job) => !ledger.find(job));
  if (due.length < jobs.length)
    write(`${jobs.length - due.length} of ${jobs.length} runs are there already\n`);
  for (const [i, job] of due.entries()) {
    const { run, ...key } = job;
    const left = due.slice(i).reduce((sum, each) => sum + expected(each, ledger.lines), 0);
    const toGo = Number.isFinite(left) ? `, ${formatDuration(left)} to go` : '';
    write(`[${jobs.length - due.length + i + 1} of ${jobs.length}${toGo}] ${job.method}, `);
    write(`${formatPercent(job.point, 1)} zeros, seed ${job.seed}: `);
    const begun = performance.now();
    const outcome = await run();
    const line = { ...key, ...outcome, seconds: (performance.now() - begun) / 1000 };
    ledger.append(line);
    write(`${shown(line)}\n`);
  }
  return jobs.map((job) => ledger.find(job)!);
}

/**
 * The lines of an experiment: runs what is missing, unless only a report is asked for, and puts the lines where documents
 * quote them, when asked to. Lines of other recipes stay in the ledger and are left out.
 */
export async function linesOf(
  experiment: string,
  jobs: readonly Job[],
  { write, report }: Settings,
): Promise<LedgerLine[]> {
  const ledger = new Ledger(join(FOLDER, `${experiment}.jsonl`));
  const lines = report ? jobs.flatMap((job) => ledger.find(job) ?? []) : await runAll(jobs, ledger);
  if (write) {
    const file = join('bench/results', `${experiment}.jsonl`);
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    process.stderr.write(`${file}\n`);
  }
  return lines;
}
