/** Reading what users name: files, addresses (all that there is in browsers), and bytes that are at hand. */
import { AbortedError, FormatError, UnsupportedError } from '../errors.js';
import { show } from '../options.js';
import { fileError, fileSystem, findFileSystem } from './files.js';
import { isHtml } from './recognize.js';

/** True for what must be fetched rather than read. */
export function isRemote(pathOrUrl: string | URL): boolean {
  if (/^(https?|blob|data):/i.test(String(pathOrUrl))) return true;
  // In a page a plain name is an address relative to it.
  return findFileSystem() === undefined;
}

/** Bytes that a page has at hand: a Blob (a File is one), or an answer of fetch. */
export type Body = Blob | Response;

/**
 * True for bytes that are at hand, but have to be waited for. Told by the tag of the class: in Node the mere name
 * `Response` loads all of fetch, which takes longer than to load a model.
 */
export function isBody(given: unknown): given is Body {
  return /^(Blob|File|Response)$/.test((given as Body | undefined)?.[Symbol.toStringTag as never] ?? '');
}

/** What messages call a source. */
export function nameOf(source: string | URL | Body): string {
  if (!isBody(source)) return String(source);
  return ('ok' in source ? source.url : (source as File).name) || `a ${source.constructor.name}`;
}

async function bodyBytes(where: string, body: Body): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if ('ok' in body && !body.ok) throw new Error(`status ${body.status}`);
    return new Uint8Array(await body.arrayBuffer());
  } catch (cause) {
    const name = nameOf(body);
    if ((cause as Error).name === 'AbortError') {
      throw new AbortedError(`${where}: aborted while ${show(name)} was read`, { cause });
    }
    throw fileError(where, 'must be able to fetch', name, cause);
  }
}

async function fetchBytes(where: string, url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof fetch !== 'function') {
    throw new UnsupportedError(`${where}: this platform must have a file system or fetch, got neither`);
  }
  const response = await fetch(url).catch((cause: unknown) => {
    throw fileError(where, 'must be able to fetch', url, cause);
  });
  return bodyBytes(where, response);
}

/** Files up to so many bytes are read at once: to wake a background thread takes longer. */
const READ_AT_ONCE = 1 << 20;

async function readFileBytes(where: string, path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = /^file:/i.test(String(path)) ? new URL(path) : path;
    const fs = fileSystem(where);
    const about = fs.statSync(file, { throwIfNoEntry: false });
    // Pipes and devices may let one wait: they are no files, or have no size.
    const short = about?.isFile() && about.size > 0 && about.size <= READ_AT_ONCE;
    return short ? fs.readFileSync(file) : await fs.promises.readFile(file);
  } catch (cause) {
    if (cause instanceof UnsupportedError) throw cause;
    throw fileError(where, 'must be able to read', path, cause);
  }
}

/**
 * All bytes of a file, of an http(s), blob or data address, of a Blob or of an answer of fetch; in browsers every string is an address.
 * They may be a part of a larger buffer.
 * `what` they must be and `where`, which users called, are for messages.
 *
 * Throws FileError when they cannot be read, FormatError when they are an HTML page (what servers send for a wrong
 * address), UnsupportedError without file system and fetch, AbortedError when a signal ended the fetch meanwhile.
 */
export async function readBytes(
  source: string | URL | Body,
  what = 'a model',
  where = 'readBytes',
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = isBody(source)
    ? await bodyBytes(where, source)
    : await (isRemote(source) ? fetchBytes : readFileBytes)(where, source);
  if (isHtml(bytes)) {
    const rule = `must hold ${what}; check the address`;
    throw new FormatError(
      `${where}: ${show(nameOf(source))} ${rule}, got an HTML page of ${bytes.length} bytes`,
    );
  }
  return bytes;
}

/** All bytes of a file, undefined where there is none. Throws FileError; UnsupportedError without a file system. */
export async function readIfThere(where: string, path: string): Promise<Uint8Array | undefined> {
  try {
    return await fileSystem(where).promises.readFile(path);
  } catch (cause) {
    if (cause instanceof UnsupportedError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(where, 'must be able to read', path, cause);
  }
}
