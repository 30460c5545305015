/** Model files wherever they are. */
import { FormatError, OptionError } from '../errors.js';
import { show } from '../options.js';
import type { Engine } from '../runtime/engine.js';
import type { Budget } from './budget.js';
import { decodeModel, type ModelFile } from './modelFile.js';
import { isBody, nameOf, readBytes } from './read.js';

/** A model file: its bytes, its path or its address; in pages also a Blob or File, or an answer of fetch. */
export type FileSource = Uint8Array | ArrayBuffer | string | URL | Blob | Response;

function describe(given: unknown): string {
  if (given instanceof Promise) return 'a promise (await it)';
  return typeof (given as { toNetwork?: unknown })?.toNetwork === 'function' ? 'a model' : show(given);
}

/**
 * Reads a model file for the function `where`. OptionError for what is no source, FileError, or FormatError that names the file.
 */
export async function openModel(
  where: string,
  source: FileSource,
  budget: Partial<Budget> | undefined,
  engine: Engine | Promise<Engine>,
): Promise<ModelFile> {
  const ready = Promise.resolve(engine);
  ready.catch(() => undefined); // thrown below, unless reading fails first
  const given = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  const inMemory = given instanceof Uint8Array;
  if (!inMemory && typeof given !== 'string' && !(given instanceof URL) && !isBody(given)) {
    throw new OptionError(
      `${where}: model must be bytes, a path, a URL, a Blob or a Response, got ${describe(given)}`,
    );
  }
  const bytes = inMemory ? given : await readBytes(given, 'a model', where);
  const loaded = await ready;
  try {
    return decodeModel(bytes, budget, loaded);
  } catch (error) {
    if (inMemory || !(error instanceof FormatError)) throw error;
    const rest = error.message.replace(/^(verify|loadModel): /, '');
    throw new FormatError(`${where}: ${show(nameOf(given))}: ${rest}`, { cause: error });
  }
}
