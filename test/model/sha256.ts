/** SHA-256 of bytes that come piece by piece, by what browsers and Node both have. */
export class Sha256 {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];

  /** Bytes, or text as UTF-8; copied. */
  update(piece: Uint8Array | string): this {
    this.#pieces.push(typeof piece === 'string' ? new TextEncoder().encode(piece) : new Uint8Array(piece));
    return this;
  }

  /** In hexadecimal digits. */
  async hex(): Promise<string> {
    const all = await new Blob(this.#pieces).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
