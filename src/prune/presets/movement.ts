/** Movement pruning: what counts is where a weight is going, not how large it is. */
import { expectNumber, expectOptions } from '../../options.js';
import { type Schedule, toSchedule } from '../../schedules/index.js';
import type { TrainingPruning } from '../../train/pruning.js';
import { sparsityOf, type Trainable } from '../../train/trainable.js';
import type { Allocation, AllocationName } from '../allocations/index.js';
import { type ShadowRule, shadowProcess } from '../methods/process.js';
import { expectAllocation, type Period, period, type RampOptions, ramp } from '../methods/ramp.js';
import { rankedMasks } from '../methods/ranking.js';
import { type ShadowedWeight, Shadows } from '../methods/shadows.js';
import { expectSingleWeights } from '../methods/storage.js';

/** Options of movement(). */
export interface MovementOptions extends RampOptions {
  /** `'erk'` by default: the sizes of scores differ between layers, so that one ranking over all would be unfair. */
  readonly allocation?: Allocation | AllocationName;
  /** Of the scores, by the step of the fit; 1 by default. A constant scales all scores alike, a schedule weighs steps. */
  readonly learningRate?: number | Schedule;
}

interface Plan {
  readonly when: Period;
  readonly rate: Schedule;
  readonly sparsityAt: Schedule;
  readonly allocation: Allocation;
}

/** Shadows hold the last values of what is pruned; what is live trains in place. */
function movementRule(model: Trainable, shadows: Shadows, plan: Plan): ShadowRule {
  const { kernels, engine } = model;
  const { when, rate, sparsityAt, allocation } = plan;
  const scoresOf = ({ state, parameter }: ShadowedWeight) => state[0]!.f32(parameter.length);
  const finite = () =>
    shadows.weights.every(
      ({ state, parameter }) => kernels.count_nonfinite_f32(state[0]!.address, parameter.length) === 0,
    );
  const remask = (step: number) => {
    const masks = rankedMasks(shadows.weights, scoresOf, allocation, sparsityAt(step));
    shadows.weights.forEach((weight, i) => {
      const { shadow, parameter } = weight;
      kernels.mask_merge_f32(shadow.address, parameter.address, shadows.mask(weight), parameter.length);
      shadows.remask(weight, (mask) => new Uint8Array(engine.memory.buffer).set(masks[i]!, mask));
      shadows.forget(weight);
    });
    shadows.apply();
  };
  return {
    moves: false,
    observe: (step) => (pass) => {
      const weight = shadows.weights.find(({ index }) => index === pass.index)!;
      const { parameter, shadow, state } = weight;
      const [scores, w] = [state[0]!.address, parameter.address];
      const mask = shadows.mask(weight);
      const n = parameter.length;
      kernels.movement_f32(scores, pass.gradients[0]!, w, shadow.address, mask, n, rate(step));
    },
    updated(step) {
      if (when.due(step) && finite()) remask(step);
      return step >= when.last;
    },
    finite,
  };
}

/**
 * Movement pruning: every weight has a score that grows while the weight moves away from zero, S -= learningRate dL/dW W, with the
 * gradient that pruned weights would have too. The highest scores stay, to a share of zeros that rises along a curve and
 * ends at `sparsity` exactly. Pruned weights keep their values behind the mask, and come back with them and empty moments
 * when their score rises; after `until` masks are final. By default `begin` 0.1, `until` 0.75, `every` 50. Sanh, Wolf & Rush 2020, arXiv:2005.07683.
 */
export function movement(options: MovementOptions): TrainingPruning {
  const names = ['sparsity', 'curve', 'begin', 'until', 'every', 'allocation', 'learningRate'];
  expectOptions('movement', options, names);
  const rate = toSchedule('movement: learningRate', options.learningRate ?? 1);
  if (typeof options.learningRate === 'number') {
    expectNumber('movement', 'learningRate', options.learningRate, Number.MIN_VALUE);
  }
  const allocation = expectAllocation('movement', options.allocation ?? 'erk');
  const steps = period('movement', options, { begin: 0.1, until: 0.75, every: 50 });
  const along = ramp('movement', options);
  return Object.freeze({
    kind: 'movement',
    options: { period: steps, ramp: along, allocation, learningRate: rate },
    start(model, run) {
      expectSingleWeights('movement', model);
      const when = steps(run);
      const sparsityAt = along(sparsityOf(model.parameters), when);
      const shadows = new Shadows(model, run, ({ length }) => [length * 4]);
      return shadowProcess(
        model,
        shadows,
        movementRule(model, shadows, { when, rate, sparsityAt, allocation }),
      );
    },
  } satisfies TrainingPruning);
}
