/** Logs: files that grow line by line. All of it is synchronous, so that lines keep their order. */
import { OptionError } from '../errors.js';
import { show } from '../options.js';
import { fileError, fileSystem } from './files.js';

function append(where: string, path: string, text: string): void {
  const fs = fileSystem(where);
  try {
    fs.appendFileSync(path, text);
  } catch (cause) {
    throw fileError(where, 'must be able to append to', path, cause);
  }
}

/** Makes sure that there is a log at `path` that lines can be appended to. */
export function openLog(path: string): void {
  append('openLog', path, '');
}

/** The same, and gives its lines. The begin of a line, which a killed process may leave at the end, is cut off. */
export function reopenLog(path: string): string[] {
  openLog(path);
  const fs = fileSystem('openLog');
  try {
    const bytes = fs.readFileSync(path);
    const end = bytes.lastIndexOf(10) + 1;
    if (end < bytes.length) fs.truncateSync(path, end);
    return bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  } catch (cause) {
    throw fileError('openLog', 'must be able to read', path, cause);
  }
}

/** Appends `line` and a line break to the log at `path`, creating it. OptionError for several lines. */
export function appendLine(path: string, line: string): void {
  const where = 'appendLine';
  if (/[\r\n]/.test(line)) {
    throw new OptionError(`${where}: line must be without line breaks, got ${show(line)}`);
  }
  append(where, path, `${line}\n`);
}
