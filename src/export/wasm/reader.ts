/** Reads the binary format of WebAssembly: bytes and LEB128 numbers, one after the other. */
import { EspalierError } from '../../errors.js';

/** What a kernel module may hold ends here: our own build changed, and this has to follow. */
export function unexpected(what: string, got: string | number): EspalierError {
  return new EspalierError('INTERNAL', `exportModule: kernels must be made of ${what}, got ${got}`);
}

/** A place in a module. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    if (this.done) throw unexpected('whole sections', 'an end in their midst');
    return this.bytes[this.at++]!;
  }

  /** An unsigned number below 2^32. */
  unsigned(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** Passes over a number of either sign. */
  skipNumber(): void {
    while (this.byte() >= 128);
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.bytes.length) throw unexpected('whole sections', 'an end in their midst');
  }

  take(count: number): Uint8Array {
    const { at } = this;
    this.skip(count);
    return this.bytes.subarray(at, this.at);
  }

  /** A vector: its length, then that many items. */
  vector<T>(item: () => T): T[] {
    return Array.from({ length: this.unsigned() }, item);
  }

  text(): string {
    return new TextDecoder().decode(this.take(this.unsigned()));
  }
}
