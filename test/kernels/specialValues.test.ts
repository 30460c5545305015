/** NaN, infinities, signed zeros and denormals, one literal case at a time. */
import { describe, expect, it } from 'vitest';
import { loadBuild, TARGETS } from '../support/builds.js';
import { call, f32 } from '../support/call.js';

const { NaN: nan } = Number;
const DENORMAL = 2 ** -149;

describe.each(TARGETS)('build %s', (target) => {
  const build = loadBuild(target);

  /** y [n] of an activation of x [n]. */
  const activate = (name: 'relu_f32' | 'sigmoid_f32' | 'tanh_f32' | 'gelu_f32', x: readonly number[]) => [
    ...call(build, name, { x: f32(x) }, { y: f32(x) }, (at) => [at('y'), at('x'), x.length]).y!,
  ];

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
    const { y } = call(build, 'leaky_relu_f32', { x }, { y: f32(x) }, (at) => [at('y'), at('x'), 5, 0.5]);
    expect([...y!]).toEqual([nan, -Infinity, -0, -1, 3]);
  });

  it('threshold keeps NaN and what is larger, and makes the rest +0', () => {
    const x = f32([nan, Infinity, -Infinity, 0.5, -0.5, 0.50001, -0, DENORMAL, -3]);
    const run = (level: number) => {
      const { y } = call(build, 'threshold_f32', { x }, { y: f32(x) }, (at) => [at('y'), at('x'), 9, level]);
      return [...y!];
    };
    expect(run(0.5)).toEqual([nan, Infinity, -Infinity, 0, 0, Math.fround(0.50001), 0, 0, -3]);
    expect(run(0)).toEqual([nan, Infinity, -Infinity, 0.5, -0.5, Math.fround(0.50001), 0, DENORMAL, -3]);
  });

  it('relu_grad passes nothing where x is zero, negative or NaN', () => {
    const x = f32([nan, 0, -0, -1, 1, DENORMAL, Infinity]);
    const dy = f32([1, nan, Infinity, nan, 2, 3, 4]);
    const { dx } = call(build, 'relu_grad_f32', { x, dy }, { dx: f32(x) }, (at) => [
      at('dx'),
      at('dy'),
      at('x'),
      7,
    ]);
    expect([...dx!]).toEqual([0, 0, 0, 0, 2, 3, 4]);
  });

  it.each(['sigmoid_grad_f32', 'tanh_grad_f32'] as const)('%s vanishes far out and keeps NaN', (name) => {
    const x = f32([nan, Infinity, -Infinity, 1e30, -1e30]);
    const dy = f32([1, 1, 1, 1, 1]);
    const { dx } = call(build, name, { x, dy }, { dx: f32(x) }, (at) => [at('dx'), at('dy'), at('x'), 5]);
    expect([...dx!]).toEqual([nan, 0, 0, 0, 0]);
  });

  it('gelu_grad is 1 or 0 far out', () => {
    const x = f32([1e10, -1e10, 1e18, -1e18]);
    const dy = f32([1, 1, 1, 1]);
    const { dx } = call(build, 'gelu_grad_f32', { x, dy }, { dx: f32(x) }, (at) => [
      at('dx'),
      at('dy'),
      at('x'),
      4,
    ]);
    expect([...dx!]).toEqual([1, 0, 1, 0]);
  });

  it('mask_apply turns NaN and -0 under the mask into +0 and keeps the bits of the rest', () => {
    const x = f32([nan, nan, -0, -0, Infinity, DENORMAL, nan]);
    const mask = Uint8Array.of(0, 1, 0, 1, 0, 1, 0);
    const after = call(build, 'mask_apply_f32', { mask }, { x }, (at) => [at('x'), at('mask'), 7]);
    expect([...after.x!]).toEqual([0, nan, 0, -0, 0, DENORMAL, 0]);
  });

  it.each(['gemm_f32', 'gemv_f32'] as const)(
    '%s passes NaN and infinities on, through the activation too',
    (name) => {
      for (const rows of [1, 4]) {
        const w = new Float32Array(rows * 2).fill(1);
        const run = (value: number): number[] => {
          const x = new Float32Array(16).fill(value);
          const y = new Float32Array(rows * 8);
          const after = call(build, name, { w, x }, { y }, ((at: (buffer: string) => number) =>
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

  it('products of denormals are not flushed to zero', () => {
    const { y } = call(
      build,
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
      ...call(build, 'dropout_f32', inputs, { y: f32(inputs.x) }, (at) => [
        at('y'),
        at('x'),
        at('keep'),
        5,
        rate,
      ]).y!,
    ];
    expect(run(0.5)).toEqual([0, nan, -0, 6, 0]);
    expect(run(0)).toEqual([nan, nan, -0, 3, 1]);
  });

  it('untile undoes tile, bit by bit', () => {
    for (const [features, samples, lanes] of [
      [5, 13, 8],
      [33, 32, 32],
      [7, 65, 16],
    ] as const) {
      const x = Float32Array.from({ length: features * samples }, (_, i) => (i % 7 === 3 ? nan : -i));
      const tiles = new Float32Array(Math.ceil(samples / lanes) * features * lanes);
      const tiled = call(build, 'tile_f32', { x }, { y: tiles }, (at) => [
        at('y'),
        at('x'),
        features,
        samples,
        lanes,
      ]);
      const back = call(build, 'untile_f32', { x: tiled.y! }, { y: new Float32Array(x.length) }, (at) => [
        at('y'),
        at('x'),
        features,
        samples,
        lanes,
      ]);
      expect(back.y).toEqual(x);
    }
  });
});
