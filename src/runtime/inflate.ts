/** Bytes of a kernel module from the text that the build wrote: base64 of raw deflate. */

/** Node's zlib where there is one: DecompressionStream costs several milliseconds to start there. */
function nodeZlib(): typeof import('node:zlib') | undefined {
  return typeof process === 'object' && typeof process.getBuiltinModule === 'function'
    ? process.getBuiltinModule('node:zlib')
    : undefined;
}

/** Decodes base64, inflates, and checks the size. */
export async function inflate(text: string, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const zlib = nodeZlib();
  if (zlib) return new Uint8Array(zlib.inflateRawSync(packed, { maxOutputLength: size }));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
