/** NaN, infinities, signed zeros, denormals and padding, one literal case at a time. */
import { describe, expect, it } from 'vitest';
import { splitMix64 } from '../kernelTable/masks.js';
import { type Data, runGuarded } from '../support/arena.js';
import { type KernelName, type Kernels, loadBuild, TARGETS } from '../support/builds.js';
import { agrees, ulps } from '../support/tolerance.js';

const { NaN: nan } = Number;
const DENORMAL = 2 ** -149;

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  /** Calls a kernel with buffers by name; returns its outputs and its own result. */
  function call<Name extends KernelName>(
    name: Name,
    inputs: Record<string, Data>,
    outputs: Record<string, Data>,
    args: (at: (buffer: string) => number) => Parameters<Kernels[Name]>,
  ) {
    const { result, outputs: after } = runGuarded(build, { name, inputs, outputs, args });
    return { result, ...after } as Record<string, Data> & { result: number };
  }

  /** y [n] of an activation of x [n]. */
  const activate = (name: 'relu_f32' | 'sigmoid_f32' | 'tanh_f32' | 'gelu_f32', x: readonly number[]) => [
    ...call(name, { x: f32(x) }, { y: f32(x) }, (at) => [at('y'), at('x'), x.length]).y!,
  ];

  /** Loss and gradient of one tile of two classes, logits by sample. */
  function crossEntropy(logits: readonly (readonly number[])[], labels: readonly number[]) {
    const x = new Float32Array(16);
    logits.forEach((sample, s) => {
      sample.forEach((value, c) => {
        x[c * 8 + s] = value;
      });
    });
    const l = Int32Array.from({ length: 8 }, (_, s) => labels[s] ?? -1);
    return call('softmax_cross_entropy_f32', { x, l }, { dx: x.slice() }, (at) => [
      at('dx'),
      at('x'),
      at('l'),
      2,
      1,
      1,
    ]);
  }

  it('relu keeps NaN and the sign of zero', () => {
    const x = [nan, Infinity, -Infinity, 0, -0, DENORMAL, -DENORMAL];
    expect(activate('relu_f32', x)).toEqual([nan, Infinity, 0, 0, -0, DENORMAL, 0]);
  });

  it('sigmoid, tanh and gelu reach their limits and keep NaN', () => {
    expect(activate('sigmoid_f32', [nan, Infinity, -Infinity, 0, -0, 1e38, -1e38])).toEqual([
      nan,
      1,
      0,
      0.5,
      0.5,
      1,
      0,
    ]);
    expect(activate('tanh_f32', [nan, Infinity, -Infinity, 0, 1e38, -1e38])).toEqual([nan, 1, -1, 0, 1, -1]);
    expect(activate('tanh_f32', [-0]).map(Math.abs)).toEqual([0]); // +0: the sign is lost
    expect(activate('tanh_f32', [DENORMAL, -DENORMAL])).toEqual([DENORMAL, -DENORMAL]);
    expect(activate('gelu_f32', [nan, Infinity, 0, 1e30, 3e38])).toEqual(
      [nan, Infinity, 0, 1e30, 3e38].map(Math.fround),
    );
    expect(activate('gelu_f32', [-1e30]).map(Math.abs)).toEqual([0]);
  });

  it('leaky relu keeps NaN and the sign of zero', () => {
    const x = f32([nan, -Infinity, -0, -2, 3]);
    const { y } = call('leaky_relu_f32', { x }, { y: f32(x) }, (at) => [at('y'), at('x'), 5, 0.5]);
    expect([...y!]).toEqual([nan, -Infinity, -0, -1, 3]);
  });

  it('relu_grad passes nothing where x is zero, negative or NaN', () => {
    const x = f32([nan, 0, -0, -1, 1, DENORMAL, Infinity]);
    const dy = f32([1, nan, Infinity, nan, 2, 3, 4]);
    const { dx } = call('relu_grad_f32', { x, dy }, { dx: f32(x) }, (at) => [at('dx'), at('dy'), at('x'), 7]);
    expect([...dx!]).toEqual([0, 0, 0, 0, 2, 3, 4]);
  });

  it.each(['sigmoid_grad_f32', 'tanh_grad_f32'] as const)('%s vanishes far out and keeps NaN', (name) => {
    const x = f32([nan, Infinity, -Infinity, 1e30, -1e30]);
    const dy = f32([1, 1, 1, 1, 1]);
    const { dx } = call(name, { x, dy }, { dx: f32(x) }, (at) => [at('dx'), at('dy'), at('x'), 5]);
    expect([...dx!]).toEqual([nan, 0, 0, 0, 0]);
  });

  it('gelu_grad is 1 or 0 far out', () => {
    const x = f32([1e10, -1e10, 1e18, -1e18]);
    const dy = f32([1, 1, 1, 1]);
    const { dx } = call('gelu_grad_f32', { x, dy }, { dx: f32(x) }, (at) => [at('dx'), at('dy'), at('x'), 4]);
    expect([...dx!]).toEqual([1, 0, 1, 0]);
  });

  it('mask_apply turns NaN and -0 under the mask into +0 and keeps the bits of the rest', () => {
    const x = f32([nan, nan, -0, -0, Infinity, DENORMAL, nan]);
    const mask = Uint8Array.of(0, 1, 0, 1, 0, 1, 0);
    const after = call('mask_apply_f32', { mask }, { x }, (at) => [at('x'), at('mask'), 7]);
    expect([...after.x!]).toEqual([0, nan, 0, -0, 0, DENORMAL, 0]);
  });

  it('softmax of huge logits is stable, equal ones share, NaN spreads over its own lane alone', () => {
    // features [3], lanes [4]
    const x = f32([3e38, -3e38, 1000, nan, -3e38, -3e38, 1000, 1, 0, -3e38, -Infinity, 2]);
    const y = [...call('softmax_f32', { x }, { y: f32(x) }, (at) => [at('y'), at('x'), 3, 4, 1]).y!];
    const third = Math.fround(1 / 3);
    expect(y).toEqual([1, third, 0.5, nan, 0, third, 0.5, nan, 0, third, 0, nan]);
  });

  it('cross-entropy of huge logits is finite and right', () => {
    const { result, dx } = crossEntropy(
      [
        [1e30, -1e30],
        [-1e4, 1e4],
      ],
      [0, 0],
    );
    expect(result).toBe(20000);
    expect([dx![0], dx![8], dx![1], dx![9]]).toEqual([0, 0, -1, 1]);
  });

  it.each([nan, Infinity])('a logit of %s gives a loss that is not a finite number', (bad) => {
    expect(Number.isFinite(crossEntropy([[bad, 0]], [0]).result)).toBe(false);
    expect(Number.isFinite(crossEntropy([[bad, 0]], [1]).result)).toBe(false);
    expect(
      Number.isFinite(
        crossEntropy(
          [
            [1, 0],
            [0, bad],
            [0, 1],
          ],
          [0, 0, 1],
        ).result,
      ),
    ).toBe(false);
  });

  it('a logit of -Infinity costs infinitely much where it is the label', () => {
    expect(crossEntropy([[-Infinity, 0]], [0]).result).toBe(Infinity);
    expect(crossEntropy([[-Infinity, 0]], [1]).result).toBe(0);
    expect(crossEntropy([[-Infinity, -Infinity]], [0]).result).toBe(nan);
  });

  it('lanes without a sample give neither loss nor gradient, whatever they hold', () => {
    const { result, dx } = crossEntropy(
      [
        [nan, 1],
        [0, 0],
        [Infinity, nan],
      ],
      [-1, 1, -1],
    );
    expect(agrees(result, Math.log(2), ulps(1))).toBe(true);
    expect([...dx!]).toEqual([0, 0.5, 0, 0, 0, 0, 0, 0, 0, -0.5, 0, 0, 0, 0, 0, 0]);
  });

  it.each(['mean_squared_error_f32', 'binary_cross_entropy_f32'] as const)(
    '%s tells NaN and infinite',
    (name) => {
      for (const [x, t] of [
        [nan, 0],
        [Infinity, 0],
        [0.5, nan],
        [0.5, Infinity],
      ] as const) {
        const inputs = { x: new Float32Array(8).fill(0.5), t: new Float32Array(8) };
        inputs.x[2] = x;
        inputs.t[2] = t;
        const run = (samples: number) =>
          call(name, inputs, { dx: new Float32Array(8) }, (at) => [
            at('dx'),
            at('x'),
            at('t'),
            1,
            samples,
            1,
          ]);
        expect(Number.isFinite(run(3).result), `x ${x}, t ${t}`).toBe(false);
        const without = run(2);
        expect(Number.isFinite(without.result)).toBe(true);
        expect([...without.dx!].slice(2).every((value) => value === 0)).toBe(true);
      }
    },
  );

  it('binary cross-entropy of certainty is finite', () => {
    const x = f32([0, 1, 0, 1, 0, 0, 0, 0]);
    const t = f32([0, 1, 1, 0, 0, 0, 0, 0]);
    const { result, dx } = call('binary_cross_entropy_f32', { x, t }, { dx: f32(x) }, (at) => [
      at('dx'),
      at('x'),
      at('t'),
      1,
      4,
      1,
    ]);
    expect(result).toBeGreaterThan(31);
    expect(result).toBeLessThan(33);
    expect([...dx!].every(Number.isFinite)).toBe(true);
  });

  it.each(['gemm_f32', 'gemv_f32'] as const)(
    '%s passes NaN and infinities on, through the activation too',
    (name) => {
      for (const rows of [1, 4]) {
        const w = new Float32Array(rows * 2).fill(1);
        const run = (value: number): number[] => {
          const x = new Float32Array(16).fill(value);
          const y = new Float32Array(rows * 8);
          const after = call(name, { w, x }, { y }, ((at: (buffer: string) => number) =>
            name === 'gemv_f32'
              ? [at('y'), at('w'), 0, at('x'), rows, 2, 0]
              : [at('y'), 32, rows * 32, at('w'), 0, at('x'), 32, 64, rows, 2, 1, 0]) as never);
          return [after.y![0]!, after.y![rows - 1]!];
        };
        expect(run(nan)).toEqual([nan, nan]);
        expect(run(Infinity)).toEqual([Infinity, Infinity]);
        expect(run(-Infinity)).toEqual([0, 0]);
      }
    },
  );

  it('the sparse products do not multiply what is not stored', () => {
    const csr = { values: f32([2]), colIdx: Uint32Array.of(4), rowPtr: Uint32Array.of(0, 1, 1) };
    const inputs = { ...csr, x: f32([nan, 3, Infinity]) };
    const { y } = call('spmv_csr_f32', inputs, { y: f32([9, 9]) }, (at) => [
      at('y'),
      at('values'),
      at('colIdx'),
      at('rowPtr'),
      0,
      at('x'),
      2,
      -Infinity,
    ]);
    expect([...y!]).toEqual([6, 0]);
  });

  it('products of denormals are not flushed to zero', () => {
    const { y } = call(
      'gemv_f32',
      { w: f32([1, 1]), x: f32([DENORMAL, DENORMAL]) },
      { y: f32([0]) },
      (at) => [at('y'), at('w'), 0, at('x'), 1, 2, -Infinity],
    );
    expect(y![0]).toBe(2 * DENORMAL);
  });

  it('dropout drops NaN too, and at rate 0 changes nothing', () => {
    const inputs = { x: f32([nan, nan, -0, 3, 1]), keep: f32([0.1, 0.9, 0.5, 0.5, 0]) };
    const run = (rate: number) => [
      ...call('dropout_f32', inputs, { y: f32(inputs.x) }, (at) => [at('y'), at('x'), at('keep'), 5, rate])
        .y!,
    ];
    expect(run(0.5)).toEqual([0, nan, -0, 6, 0]);
    expect(run(0)).toEqual([nan, nan, -0, 3, 1]);
  });

  it('count_correct: the lower class wins ties, NaN never wins', () => {
    // classes [3], lanes [8]: by sample [1,1,0], [nan,1,2], [nan,nan,nan], [2,nan,1], then no sample
    const x = f32([1, nan, nan, 2, 0, 0, 0, 0, 1, 1, nan, nan, 0, 0, 0, 0, 0, 2, nan, 1, 0, 0, 0, 0]);
    const correct = (...labels: number[]) => {
      const l = Int32Array.from({ length: 8 }, (_, s) => labels[s] ?? -1);
      return call('count_correct_f32', { x, l }, {}, (at) => [at('x'), at('l'), 3, 1]).result;
    };
    expect(correct(0, 2, 0, 0)).toBe(3);
    expect(correct(1, 0, 1, 1)).toBe(0);
    expect(correct()).toBe(0);
  });

  it('untile undoes tile, bit by bit', () => {
    for (const [features, samples, lanes] of [
      [5, 13, 8],
      [33, 32, 32],
      [7, 65, 16],
    ] as const) {
      const x = Float32Array.from({ length: features * samples }, (_, i) => (i % 7 === 3 ? nan : -i));
      const tiles = new Float32Array(Math.ceil(samples / lanes) * features * lanes);
      const tiled = call('tile_f32', { x }, { y: tiles }, (at) => [
        at('y'),
        at('x'),
        features,
        samples,
        lanes,
      ]);
      const back = call('untile_f32', { x: tiled.y! }, { y: new Float32Array(x.length) }, (at) => [
        at('y'),
        at('x'),
        features,
        samples,
        lanes,
      ]);
      expect(back.y).toEqual(x);
    }
  });

  it('random numbers lie below the upper bound', () => {
    // The seed whose first output has all of its upper 24 bits set: the finalizer of SplitMix64, run backwards.
    const seed = seedOf(0xffffff0000000000n);
    expect(splitMix64(seed, 0)).toBe(0xffffff0000000000n);
    const largest = (low: number, width: number): number => {
      const [seedLow, seedHigh] = [Number(seed & 0xffffffffn), Number(seed >> 32n)];
      return call('random_uniform_f32', {}, { y: f32([0]) }, (at) => [
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

const f32 = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);

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
