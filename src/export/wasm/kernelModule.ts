/** A kernel module taken apart: functions over an imported memory, nothing else. */
import { Reader, unexpected } from './reader.js';

/** A function type: bytes of its value types. */
export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** One function: its type, and its locals and code. */
export interface KernelFunction {
  readonly type: FunctionType;
  readonly body: Uint8Array;
}

/** Functions, and the numbers of those that are exported. */
export interface KernelModule {
  readonly functions: readonly KernelFunction[];
  readonly exports: ReadonlyMap<string, number>;
}

const HEADER = 8;
const SECTIONS = 'types, an imported memory, functions and exports';
/** Numbers of the sections that are read. */
const [CUSTOM, TYPES, IMPORTS, FUNCTIONS, EXPORTS, CODE] = [0, 1, 2, 3, 7, 10];

function readType(reader: Reader): FunctionType {
  const form = reader.byte();
  if (form !== 0x60) throw unexpected('function types', form);
  return { parameters: reader.vector(() => reader.byte()), results: reader.vector(() => reader.byte()) };
}

/** Passes over an import, which must be a memory. */
function readImport(reader: Reader): void {
  reader.text();
  reader.text();
  const kind = reader.byte();
  if (kind !== 2) throw unexpected(SECTIONS, `an import of kind ${kind}`);
  const limits = reader.byte();
  reader.skipNumber();
  if (limits & 1) reader.skipNumber();
}

function readExport(reader: Reader): [string, number] {
  const name = reader.text();
  const kind = reader.byte();
  if (kind !== 0) throw unexpected(SECTIONS, `an export of kind ${kind}`);
  return [name, reader.unsigned()];
}

/** Takes a module of ours apart. Throws an internal error when it holds what kernels never needed before. */
export function readKernels(bytes: Uint8Array): KernelModule {
  let types: FunctionType[] = [];
  let functions: number[] = [];
  let bodies: Uint8Array[] = [];
  let names: [string, number][] = [];
  const reader = new Reader(bytes, HEADER);
  while (!reader.done) {
    const id = reader.byte();
    const part = new Reader(reader.take(reader.unsigned()));
    if (id === TYPES) types = part.vector(() => readType(part));
    else if (id === IMPORTS) part.vector(() => readImport(part));
    else if (id === FUNCTIONS) functions = part.vector(() => part.unsigned());
    else if (id === EXPORTS) names = part.vector(() => readExport(part));
    else if (id === CODE) bodies = part.vector(() => part.take(part.unsigned()));
    else if (id !== CUSTOM) throw unexpected(SECTIONS, `section ${id}`);
  }
  return {
    functions: functions.map((type, i) => ({ type: types[type]!, body: bodies[i]! })),
    exports: new Map(names),
  };
}
