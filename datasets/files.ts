/**
 * Finds data packages and reads their files, in Node. Built-in modules come from `process.getBuiltinModule`, because an
 * import of one, even a dynamic one that never runs, makes browser bundlers fail.
 */
import { FileError, FormatError, MissingPackageError, UnsupportedError } from '../src/errors.js';

/** A file and the SHA-256 that it must have, as 64 hexadecimal digits. */
export interface CheckedFile {
  /** Full path. */
  readonly file: string;
  /** SHA-256 of the content. */
  readonly sha256: string;
}

type Builtins = Pick<typeof process, 'getBuiltinModule' | 'cwd'>;

function node(where: string): Builtins {
  const found = (globalThis as { process?: Partial<Builtins> }).process;
  if (typeof found?.getBuiltinModule !== 'function' || typeof found.cwd !== 'function') {
    const elsewhere = 'elsewhere use syntheticDigits(), or fetch IDX files and give their bytes to fromIdx()';
    const rule = `reading files needs Node >= 20.16; ${elsewhere}`;
    throw new UnsupportedError(`${where}: ${rule}, got an engine without process.getBuiltinModule`);
  }
  return found as Builtins;
}

/** `parts` joined to a path in the manner of this system. Throws `UnsupportedError` where there is no Node. */
export function joinPath(where: string, ...parts: string[]): string {
  return node(where)
    .getBuiltinModule('node:path')
    .join(...parts);
}

/**
 * Folder of the installed package `name`, looked up from the working directory, then from this module.
 *
 * Throws `MissingPackageError`, which says to install `name@version`; `UnsupportedError` where there is no Node.
 */
export function packageFolder(where: string, name: string, version: string): string {
  const tools = node(where);
  const { createRequire } = tools.getBuiltinModule('node:module');
  const { dirname, join } = tools.getBuiltinModule('node:path');
  let cause: unknown;
  // Functions, as each may throw: the working directory may be gone, and a bundle may have no address.
  for (const base of [() => join(tools.cwd(), 'index.js'), () => import.meta.url]) {
    try {
      return dirname(createRequire(base()).resolve(`${name}/package.json`));
    } catch (error) {
      cause ??= error;
    }
  }
  const rule = `package ${name} must be installed (npm install ${name}@${version})`;
  throw new MissingPackageError(`${where}: ${rule}, got none from ${tools.cwd()}`, { cause });
}

/** The first of `names` that exists in `folder`, as a full path. Throws `FileError` when none does. */
export function findFile(where: string, folder: string, names: readonly string[]): string {
  const { existsSync } = node(where).getBuiltinModule('node:fs');
  const file = names.map((name) => joinPath(where, folder, name)).find((path) => existsSync(path));
  if (file === undefined)
    throw new FileError(`${where}: ${folder} must hold ${names.join(' or ')}, got neither`);
  return file;
}

/** All bytes of `file`. Throws `FileError` when it cannot be read. */
export function readBytes(where: string, file: string): Uint8Array {
  try {
    const { buffer, byteOffset, length } = node(where).getBuiltinModule('node:fs').readFileSync(file);
    // Not as a Buffer, whose `slice` gives a view where that of other byte arrays copies.
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    if (cause instanceof UnsupportedError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(`${where}: ${file} must be a readable file, got ${reason}`, { cause });
  }
}

/**
 * All bytes of a file whose content is known.
 *
 * Throws `FileError` when it cannot be read, `FormatError` when its SHA-256 differs.
 */
export function readChecked(where: string, { file, sha256 }: CheckedFile): Uint8Array {
  const bytes = readBytes(where, file);
  const found = node(where).getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new FormatError(`${where}: SHA-256 of ${file} must be ${sha256}, got ${found}`);
  return bytes;
}
