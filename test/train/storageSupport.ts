/** What the tests of storage share: optimizers with their twins, comparisons, masks. */
import { adam, adamw, type Optimizer, type Sequential, sgd } from '../../src/index.js';
import { maxAbs } from '../support/tolerance.js';
import type { OptimizerTwin } from './twin.js';

export const formatsOf = (model: Sequential): string[] =>
  model.parameters.filter(({ prunable }) => prunable).map(({ format }) => format);
export const masksOf = (model: Sequential): (Uint8Array | null)[] =>
  model.parameters.map((parameter) => (parameter.prunable ? parameter.readMask() : null));

const base = { learningRate: 0.05, momentum: 0, nesterov: false, weightDecay: 0 };
// A large epsilon: the quotient of Adam is ill-conditioned where a gradient is next to nothing.
const moments = { learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 0.01 };

export const optimizers: Readonly<
  Record<string, { readonly make: () => Optimizer; readonly twin: OptimizerTwin }>
> = {
  sgd: {
    make: () => sgd({ learningRate: 0.05, weightDecay: 0.1 }),
    twin: { kind: 'sgd', options: { ...base, weightDecay: 0.1 } },
  },
  momentum: {
    make: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
    twin: { kind: 'sgd', options: { ...base, momentum: 0.9 } },
  },
  nesterov: {
    make: () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
    twin: { kind: 'sgd', options: { ...base, momentum: 0.9, nesterov: true, weightDecay: 0.01 } },
  },
  adam: {
    make: () => adam({ learningRate: 0.02, epsilon: 0.01, weightDecay: 0.01 }),
    twin: { kind: 'adam', options: { ...moments, l2: 0.01, weightDecay: 0 } },
  },
  adamw: {
    make: () => adamw({ learningRate: 0.02, epsilon: 0.01, weightDecay: 0.1 }),
    twin: { kind: 'adam', options: { ...moments, l2: 0, weightDecay: 0.1 } },
  },
};

/** Asserts that every array is within `share` of its largest element, now or before, and zero where it is pruned. */
export function expectNear(
  actual: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
  masks: readonly (Uint8Array | null)[],
  share: number,
  before: readonly ArrayLike<number>[] = expected,
): void {
  expected.forEach((array, p) => {
    const bound = share * Math.max(maxAbs(array), maxAbs(before[p]!));
    for (let i = 0; i < array.length; i++) {
      const got = actual[p]![i]!;
      if (masks[p]?.[i] === 0) {
        if (!Object.is(got, 0)) throw new Error(`parameter ${p}: pruned weight ${i} is ${got}`);
      } else if (!(Math.abs(got - array[i]!) <= bound)) {
        throw new Error(`parameter ${p}, weight ${i}: ${got} instead of ${array[i]}, bound ${bound}`);
      }
    }
  });
}
