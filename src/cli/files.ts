/** Output files: places are checked before hours of work, and files are written whole or not at all. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError } from '../errors.js';
import { writeAtomically } from '../io/files.js';
import { show } from '../options.js';

/** Creates a folder and those above it. Not `recursive: true`, which never returns for `/proc/x/y`. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const above = dirname(folder);
    if (code !== 'ENOENT' || above === folder || (await stat(above).catch(() => undefined))) throw error;
    await makeFolder(above);
    await mkdir(folder);
  }
}

/** Creates `folder` if need be; FileError unless files can be written there. */
export async function prepareFolder(where: string, folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new FileError(`${where}: must be able to write into ${show(folder)}, got ${reason}`, { cause });
  }
}

/** As prepareFolder, for the folder of one file to come, which `option` names. */
export async function prepareFile(where: string, option: string, path: string): Promise<void> {
  await prepareFolder(where, dirname(path));
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory())
    throw new FileError(`${where}: ${option} must be a file, got the folder ${show(path)}`);
}

/** Writes text as UTF-8, atomically. */
export function writeText(path: string, text: string): Promise<void> {
  return writeAtomically(path, new TextEncoder().encode(text));
}

/** A word of a shell command: quoted when it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
