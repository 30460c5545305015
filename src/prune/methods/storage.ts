import { OptionError } from '../../errors.js';
import type { Trainable } from '../../train/trainable.js';

/** Throws OptionError for a model whose storage cannot hold any set of single weights. */
export function expectSingleWeights(where: string, { storage }: Pick<Trainable, 'storage'>): void {
  if (storage !== 'block2' && storage !== 'block4') return;
  throw new OptionError(
    `${where}: storage must hold single weights, as 'auto' or 'csr' do, got '${storage}'; choose another with setStorage()`,
  );
}
