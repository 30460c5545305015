import { expectWritable, writeAtomically } from '../../io/files.js';
import { expectInteger, expectOptions } from '../../options.js';
import type { Callback } from './callback.js';
import { expectPath } from './path.js';

/**
 * Saves the model to `path` after every epoch (or every `every` epochs), atomically: the file is never torn. The model alone:
 * training that is to go on where it was interrupted wants the option `checkpoint` of fit(). Throws OptionError; a fit fails with
 * FileError before its first step where there is no such folder, or no right to write there.
 */
export function checkpoint(path: string, options: { every?: number } = {}): Callback {
  expectOptions('checkpoint', options, ['every']);
  expectPath('checkpoint', path);
  const every = expectInteger('checkpoint', 'every', options.every ?? 1);
  return {
    onFitBegin: () => expectWritable(path, 'checkpoint'),
    async onEpochEnd({ epoch }, run) {
      if (epoch % every === 0 || epoch === run.epochs)
        await writeAtomically(path, run.encode(), 'checkpoint');
    },
  };
}
