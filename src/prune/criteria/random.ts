import { deriveSeed } from '../../tensor/random.js';
import type { Criterion } from './criterion.js';

/** A uniform random score: the control that every other criterion has to beat. Decided by the model's seed. */
export function random(): Criterion {
  return ({ kernels, weight, scratch, seed, name }) => {
    const { low, high } = deriveSeed(seed, 5, ...Array.from(name, (character) => character.charCodeAt(0)));
    kernels.random_uniform_f32(scratch.address, weight.length, low, high, 0, 1);
    return scratch.f32(weight.length).slice();
  };
}
