/** First values of parameters. */
import type { Engine } from '../runtime/engine.js';
import type { TrainKernels } from '../runtime/trainKernels.js';
import { DenseStorage, type SparseStorage } from '../tensor/formats/index.js';
import type { Parameter } from '../tensor/parameter.js';
import { deriveSeed } from '../tensor/random.js';

/** Half the width of the uniform distribution of a weight, from its fans. */
export type Initializer = (fanIn: number, fanOut: number) => number;

/** For layers before a rectifier: sqrt(6 / fanIn). He et al. 2015, arXiv:1502.01852, eq. 10. */
export const heUniform: Initializer = (fanIn) => Math.sqrt(6 / fanIn);

/** For others: sqrt(6 / (fanIn + fanOut)). Glorot & Bengio 2010, eq. 16. */
export const glorotUniform: Initializer = (fanIn, fanOut) => Math.sqrt(6 / (fanIn + fanOut));

/**
 * Fills a weight uniformly and others with their first value, such as a bias with zeros. Position in the model and `seed` decide every bit: a live weight gets
 * the same number whether others are pruned or not, and however they are stored. `density` is the share of connections
 * that a layer begins with: fewer inputs take larger weights (Evci et al. 2020, arXiv:2010.03533).
 */
export function initialize(
  engine: Engine,
  kernels: TrainKernels,
  parameter: Parameter,
  initializer: Initializer,
  seed: number,
  position: number,
  density = 1,
): void {
  const { address, count, storage, spec } = parameter;
  if (!parameter.prunable) {
    engine.memory.f32.fill(spec.initial ?? 0, address / 4, address / 4 + count);
    return;
  }
  const limit = initializer(spec.fanIn * density, spec.fanOut * density);
  const { low, high } = deriveSeed(seed, 1, position);
  if (storage instanceof DenseStorage) {
    kernels.random_uniform_f32(address, count, low, high, -limit, 2 * limit);
    storage.applyMask(address);
    return;
  }
  const { rowPtr, colIdx, grid } = (storage as SparseStorage).structure;
  const { rows, cols, height } = grid;
  kernels.blocks_uniform_f32(address, rowPtr, colIdx, rows, cols, height, low, high, -limit, 2 * limit);
}
