import { OptionError } from '../../errors.js';
import { show } from '../../options.js';
import type { TrainKernels } from '../../runtime/trainKernels.js';
import type { Schedule } from '../../schedules/index.js';

/** One parameter in one step; w, g and slots are byte addresses of n floats. */
export interface UpdateCall {
  readonly kernels: TrainKernels;
  readonly w: number;
  readonly g: number;
  readonly slots: readonly number[];
  readonly n: number;
  /** Updates made before this one. */
  readonly step: number;
  readonly learningRate: number;
  /** Weight decay acts on weights, not on biases. */
  readonly decays: boolean;
}

/** A recipe for updates. Its state lives with the model and lasts as long as this very object is used again. */
export interface Optimizer {
  readonly kind: string;
  /** What it was made of, so that a checkpoint tells it from another one. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly learningRate: Schedule;
  /** Arrays of state per parameter, such as the two moments of Adam. */
  readonly slots: number;
  update(call: UpdateCall): void;
}

/** The learning rate of that step. Throws OptionError unless it is a finite number >= 0. */
export function rateAt(optimizer: Optimizer, step: number): number {
  const rate: unknown = optimizer.learningRate(step);
  if (Number.isFinite(rate) && (rate as number) >= 0) return rate as number;
  throw new OptionError(
    `${optimizer.kind}: learningRate must be finite and >= 0, got ${show(rate)} at step ${step}`,
  );
}

/** x^n for whole n >= 0 by multiplications alone: Math.pow differs between engines. */
export function power(x: number, n: number): number {
  let result = 1;
  for (let base = x, left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= base;
    base *= base;
  }
  return result;
}
