/** A quick look at how long calls take. For figures to publish there is bench/interleave.ts. */

const WARM_MILLIS = 1000; // until V8 has optimized all of a big WebAssembly module that a call uses
const BLOCK_MILLIS = 10;
const ROUNDS = 9;

/** @typedef {() => unknown} Call a promise only if the engine is asynchronous */

/** Milliseconds of `times` calls. @param {Call} call @param {number} times */
async function block(call, times) {
  const start = performance.now();
  for (let i = 0; i < times; i++) {
    const pending = call();
    if (pending instanceof Promise) await pending;
  }
  return performance.now() - start;
}

/** Warms up, and finds how many calls make a block. @param {Call} call */
async function calibrate(call) {
  for (let spent = 0, done = 0; spent < WARM_MILLIS || done < 3; done++) spent += await block(call, 1);
  return Math.max(1, Math.round((BLOCK_MILLIS * 3) / (await block(call, 3))));
}

/**
 * Microseconds a call, medians of rounds in which each call has its block in turn.
 *
 * @param {Call[]} calls
 */
export async function microsOf(calls) {
  const times = [];
  for (const call of calls) times.push(await calibrate(call));
  /** @type {number[][]} */
  const rounds = calls.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, call] of calls.entries())
      rounds[i].push(((await block(call, times[i])) * 1000) / times[i]);
  return rounds.map((micros) => micros.sort((a, b) => a - b)[ROUNDS >> 1]);
}
