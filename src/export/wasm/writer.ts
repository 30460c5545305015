/** Writes the binary format of WebAssembly: LEB128 numbers, vectors, sections. */

/** Bytes to be. */
export type Bytes = readonly number[] | Uint8Array;

/** All of them, one after the other. */
export function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A whole number from 0 to 2^32 - 1. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return bytes;
}

/** A whole number as 32 bits with a sign. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let left = value | 0;
  for (; left > 63 || left < -64; left >>= 7) bytes.push((left & 127) | 128);
  bytes.push(left & 127);
  return bytes;
}

/** A number as float32. */
export function float32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return bytes;
}

/** How many, then all of them. */
export const vector = (items: readonly Bytes[]): Uint8Array => joined([unsigned(items.length), ...items]);

/** How many bytes, then these. */
export const sized = (bytes: Bytes): Uint8Array => joined([unsigned(bytes.length), bytes]);

export const text = (characters: string): Uint8Array => sized(new TextEncoder().encode(characters));

export const section = (id: number, content: Bytes): Uint8Array => joined([[id], sized(content)]);
