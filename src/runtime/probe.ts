/** What this JavaScript engine can run, found by validating tiny modules. */

/** (module (func (drop (f32x4.splat (f32.const 0))))) */
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 12, 1, 10, 0, 67, 0, 0, 0, 0, 253, 19, 26,
  11,
];

/** (module (func (drop (f32x4.relaxed_madd (v128.const 0) (v128.const 0) (v128.const 0))))), written compactly. */
const ZERO_V128 = [253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const RELAXED_BODY = [0, ...ZERO_V128, ...ZERO_V128, ...ZERO_V128, 253, 133, 2, 26, 11];
const RELAXED = [
  ...[
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    4,
    1,
    96,
    0,
    0,
    3,
    2,
    1,
    0,
    10,
    RELAXED_BODY.length + 2,
    1,
    RELAXED_BODY.length,
  ],
  ...RELAXED_BODY,
];

function validates(bytes: readonly number[]): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(new Uint8Array(bytes));
}

/** Features that decide which kernels can be used. */
export interface Features {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
}

/** The one feature that all kernels need. */
export function hasSimd(): boolean {
  return validates(SIMD);
}

/** Asks the engine; takes microseconds. */
export function probe(): Features {
  return { simd: hasSimd(), relaxedSimd: validates(RELAXED) };
}
