/** The largest random number there is, from a seed found by running the generator backwards. */
import { describe, expect, it } from 'vitest';
import { splitMix64 } from '../kernelTable/masks.js';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';

/** x with z = x ^ (x >> shift) undone. */
function unshift(z: bigint, shift: bigint): bigint {
  let x = z;
  for (let known = shift; known < 64n; known += shift) x = z ^ (x >> shift);
  return x;
}

/** Inverse of an odd number modulo 2^64, by Newton's iteration. */
function inverse(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 6; i++) x = BigInt.asUintN(64, x * (2n - odd * x));
  return x;
}

/** The seed from which splitMix64 gives `output` first. */
function seedOf(output: bigint): bigint {
  let z = unshift(output, 31n);
  z = unshift(BigInt.asUintN(64, z * inverse(0x94d049bb133111ebn)), 27n);
  z = unshift(BigInt.asUintN(64, z * inverse(0xbf58476d1ce4e5b9n)), 30n);
  return BigInt.asUintN(64, z - 0x9e3779b97f4a7c15n);
}

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  it('random numbers lie below the upper bound', () => {
    // The seed whose first output has all of its upper 24 bits set: the finalizer of SplitMix64, run backwards.
    const seed = seedOf(0xffffff0000000000n);
    expect(splitMix64(seed, 0)).toBe(0xffffff0000000000n);
    const largest = (low: number, width: number): number => {
      const [seedLow, seedHigh] = [Number(seed & 0xffffffffn), Number(seed >> 32n)];
      return call(build, 'random_uniform_f32', {}, { y: f32([0]) }, (at) => [
        at('y'),
        1,
        seedLow,
        seedHigh,
        low,
        width,
      ]).y![0]!;
    };
    expect(largest(0, 1)).toBe(1 - 2 ** -24);
    expect(largest(-1, 2)).toBe(1 - 2 ** -23);
    expect(largest(-0.3, 0.6)).toBeLessThan(Math.fround(0.3));
  });
});
