/** Every kernel of every build over all its shapes, against its float64 twin. */
import { describe, expect, it } from 'vitest';
import { probe } from '../../src/runtime/probe.js';
import { type KernelCase, kernelTable } from '../kernelTable.js';
import { runGuarded } from '../support/arena.js';
import { type Build, INTERNAL, loadBuild, TARGETS } from '../support/builds.js';
import { agrees } from '../support/tolerance.js';

/** What fusing multiplications with additions may change, for sums of at most a few hundred terms below 1. */
const FUSED = 2e-5;

/** Runs one case; the seed also shifts the buffers by 0 to 3 elements. Throws a sentence on disagreement. */
function check(build: Build, { title, setUp }: KernelCase, seed: number): void {
  const setup = setUp(seed);
  const { result, outputs } = runGuarded(build, setup, seed % 4);
  for (const [name, { values, tolerance }] of Object.entries(setup.expected())) {
    const actual = name === 'result' ? [result!] : outputs[name]!;
    if (actual.length !== values.length) {
      throw new Error(`${title}: ${name} must have ${values.length} elements, got ${actual.length}`);
    }
    for (let i = 0; i < values.length; i++) {
      // Rows whose twin gives the very bits of two roundings leave the relaxed build, with one, some room.
      const room =
        build.target === 'relaxed' && tolerance === 0 ? FUSED * (1 + Math.abs(values[i]!)) : tolerance;
      if (agrees(actual[i]!, values[i]!, room, i)) continue;
      throw new Error(`${title} (seed ${seed}): ${name}[${i}] must be ${values[i]}, got ${actual[i]}`);
    }
  }
}

describe('the kernel table', () => {
  it('has one row for every export of all modules', () => {
    const rows = kernelTable.map(({ name }) => name);
    expect([...rows, ...INTERNAL].sort()).toEqual(Object.keys(loadBuild('simd').kernels).sort());
  });
});

const builds = TARGETS.map(loadBuild);

/** Fused multiplications and additions stay within the same bounds: they round less. */
const relaxed = probe().relaxedSimd ? [loadBuild('relaxed')] : [];

for (const build of [...builds, ...relaxed]) {
  describe(`build ${build.target}`, () => {
    const rows = kernelTable.filter(({ name }) => name in build.kernels);
    it.each(rows)('$name agrees with its float64 twin and touches nothing else', ({ cases }) => {
      for (const [seed, one] of cases.entries()) check(build, one, seed);
    });
  });
}

it.each(kernelTable)('$name gives the same bits in both builds', ({ cases }) => {
  for (let seed = 0; seed < cases.length; seed += 7) {
    const [first, second] = builds.map((build) => runGuarded(build, cases[seed]!.setUp(seed), seed % 4));
    expect(second, cases[seed]!.title).toEqual(first);
  }
});
