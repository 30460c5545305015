/**
 * Guarded buffers in a kernel's memory.
 *
 * The arena is filled with NaNs that differ from word to word; buffers lie in it with at least 64 bytes between
 * them. Reading past a buffer poisons the result, writing past one breaks the pattern.
 */
import { GATHER_END, gathers } from '../../src/runtime/gather.js';
import type { Build, KernelName } from './builds.js';

export type Data = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;
export type Buffers = Readonly<Record<string, Data>>;

/** What a kernel is called with. Inputs must come back unchanged; outputs hold what was there before. */
export interface Call {
  readonly name: KernelName;
  readonly inputs: Buffers;
  readonly outputs: Buffers;
  args(at: (buffer: string) => number): readonly number[];
}

/** Buffers placed in memory, and the kernel ready to run on them. */
export interface Placed {
  run(): number | undefined;
  /** Copies of the outputs; throws if anything else has changed. */
  read(): Record<string, Data>;
}

const GUARD = 64;
const START = GATHER_END;

interface Span {
  readonly name: string;
  readonly data: Data;
  readonly isInput: boolean;
  readonly address: number;
}

/** The bits of word `index` of an untouched arena: a quiet NaN that names its place. */
const guardWord = (index: number): number => 0x7fc00000 | (index & 0x3fffff);

/** Addresses for all buffers: `skew` (0 to 3) elements beyond a cache line's beginning. */
function layOut(call: Call, skew: number): { spans: Span[]; words: number } {
  const spans: Span[] = [];
  let end = START;
  for (const [buffers, isInput] of [
    [call.inputs, true],
    [call.outputs, false],
  ] as const) {
    for (const [name, data] of Object.entries(buffers)) {
      const address = Math.ceil((end + GUARD) / 64) * 64 + skew * data.BYTES_PER_ELEMENT;
      spans.push({ name, data, isInput, address });
      end = address + data.byteLength;
    }
  }
  return { spans, words: Math.ceil((end + GUARD) / 4) };
}

const bytesOf = (data: Data): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A copy of what lies in memory where `span` is, of the same type. */
function copyOut(memory: WebAssembly.Memory, span: Span): Data {
  const bytes = memory.buffer.slice(span.address, span.address + span.data.byteLength);
  return new (span.data.constructor as new (buffer: ArrayBuffer) => Data)(bytes);
}

/** Throws if a byte outside the outputs has changed; the first page is for kernels that gather inputs there. */
function check(memory: WebAssembly.Memory, call: Call, spans: readonly Span[], words: number): void {
  const expected = new Uint32Array(words);
  for (let i = 0; i < words; i++) expected[i] = guardWord(i);
  const image = new Uint8Array(expected.buffer);
  if (gathers(call.name)) image.set(new Uint8Array(memory.buffer, 0, START));
  for (const span of spans) {
    const now = new Uint8Array(memory.buffer, span.address, span.data.byteLength);
    image.set(span.isInput ? bytesOf(span.data) : now, span.address);
  }
  const actual = Buffer.from(memory.buffer, 0, words * 4);
  if (actual.equals(image)) return;
  const at = image.findIndex((byte, i) => byte !== actual[i]);
  const span = spans.findLast(({ address }) => address <= at);
  const place = span
    ? `byte ${at - span.address} of ${span.name} (${span.data.byteLength} bytes)`
    : `byte ${at}`;
  throw new Error(`${call.name}: only outputs may change, got a write to ${place}`);
}

/** Puts a call's buffers into the build's memory. */
export function place({ memory, kernels }: Build, call: Call, skew = 0): Placed {
  const { spans, words } = layOut(call, skew);
  const missing = words * 4 - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 65536));
  const image = new Uint32Array(memory.buffer, 0, words);
  for (let i = 0; i < words; i++) image[i] = guardWord(i);
  for (const { address, data } of spans) new Uint8Array(memory.buffer, address).set(bytesOf(data));
  const at = (buffer: string): number => {
    const span = spans.find(({ name }) => name === buffer);
    if (!span) throw new Error(`${call.name}: a buffer must be declared, got ${buffer}`);
    return span.address;
  };
  const args = call.args(at);
  const kernel = kernels[call.name] as (...args: readonly number[]) => number | undefined;
  return {
    run: () => kernel(...args),
    read() {
      check(memory, call, spans, words);
      const outputs = spans.filter(({ isInput }) => !isInput);
      return Object.fromEntries(outputs.map((span) => [span.name, copyOut(memory, span)]));
    },
  };
}

/** Places, runs and reads; `outputs` holds the buffers afterwards. */
export function runGuarded(
  build: Build,
  call: Call,
  skew = 0,
): { result: number | undefined; outputs: Record<string, Data> } {
  const placed = place(build, call, skew);
  const result = placed.run();
  return { result, outputs: placed.read() };
}
