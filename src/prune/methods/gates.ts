/** Hard-concrete gates over the inputs of every weight: their state in a fit, and what they do to the weights. */

import type { Block } from '../../runtime/block.js';
import type { Schedule } from '../../schedules/index.js';
import type { Parameter } from '../../tensor/parameter.js';
import { deriveSeed } from '../../tensor/random.js';
import { adam } from '../../train/optimizers/adam.js';
import type { Optimizer } from '../../train/optimizers/optimizer.js';
import type { WeightPass } from '../../train/passes.js';
import type { Trainable } from '../../train/trainable.js';
import type { ShadowRule } from './process.js';
import type { ShadowedWeight, Shadows } from './shadows.js';

/** Bytes of the state of one weight, in the order of stateOf(). */
export const gateBytes = ({ cols, length }: Parameter): readonly number[] => [
  ...Array.from({ length: 6 }, () => cols * 4),
  length,
];

/** log alpha, gate, its derivative, gradient of log alpha, its two moments [cols]; what may be live at all [rows, cols] bytes. */
function stateOf({ state }: ShadowedWeight) {
  const [a, z, dz, da, first, second, base] = state as [Block, Block, Block, Block, Block, Block, Block];
  return { a, z, dz, da, first, second, base };
}

/** What decides about gates. */
export interface GatePlan {
  /** Weight of the expected share of live weights in the loss. */
  readonly lambda: number;
  /** Of log alpha. */
  readonly learningRate: Schedule;
  /** log alpha at first. */
  readonly start: number;
  /** The step whose gates are the last. */
  readonly last: number;
}

/** log alpha of a gate that is open: its value is 1. */
const OPEN = 3;

/** effective weight = shadow times the gate of its column; sampled while a step computes, else at its mean. */
export class Gates implements ShadowRule {
  readonly moves = true;
  readonly #model: Trainable;
  readonly #shadows: Shadows;
  readonly #plan: GatePlan;
  readonly #optimizer: Optimizer;
  readonly #total: number;

  constructor(model: Trainable, shadows: Shadows, plan: GatePlan) {
    this.#model = model;
    this.#shadows = shadows;
    this.#plan = plan;
    this.#optimizer = adam({ learningRate: plan.learningRate });
    this.#total = shadows.weights.reduce((sum, { parameter }) => sum + parameter.length, 0);
    this.#begin(plan.start);
  }

  /** What may be live is what is live; all gates have the same log alpha, and their optimizer remembers nothing. */
  #begin(start: number): void {
    const bytes = new Uint8Array(this.#model.engine.memory.buffer);
    for (const weight of this.#shadows.weights) {
      const { a, base, first, second } = stateOf(weight);
      const { cols, length } = weight.parameter;
      const mask = this.#shadows.mask(weight);
      bytes.copyWithin(base.address, mask, mask + length);
      a.f32(cols).fill(start);
      for (const moment of [first, second]) moment.f32(cols).fill(0);
    }
  }

  prepare(): void {
    for (const weight of this.#shadows.weights) this.#sample(weight);
  }

  #sample(weight: ShadowedWeight): void {
    const { kernels, seed, clock } = this.#model;
    const { index, parameter, shadow } = weight;
    const { rows, cols } = parameter;
    const { a, z, dz } = stateOf(weight);
    const { low, high } = deriveSeed(seed, 11, clock.steps, index);
    kernels.random_uniform_f32(dz.address, cols, low, high, 1e-6, 1 - 2e-6);
    kernels.logit_f32(dz.address, dz.address, cols);
    kernels.hard_concrete_f32(z.address, dz.address, a.address, dz.address, cols);
    kernels.scale_columns_f32(parameter.address, shadow.address, z.address, rows, cols);
  }

  /** Gradients of log alpha and of the shadow, from that of the effective weights. */
  observe() {
    return ({ gradients, index }: WeightPass): void => {
      const { kernels } = this.#model;
      const weight = this.#shadows.weights.find((other) => other.index === index)!;
      const { parameter, shadow } = weight;
      const { rows, cols, length } = parameter;
      const { a, z, dz, da, base } = stateOf(weight);
      const g = gradients[0]!;
      kernels.mask_apply_f32(g, base.address, length);
      kernels.column_dots_f32(da.address, g, shadow.address, rows, cols);
      const price = (this.#plan.lambda * rows) / this.#total;
      kernels.hard_concrete_grad_f32(da.address, da.address, dz.address, a.address, cols, price);
      kernels.scale_columns_f32(g, g, z.address, rows, cols);
    };
  }

  updated(step: number): boolean {
    for (const weight of this.#shadows.weights) this.#move(weight, step);
    this.fold();
    return step >= this.#plan.last;
  }

  #move(weight: ShadowedWeight, step: number): void {
    const { kernels } = this.#model;
    const { a, da, first, second } = stateOf(weight);
    const slots = [first.address, second.address];
    const learningRate = this.#optimizer.learningRate(step);
    const { cols: n } = weight.parameter;
    const [w, g] = [a.address, da.address];
    this.#optimizer.update({ kernels, w, g, slots, n, step, learningRate, decays: false });
  }

  /** Effective weights by the means of the gates; columns whose gate is shut are pruned. */
  #settle(weight: ShadowedWeight): void {
    const { kernels } = this.#model;
    const { parameter, shadow } = weight;
    const { rows, cols, length } = parameter;
    const { a, z, base } = stateOf(weight);
    this.#shadows.remask(weight, (mask) => {
      const make = () => {
        kernels.hard_concrete_mean_f32(z.address, a.address, cols);
        kernels.column_mask(mask, base.address, z.address, rows, cols);
      };
      make();
      if (kernels.mask_count(mask, length) > 0) return;
      openOne(a.f32(cols));
      make();
    });
    kernels.scale_columns_f32(parameter.address, shadow.address, z.address, rows, cols);
    kernels.mask_apply_f32(parameter.address, this.#shadows.mask(weight), length);
  }

  /** Effective weights by the means of the gates. */
  fold(): void {
    for (const weight of this.#shadows.weights) this.#settle(weight);
  }

  finite(): boolean {
    const { kernels } = this.#model;
    return this.#shadows.weights.every((weight) => {
      const { cols } = weight.parameter;
      return kernels.count_nonfinite_f32(stateOf(weight).a.address, cols) === 0;
    });
  }

  restored(): void {
    this.#begin(OPEN);
  }
}

/** Of gates that are all shut, opens the one that is shut least. */
function openOne(logAlpha: Float32Array): void {
  let best = 0;
  for (let i = 1; i < logAlpha.length; i++) if (logAlpha[i]! > logAlpha[best]!) best = i;
  logAlpha[best] = 0;
}
