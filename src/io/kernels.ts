/** Kernels from files, for pages that would rather stream and cache them than use the copy inside this package. */
import { AbortedError, FileError, FormatError, OptionError } from '../errors.js';
import { expectOptions, show } from '../options.js';
import {
  expectSimd,
  explained,
  MODULE_NAMES,
  type ModuleName,
  moduleInUse,
  provideModule,
} from '../runtime/modules.js';
import { probe } from '../runtime/probe.js';
import { version } from '../version.js';
import { isBody, isRemote, readBytes } from './read.js';
import { recognize } from './recognize.js';

/** Where kernels come from: an address (in Node also a path), an answer of fetch, a Blob, the bytes, or a compiled module. */
export type KernelSource =
  | URL
  | string
  | Response
  | Promise<Response>
  | Blob
  | ArrayBuffer
  | ArrayBufferView<ArrayBuffer>
  | WebAssembly.Module;

/** Modules of kernels, each with the file of this package that holds it. */
export interface KernelSources {
  /** `espalier/kernels.wasm`: inference, which everything needs. */
  readonly infer?: KernelSource;
  /** `espalier/kernels-train.wasm` */
  readonly train?: KernelSource;
  /** `espalier/kernels-prune.wasm`: criteria that look at data. */
  readonly prune?: KernelSource;
  /** `espalier/kernels-relaxed.wasm`: inference for sessions with `relaxed: true`, which need it. */
  readonly relaxed?: KernelSource;
}

const WHERE = 'loadKernels';
const decoder = new TextDecoder();

function formatError(name: ModuleName, got: string, cause?: unknown): FormatError {
  const rule = `${name} must be the kernels of espalier ${version}, the file that came with this package`;
  return new FormatError(`${WHERE}: ${rule}, got ${got}`, { cause });
}

function unread(name: ModuleName, address: string | URL, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if ((cause as Error).name === 'AbortError') {
    return new AbortedError(`${WHERE}: aborted while ${name} was fetched`, { cause });
  }
  return new FileError(`${WHERE}: must be able to fetch ${name} from ${address}, got ${reason}`, { cause });
}

async function compileBytes(
  name: ModuleName,
  bytes: BufferSource & { readonly byteLength: number },
  from: string,
): Promise<WebAssembly.Module> {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const told = explained(error);
    if (told !== error) throw told;
    throw formatError(name, `${recognize(view) ?? `${view.length} bytes that do not compile`}${from}`, error);
  }
}

async function compileResponse(name: ModuleName, response: Response): Promise<WebAssembly.Module> {
  const from = response.url ? ` from ${response.url}` : '';
  if (!response.ok) {
    throw new FileError(
      `${WHERE}: must be able to fetch ${name}${from}, got status ${response.status} ${response.statusText}`,
    );
  }
  // Only this type may be streamed; whatever else a server says, the bytes decide.
  const type = response.headers.get('content-type')?.split(';')[0]?.trim();
  if (type === 'application/wasm' && typeof WebAssembly.compileStreaming === 'function') {
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (error) {
      const told = explained(error);
      if (told !== error) throw told;
      if (error instanceof WebAssembly.CompileError) {
        throw formatError(name, `bytes that do not compile${from}`, error);
      }
      throw unread(name, response.url, error); // the network went away meanwhile
    }
  }
  const bytes = await response.arrayBuffer().catch((cause: unknown) => {
    throw unread(name, response.url, cause);
  });
  return compileBytes(name, bytes, from);
}

const fetched = (name: ModuleName, address: string | URL): Promise<Response> =>
  fetch(address).catch((cause: unknown) => {
    throw unread(name, address, cause);
  });

function isSource(value: unknown): value is KernelSource {
  return (
    typeof value === 'string' ||
    value instanceof URL ||
    value instanceof Promise ||
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    value instanceof WebAssembly.Module ||
    isBody(value)
  );
}

function expectSource(name: ModuleName, source: unknown): void {
  if (isSource(source)) return;
  throw new OptionError(
    `${WHERE}: ${name} must be a URL, a Response, a Blob, bytes or a WebAssembly.Module, got ${show(source)}`,
  );
}

async function compile(name: ModuleName, source: KernelSource): Promise<WebAssembly.Module> {
  const failed = (cause: unknown) => {
    throw unread(name, 'the promise', cause);
  };
  const given: unknown = source instanceof Promise ? await source.catch(failed) : source;
  if (given instanceof WebAssembly.Module) return given as WebAssembly.Module;
  if (isBody(given)) {
    return 'ok' in given ? compileResponse(name, given) : compileBytes(name, await given.arrayBuffer(), '');
  }
  if (given instanceof ArrayBuffer || ArrayBuffer.isView(given)) {
    return compileBytes(name, given as ArrayBuffer | Uint8Array<ArrayBuffer>, '');
  }
  expectSource(name, given);
  const address = given as string | URL;
  if (isRemote(address)) return compileResponse(name, await fetched(name, address));
  return compileBytes(name, await readBytes(address, 'kernels', WHERE), ` from ${address}`);
}

/** Compiles and checks one module; changes nothing. */
async function checked(name: ModuleName, source: KernelSource): Promise<WebAssembly.Module> {
  if (moduleInUse(name)) {
    throw new OptionError(
      `${WHERE}: ${name} must come before the first model or session, got kernels that are running`,
    );
  }
  const module = await compile(name, source);
  const [mark] = WebAssembly.Module.customSections(module, 'espalier');
  const got = mark === undefined ? 'another WebAssembly module' : show(decoder.decode(mark));
  if (got !== show(`${name} ${version}`)) throw formatError(name, got);
  return module;
}

/**
 * Uses the kernels of `sources` instead of those inside this package: one source for inference, or several by name. Nothing
 * needs it; it lets a page stream, compile and cache `kernels.wasm` as a file of its own, and brings the relaxed build (passed
 * over where relaxed SIMD is missing). To be called before the first model or session. Compiles while it downloads where the server says `application/wasm`.
 *
 * A fetch that may be ended: `loadKernels(fetch(address, { signal }))`.
 *
 * Throws FormatError for anything but the kernels of this very version (an HTML page is told by name), FileError when the
 * address cannot be read, AbortedError when a signal ended the fetch, OptionError when kernels are running already, UnsupportedError without SIMD or where the page's
 * Content-Security-Policy forbids WebAssembly. After an error nothing has changed.
 */
export async function loadKernels(sources: KernelSource | KernelSources): Promise<void> {
  expectSimd();
  const named: KernelSources = isSource(sources) ? { infer: sources } : sources;
  expectOptions(WHERE, named, MODULE_NAMES);
  const given = MODULE_NAMES.filter((name) => named[name] !== undefined);
  if (given.length === 0) {
    throw new OptionError(
      `${WHERE}: sources must name at least one of ${MODULE_NAMES.join(', ')}, got ${show(named)}`,
    );
  }
  for (const name of given) expectSource(name, named[name]);
  // Without relaxed SIMD that build would not even compile, and nothing would use it.
  const names = probe().relaxedSimd ? given : given.filter((name) => name !== 'relaxed');
  const modules = await Promise.all(names.map((name) => checked(name, named[name]!)));
  for (const [i, name] of names.entries()) provideModule(name, modules[i]!);
}
