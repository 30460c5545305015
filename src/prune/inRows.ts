/** Sparse weights in rows for a while: scores lie as rows do. */
import { ifRoom } from '../train/storage.js';
import type { PrunableWeight } from './score.js';

/**
 * Calls `work` while sparse weights are stored in rows; afterwards, or when it throws, they go back to their formats where
 * what is left still fits, and there is room.
 */
export async function inRows<T>(weights: readonly PrunableWeight[], work: () => T | Promise<T>): Promise<T> {
  const formats = weights.map(({ parameter }) => parameter.format);
  try {
    for (const { parameter } of weights) if (parameter.format !== 'dense') parameter.convert('csr');
    return await work();
  } finally {
    weights.forEach(({ parameter }, i) => {
      const format = formats[i]!;
      if (parameter.format === 'dense') return;
      ifRoom(() => {
        if (parameter.fits(format)) parameter.convert(format);
      });
    });
  }
}
