/** Where experiments keep what they make, and whether a smoke run is on. */
import { rmSync } from 'node:fs';

/** Lines, pages and times that the documents quote. */
export const RESULTS = 'bench/results';

const QUICK = 'runs/quick';
let quick = false;

/** Is a smoke run on? Its data are tiny, and its files go to a folder of their own. */
export const isQuick = (): boolean => quick;

/** The folder of ledgers, pages, and what a killed experiment goes on from. */
export const folder = (): string => (quick ? QUICK : 'runs/experiments');

/** Makes a smoke run, in an empty folder. */
export async function quickly<T>(run: () => Promise<T>): Promise<T> {
  rmSync(QUICK, { recursive: true, force: true });
  quick = true;
  try {
    return await run();
  } finally {
    quick = false;
  }
}
