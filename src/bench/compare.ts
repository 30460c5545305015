/** Times two networks against each other on this machine: dense kernels of one, planned kernels of the other. */
import { AbortedError, ShapeError } from '../errors.js';
import type { NetworkSource } from '../graph/network.js';
import { expectInteger } from '../options.js';
import { createSession, type Session } from '../session/session.js';
import { sizeOf } from '../tensor/shape.js';

/** Median microseconds per call of one batch size; speedup = denseMicros / sparseMicros, the ratio of medians. */
export interface ComparisonRow {
  readonly batch: number;
  readonly denseMicros: number;
  readonly sparseMicros: number;
  readonly speedup: number;
}

/** What is compared, on which inputs, and how long. */
export interface CompareOptions {
  /** Runs with `kernels: 'dense'`: nothing skipped. */
  readonly dense: NetworkSource;
  /** Runs with the kernels that the planner chooses. */
  readonly sparse: NetworkSource;
  /** Samples [n, ...inputShape], at least as many as the largest batch; calls walk through them. */
  readonly images: Float32Array;
  readonly batches: readonly number[];
  /** Blocks timed of each network, 61 by default; half of the rounds begin with the other one. */
  readonly rounds?: number;
  /** Least length of a block in milliseconds, 4 by default; a tenth of what warming up takes at least. */
  readonly blockMillis?: number;
  /** Stops between blocks with an AbortedError. */
  readonly signal?: AbortSignal;
}

/** Different inputs that calls walk through: enough that no branch predictor learns them by heart. */
const MOST_CHUNKS = 64;
const WARM_BLOCKS = 40;
const WARM_CALLS = 200;

/** One side: runs a number of calls, and knows how many make a block. */
interface Runner {
  readonly run: (calls: number) => void;
  calls: number;
  readonly micros: number[];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function makeRunner(session: Session, chunks: readonly Float32Array[], out: Float32Array): Runner {
  let next = 0;
  const run = (calls: number) => {
    for (let i = 0; i < calls; i++) {
      session.run(chunks[next]!, out);
      next = next + 1 === chunks.length ? 0 : next + 1;
    }
  };
  return { run, calls: 1, micros: [] };
}

/** Lets signals through and background compilation of the kernels finish. */
function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => {
      if (signal?.aborted)
        reject(new AbortedError('compare: aborted between two blocks', { cause: signal.reason }));
      else resolve();
    }, 0);
  });
}

/** Runs until the engine has optimized the kernels, then sets how many calls make a block. */
async function warmUp(runner: Runner, blockMillis: number, signal: AbortSignal | undefined): Promise<void> {
  const enough = blockMillis * WARM_BLOCKS;
  let [spent, calls] = [0, 0];
  while (spent < enough || (calls < WARM_CALLS && spent < 4 * enough)) {
    const start = performance.now();
    let here = 0;
    for (; performance.now() - start < 20 && here < 100_000; here++) runner.run(1);
    spent += performance.now() - start;
    calls += here;
    runner.calls = Math.max(1, Math.round((blockMillis * here) / (performance.now() - start)));
    await turn(signal);
  }
}

function timeBlock(runner: Runner): void {
  const start = performance.now();
  runner.run(runner.calls);
  runner.micros.push(((performance.now() - start) * 1000) / runner.calls);
}

async function compareAt(
  batch: number,
  options: CompareOptions,
  chunks: readonly Float32Array[],
  outputs: number,
): Promise<ComparisonRow> {
  const sessions: Session[] = [];
  const open = async (model: NetworkSource, kernels: 'dense' | 'auto') => {
    const session = await createSession(model, { batch, kernels });
    sessions.push(session);
    return makeRunner(session, chunks, new Float32Array(batch * outputs));
  };
  const { rounds = 61, blockMillis = 4, signal } = options;
  try {
    const dense = await open(options.dense, 'dense');
    const sparse = await open(options.sparse, 'auto');
    await warmUp(dense, blockMillis, signal);
    await warmUp(sparse, blockMillis, signal);
    for (let round = 0; round < rounds; round++) {
      for (const side of round % 2 === 0 ? [dense, sparse] : [sparse, dense]) timeBlock(side);
      if (round % 8 === 7) await turn(signal);
    }
    const [denseMicros, sparseMicros] = [median(dense.micros), median(sparse.micros)];
    return { batch, denseMicros, sparseMicros, speedup: denseMicros / sparseMicros };
  } finally {
    for (const session of sessions) session.dispose();
  }
}

/**
 * Times both networks at every batch size. Their blocks alternate, so that a change of clock rate or load meets both;
 * medians ignore what interrupts a block. Each call is `session.run(x, out)`, copies in and out included.
 *
 * Throws ShapeError when `images` hold fewer samples than a batch.
 */
export async function compare(options: CompareOptions): Promise<ComparisonRow[]> {
  const { graph } = options.dense.toNetwork();
  const [inputs, outputs] = [sizeOf(graph.inputShape), sizeOf(graph.outputShape)];
  const samples = Math.floor(options.images.length / inputs);
  for (const batch of options.batches) {
    expectInteger('compare', 'each of batches', batch);
    if (batch > samples) {
      throw new ShapeError(`compare: images must hold at least ${batch} samples, got ${samples}`);
    }
  }
  const rows: ComparisonRow[] = [];
  for (const batch of options.batches) {
    const count = Math.min(MOST_CHUNKS, Math.floor(samples / batch));
    const size = batch * inputs;
    const chunks = Array.from({ length: count }, (_, i) => options.images.subarray(i * size, (i + 1) * size));
    rows.push(await compareAt(batch, options, chunks, outputs));
  }
  return rows;
}
