/** What the tests that follow pruned weights through everything share. */
import { expect } from 'vitest';
import { adam, adamw, type Optimizer, type Sequential, sgd } from '../../src/index.js';

export const optimizers: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ learningRate: 0.5, weightDecay: 0.1 }),
  momentum: () => sgd({ learningRate: 0.3, momentum: 0.9 }),
  nesterov: () => sgd({ learningRate: 0.3, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  adam: () => adam({ learningRate: 0.1, weightDecay: 0.01 }),
  adamw: () => adamw({ learningRate: 0.1 }),
};

export type Masks = readonly (Uint8Array | null)[];
export const masksOf = (model: Sequential): Masks =>
  model
    .toNetwork()
    .parameters.flat()
    .map(({ mask }) => mask);

/** No pruned weight is nonzero, nothing came back since `old`, and no optimizer remembers anything of it. */
export function expectPruned(model: Sequential, old: Masks, memories: readonly Optimizer[]): void {
  const masks = masksOf(model);
  const slots = memories.map((optimizer) => model.states.of(optimizer).readDense());
  model.getWeights().forEach((array, p) => {
    const mask = masks[p];
    if (old[p]) expect(mask).not.toBeNull();
    mask?.forEach((kept, i) => {
      if (old[p]?.[i] === 0 && kept !== 0) throw new Error(`parameter ${p}: weight ${i} came back`);
      if (kept === 1) return;
      if (array[i] !== 0) throw new Error(`parameter ${p}: pruned weight ${i} is ${array[i]}`);
      for (const state of slots) {
        for (const slot of state[p]!) {
          if (slot[i] !== 0) throw new Error(`parameter ${p}: moment of pruned weight ${i} is ${slot[i]}`);
        }
      }
    });
  });
}
