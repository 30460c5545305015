/** First values of parameters. */
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import type { Parameter } from '../tensor/parameter.js';
import { deriveSeed } from '../tensor/random.js';

/** Half the width of the uniform distribution of a weight, from its fans. */
export type Initializer = (fanIn: number, fanOut: number) => number;

/** For layers before a rectifier: sqrt(6 / fanIn). He et al. 2015, arXiv:1502.01852, eq. 10. */
export const heUniform: Initializer = (fanIn) => Math.sqrt(6 / fanIn);

/** For others: sqrt(6 / (fanIn + fanOut)). Glorot & Bengio 2010, eq. 16. */
export const glorotUniform: Initializer = (fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut));

/** Fills a weight uniformly and a bias with zeros; position in the model and `seed` decide every bit. */
export function initialize(
  engine: Engine,
  kernels: TrainKernels,
  parameter: Parameter,
  initializer: Initializer,
  seed: number,
  position: number,
): void {
  if (!parameter.prunable) {
    engine.memory.f32.fill(0, parameter.address / 4, parameter.address / 4 + parameter.length);
    return;
  }
  const limit = initializer(parameter.spec.fanIn, parameter.spec.fanOut);
  const { low, high } = deriveSeed(seed, 1, position);
  kernels.random_uniform_f32(parameter.address, parameter.length, low, high, -limit, 2 * limit);
}
