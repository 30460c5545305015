/** Benchmarks by benny, which is imported nowhere else. */
import { add, configure, cycle, suite } from 'benny';

/** One thing to time. `run` is synchronous; what it returns is dropped. */
export interface BenchCase {
  readonly name: string;
  run(): unknown;
}

/** What was measured. */
export interface BenchResult {
  readonly name: string;
  /** Calls per second, from the mean. */
  readonly opsPerSecond: number;
  /** Median time of a call, microseconds. */
  readonly medianMicros: number;
  /** Relative margin of error of the mean at 95 %, as a fraction. */
  readonly margin: number;
  readonly samples: number;
}

export interface BenchOptions {
  /** Longest time to measure one case, seconds; 0.5 unless told. */
  readonly seconds?: number;
  /** Called after each case. */
  onResult?(name: string, done: number): void;
}

/** Times the cases one after another. benny writes one line, the title, to standard output. */
export async function bench(
  title: string,
  cases: readonly BenchCase[],
  { seconds = 0.5, onResult }: BenchOptions = {},
): Promise<BenchResult[]> {
  if (cases.length === 0) return [];
  let done = 0;
  const { results } = await suite(
    title,
    // A block, because benny takes a case that returns a function for a set-up and a promise for asynchronous work.
    ...cases.map(({ name, run }) =>
      add(name, () => {
        run();
      }),
    ),
    cycle(({ name }: { name: string }) => onResult?.(name, ++done)),
    configure({ cases: { maxTime: seconds, minSamples: 5 }, minDisplayPrecision: 2 }),
  );
  return results.map(({ name, samples, margin, details }) => ({
    name,
    opsPerSecond: 1 / details.mean,
    medianMicros: details.median * 1e6,
    margin: margin / 100,
    samples,
  }));
}
