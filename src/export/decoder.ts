/** How a file decodes its own text. */
import { ALPHABET } from '../runtime/textCodec.js';

/**
 * Source of `decodeText(singles, text, length)`, for files that hold encoded bytes. One table for characters alone and behind either
 * prefix, and bytes in place of characters: it runs once, before anything is optimized.
 */
export const DECODER = `function decodeText(singles, text, length) {
  const [ones, others] = [[], []];
  for (let v = 0; v < 256; v++) ((parseInt(singles[v >> 2], 16) >> (v & 3)) & 1 ? ones : others).push(v);
  const values = new Uint8Array(384);
  for (let code = 33, i = 0; code < 127; code++) {
    if ([34, 36, 39, 60, 92, 96].includes(code)) continue;
    values[code] = ones[i - 2];
    values[128 + code] = others[i];
    values[256 + code] = others[${ALPHABET.length} + i++];
  }
  const bytes = new TextEncoder().encode(text);
  for (let i = 0, at = 0; at < length; at++) {
    let code = bytes[i++];
    if (code === 33) code = 128 + bytes[i++];
    else if (code === 35) code = 256 + bytes[i++];
    bytes[at] = values[code];
  }
  return bytes.subarray(0, length);
}`;
