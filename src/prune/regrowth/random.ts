import { randomAbsent } from '../absent.js';
import type { Regrowth } from './regrowth.js';

/** Any absent connection, all equally likely. Mocanu et al. 2018, arXiv:1707.04780. */
export const random: Regrowth = {
  gradients: false,
  choose: ({ random: numbers, total, kept, count }) => randomAbsent(numbers, total, kept, count),
};
