/** Walks through the code of a function, to find what it calls. WebAssembly core specification 2.0, section 5.4. */
import { Reader, unexpected } from './reader.js';

/** A call in the code of a function: the bytes of its target's number, and that number. */
export interface CallSite {
  readonly at: number;
  readonly end: number;
  readonly target: number;
}

const WHAT = 'instructions that take their own memory, locals and functions';
/** Results of blocks that need no entry among the types: none, and the value types v128, f64, f32, i64, i32. */
const PLAIN_BLOCKS = [0x40, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f];

const skipMemoryPlace = (code: Reader) => {
  code.skipNumber(); // alignment
  code.skipNumber(); // offset
};

/** What follows 0xfc: saturating conversions, memory.copy, memory.fill. */
function skipBulk(code: Reader): void {
  const kind = code.unsigned();
  if (kind <= 7) return;
  if (kind === 10) code.skip(2);
  else if (kind === 11) code.skip(1);
  else throw unexpected(WHAT, `0xfc ${kind}`);
}

/** What follows 0xfd: vectors. Relaxed ones are refused: they give other bits elsewhere. */
function skipVector(code: Reader): void {
  const kind = code.unsigned();
  if (kind <= 11 || kind === 92 || kind === 93) skipMemoryPlace(code);
  else if (kind === 12 || kind === 13) code.skip(16);
  else if (kind >= 21 && kind <= 34) code.skip(1);
  else if (kind >= 84 && kind <= 91) {
    skipMemoryPlace(code);
    code.skip(1);
  } else if (kind > 255) throw unexpected(WHAT, `0xfd ${kind}`);
}

/** Passes over what follows an operation code. */
function skipImmediates(code: Reader, operation: number): void {
  if (operation >= 0x02 && operation <= 0x04) {
    const block = code.byte();
    if (!PLAIN_BLOCKS.includes(block)) throw unexpected(WHAT, `a block of type ${block}`);
  } else if (operation === 0x0c || operation === 0x0d || (operation >= 0x20 && operation <= 0x22)) {
    code.skipNumber();
  } else if (operation === 0x0e) {
    code.vector(() => code.skipNumber());
    code.skipNumber();
  } else if (operation >= 0x28 && operation <= 0x3e) skipMemoryPlace(code);
  else if (operation === 0x41 || operation === 0x42) code.skipNumber();
  else if (operation === 0x43) code.skip(4);
  else if (operation === 0x44) code.skip(8);
  else if (operation === 0xfc) skipBulk(code);
  else if (operation === 0xfd) skipVector(code);
  else if (!alone(operation)) throw unexpected(WHAT, `0x${operation.toString(16)}`);
}

/** Operations with nothing behind them: control, drop and select, arithmetic. */
function alone(operation: number): boolean {
  if (operation <= 0x01 || operation === 0x05 || operation === 0x0b || operation === 0x0f) return true;
  return operation === 0x1a || operation === 0x1b || (operation >= 0x45 && operation <= 0xc4);
}

/** Calls in a function body (locals first, then code), in order. Throws an internal error on instructions it does not know. */
export function callsOf(body: Uint8Array): CallSite[] {
  const code = new Reader(body);
  code.vector(() => {
    code.skipNumber();
    code.byte();
  });
  const calls: CallSite[] = [];
  while (!code.done) {
    const operation = code.byte();
    if (operation === 0x10) {
      const { at } = code;
      const target = code.unsigned();
      calls.push({ at, end: code.at, target });
    } else skipImmediates(code, operation);
  }
  return calls;
}
