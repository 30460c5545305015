/**
 * Files, and writing them. Node's modules are asked for at run time, never imported, so that the same code bundles for
 * browsers.
 */
import { FileError, OptionError, UnsupportedError } from '../errors.js';
import { show } from '../options.js';
import { removeLeftovers } from './leftovers.js';

/** Reads the global anew each time: a worker or a test may lack it. */
function nodeProcess(): NodeJS.Process | undefined {
  return (globalThis as { process?: NodeJS.Process }).process;
}

/** Node's file system, undefined where there is none. */
export function findFileSystem() {
  return nodeProcess()?.getBuiltinModule?.('node:fs');
}

/** Node's file system. Throws UnsupportedError where there is none. */
export function fileSystem(where: string) {
  const fs = findFileSystem();
  if (fs === undefined) {
    throw new UnsupportedError(
      `${where}: this platform must have a file system (Node 20.16 or newer), got none`,
    );
  }
  return fs;
}

type FileSystem = ReturnType<typeof fileSystem>;

/** A FileError that names the path and tells the reason. */
export function fileError(where: string, rule: string, path: string | URL, cause: unknown): FileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  // What `fetch` rejects with says only "fetch failed"; the reason is one level down.
  const code = ((cause as Error).cause as NodeJS.ErrnoException | undefined)?.code;
  return new FileError(
    `${where}: ${rule} ${show(String(path))}, got ${reason}${code === undefined ? '' : ` (${code})`}`,
    { cause },
  );
}

let temporaries = 0;

/** Creates a file beside `target` whose name no other writer has, in this process or another. */
async function openTemporary(fs: FileSystem, target: string, mode: number) {
  for (;;) {
    const path = `${target}.${nodeProcess()!.pid}-${++temporaries}.tmp`;
    try {
      return { path, handle: await fs.promises.open(path, 'wx', mode) };
    } catch (error) {
      // Left by a killed process with the same id, as in containers, or made by another thread of this one.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Makes the rename itself durable. Not every platform opens folders, and the file is in place already. */
async function syncFolder(fs: FileSystem, file: string): Promise<void> {
  const folder = file.replace(/[^/\\]*$/, '') || '.';
  try {
    const handle = await fs.promises.open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Nothing is lost but the guarantee against a power failure within the next seconds.
  }
}

/** Path of the file that `path` stands for: symbolic links are followed. */
async function targetOf(fs: FileSystem, path: string | URL): Promise<string> {
  const { fileURLToPath } = nodeProcess()!.getBuiltinModule('node:url');
  const name = /^file:/i.test(String(path)) ? fileURLToPath(path) : String(path);
  return fs.promises.realpath(name).catch(() => name);
}

/**
 * Throws what writeAtomically() would throw for lack of a folder or of rights, and leaves everything as it is: a temporary file
 * comes and goes.
 */
export async function expectWritable(path: string | URL, where: string): Promise<void> {
  const fs = fileSystem(where);
  try {
    const target = await targetOf(fs, path);
    const old = await fs.promises.stat(target).catch(() => undefined);
    if (old?.isDirectory()) throw new Error('a folder');
    const temporary = await openTemporary(fs, target, 0o666);
    await temporary.handle.close();
    await fs.promises.rm(temporary.path, { force: true });
  } catch (cause) {
    throw fileError(where, 'must be able to write', path, cause);
  }
}

async function replaceFile(fs: FileSystem, target: string, bytes: Uint8Array): Promise<void> {
  const old = await fs.promises.stat(target).catch(() => undefined);
  const { path, handle } = await openTemporary(fs, target, old?.mode ?? 0o666);
  try {
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.promises.rename(path, target);
  } catch (error) {
    await fs.promises.rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(fs, target);
  await removeLeftovers(fs, target);
}

/**
 * Writes a whole file so that at every moment, a crash included, `path` holds either its old or its new contents:
 * a temporary file in the same folder is written, synced and renamed. A symbolic link stays one; permissions are those
 * of the old file, less the umask. `bytes` must not change before the promise settles.
 *
 * Throws OptionError for what names no file; FileError, leaving the old file as it was and no temporary one; UnsupportedError
 * without a file system.
 */
export async function writeAtomically(
  path: string | URL,
  bytes: Uint8Array,
  where = 'writeAtomically',
): Promise<void> {
  if (!(path instanceof URL) && (typeof path !== 'string' || path === '')) {
    throw new OptionError(`${where}: path must be a file name, got ${show(path)}`);
  }
  const fs = fileSystem(where);
  try {
    await replaceFile(fs, await targetOf(fs, path), bytes);
  } catch (cause) {
    throw fileError(where, 'must be able to write', path, cause);
  }
}
