/** Writes a WebAssembly module that needs nothing: functions, a memory of its own and what lies in it. */
import type { FunctionType, KernelFunction } from './kernelModule.js';
import { type Bytes, joined, section, signed, sized, text, unsigned, vector } from './writer.js';

/** A piece of memory that is not zero at the start. */
export interface Segment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What goes into a module. */
export interface ModuleParts {
  readonly functions: readonly KernelFunction[];
  /** Number and name of the one function that is exported. */
  readonly entry: readonly [name: string, number: number];
  /** Pages of 64 KiB; the memory is exported as `memory` and cannot grow. */
  readonly pages: number;
  readonly segments: readonly Segment[];
  /** Exported constants, i32. */
  readonly constants: Readonly<Record<string, number>>;
  /** A custom section: its name and its text. */
  readonly note: readonly [name: string, text: string];
}

/** A module, and how many bytes of it are code and data. */
export interface WrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly codeBytes: number;
  readonly dataBytes: number;
}

const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const [I32_CONST, END] = [0x41, 0x0b];

const typeBytes = ({ parameters, results }: FunctionType): Bytes => [
  0x60,
  ...unsigned(parameters.length),
  ...parameters,
  ...unsigned(results.length),
  ...results,
];

/** All types once, and the number of each function's. */
function typesOf(functions: readonly KernelFunction[]): {
  readonly types: readonly Bytes[];
  readonly numbers: readonly Bytes[];
} {
  const known = new Map<string, number>();
  const types: Bytes[] = [];
  const numbers = functions.map(({ type }) => {
    const bytes = typeBytes(type);
    const key = bytes.join();
    if (!known.has(key)) {
      known.set(key, types.length);
      types.push(bytes);
    }
    return unsigned(known.get(key)!);
  });
  return { types, numbers };
}

const segmentBytes = ({ address, bytes }: Segment): Bytes =>
  joined([[0, I32_CONST], signed(address), [END], sized(bytes)]);

/** Writes it, deterministically. */
export function writeModule(parts: ModuleParts): WrittenModule {
  const { functions, entry, pages, segments, constants, note } = parts;
  const { types, numbers } = typesOf(functions);
  const values = Object.entries(constants);
  const globals = values.map(([, value]) => [I32, 0, I32_CONST, ...signed(value), END]);
  const exports = [
    joined([text(entry[0]), [0], unsigned(entry[1])]),
    joined([text('memory'), [2, 0]]),
    ...values.map(([name], i) => joined([text(name), [3], unsigned(i)])),
  ];
  const code = section(10, vector(functions.map(({ body }) => sized(body))));
  const data = segments.length > 0 ? section(11, vector(segments.map(segmentBytes))) : new Uint8Array(0);
  const bytes = joined([
    MAGIC,
    section(1, vector(types)),
    section(3, vector(numbers)),
    section(5, vector([[1, ...unsigned(pages), ...unsigned(pages)]])),
    section(6, vector(globals)),
    section(7, vector(exports)),
    code,
    data,
    section(0, joined([text(note[0]), new TextEncoder().encode(note[1])])),
  ]);
  return { bytes, codeBytes: code.length, dataBytes: data.length };
}
