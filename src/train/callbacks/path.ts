import { OptionError } from '../../errors.js';
import { show } from '../../options.js';

/** Throws OptionError unless `path` may be the name of a file. */
export function expectPath(where: string, path: unknown): void {
  if (typeof path === 'string' && path !== '') return;
  throw new OptionError(`${where}: path must be a file name, got ${show(path)}`);
}
