/** An experiment that is a list of runs and a report on them. */
import { type ExperimentReport, finishReport } from './experimentPage.js';
import { chosen, type Job, linesOf, type Settings } from './runner.js';
import { type Cell, cellsOf } from './statistics.js';

/** What makes an experiment. */
export interface LedgerExperiment {
  readonly name: string;
  jobs(seeds: readonly number[]): readonly Job[];
  report(cells: readonly Cell[], seeds: readonly number[]): ExperimentReport;
}

/** Runs what is missing, and reports on all; `only` takes parts of the names of methods. */
export function ledgerExperiment({ name, jobs, report }: LedgerExperiment) {
  return async (seeds: readonly number[], only: readonly string[], settings: Settings): Promise<unknown> => {
    const lines = await linesOf(name, chosen(jobs(seeds), only), settings);
    return finishReport(report(cellsOf(lines), seeds));
  };
}
