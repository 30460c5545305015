/** Options of sessions, and their checks. */
import { ShapeError } from '../errors.js';
import { expectBoolean, expectInteger, expectOneOf, expectOptions, show } from '../options.js';
import { type Engine, relaxedEngine, sharedEngine } from '../runtime/engine.js';
import type { KernelChoice } from './planner.js';
import { productFormats } from './products/index.js';
import { expectThreshold } from './threshold.js';

/** Options of createSession and loadSession. */
export interface SessionOptions {
  /** Samples that a call will usually bring: decides layout and kernels. Any number may be run. 32 by default. */
  readonly batch?: number;
  /**
   * `'auto'` by default; `'dense'` skips and drops nothing, and folds nothing but batch normalization into the weight before it, as every
   * engine does: the baseline of every speed-up. For finite weights and samples all choices give the same bits, but for one case:
   * others than `'dense'` fold a hidden unit without weights into the bias of the next dense layer, and where that unit gives a
   * constant other than 0, as sigmoid(0) = 0.5, they differ from `'dense'` and from predict() within rounding, about 1e-7 of the
   * terms. Behind a folded batch normalization all choices agree with each other, and with predict() within rounding.
   */
  readonly kernels?: KernelChoice;
  /** Times every format of every layer at creation and takes the fastest; false by default. Changes no result. */
  readonly measure?: boolean;
  /**
   * Lets the processor fuse multiplications with additions, where it has relaxed SIMD: in batches about a tenth faster, and other
   * bits on other machines. False by default. Its kernels come by loadKernels({ relaxed }); without relaxed SIMD it changes
   * nothing (`session.build` tells).
   */
  readonly relaxed?: boolean;
  /**
   * Run-time pruning: hidden activations y with |y| <= activationThreshold that enter a dense layer count as zero. Depends on
   * the input alone, not on the batch, and on kernels only where constants are folded in front of it (see `kernels`); kernels for
   * one sample skip the zeros. At least 0, rounded to float32; 0, the
   * default, changes nothing. What the first layer with weights takes is never touched, and NaN stays NaN.
   */
  readonly activationThreshold?: number;
}

/** Names of the options. */
export const SESSION_OPTIONS = ['batch', 'kernels', 'measure', 'relaxed', 'activationThreshold'] as const;

/** All options, defaults filled in. Throws OptionError. */
export function checkOptions(where: string, options: SessionOptions): Required<SessionOptions> {
  expectOptions(where, options, SESSION_OPTIONS);
  const choices: KernelChoice[] = [
    'auto',
    ...(Object.keys(productFormats) as (keyof typeof productFormats)[]),
  ];
  return {
    batch: expectInteger(where, 'batch', options.batch ?? 32),
    kernels: expectOneOf(where, 'kernels', options.kernels ?? 'auto', choices),
    measure: expectBoolean(where, 'measure', options.measure ?? false),
    relaxed: expectBoolean(where, 'relaxed', options.relaxed ?? false),
    activationThreshold: expectThreshold(where, options.activationThreshold ?? 0),
  };
}

/** The engine that those options ask for. */
export function engineFor({ relaxed }: Required<SessionOptions>): Promise<Engine> {
  return relaxed ? relaxedEngine() : sharedEngine();
}

/** Number of samples in x [n, inputs]. Throws ShapeError unless x, and `out` [n, outputs] if given, have such lengths. */
export function expectSamples(
  where: string,
  x: unknown,
  out: unknown,
  inputs: number,
  outputs: number,
): number {
  if (!(x instanceof Float32Array) || x.length % inputs !== 0) {
    throw new ShapeError(
      `${where}: x must be a Float32Array of a multiple of ${inputs} values, got ${show(x)}`,
    );
  }
  const samples = x.length / inputs;
  if (out !== undefined && (!(out instanceof Float32Array) || out.length !== samples * outputs)) {
    throw new ShapeError(
      `${where}: out must be a Float32Array of ${samples} x ${outputs} values, got ${show(out)}`,
    );
  }
  return samples;
}
