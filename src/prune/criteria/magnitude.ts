import { describedAs } from '../../described.js';
import type { Criterion } from './criterion.js';

/** Size of the weight: score = |w|. Han et al. 2015, arXiv:1506.02626. */
export function magnitude(): Criterion {
  const score: Criterion = ({ kernels, parameter, weight, scratch }) => {
    kernels.abs_f32(scratch.address, parameter.address, weight.length);
    return scratch.f32(weight.length).slice();
  };
  return describedAs({ kind: 'magnitude' }, Object.assign(score, { elementwise: true }));
}
