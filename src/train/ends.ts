/** What must be ended whatever happened before. */

/** Calls all `ends`, also where one throws; gives what they threw. */
export function endAll(ends: readonly (() => void)[]): unknown[] {
  return ends.flatMap((end) => {
    try {
      end();
      return [];
    } catch (error) {
      return [error];
    }
  });
}

/** Runs `work`, then all `ends`; the first error, be it of the work or of an end, is the one that is thrown. */
export async function withEnds<T>(ends: readonly (() => void)[], work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    endAll(ends);
    throw error;
  }
  const errors = endAll(ends);
  if (errors.length > 0) throw errors[0];
  return result;
}
