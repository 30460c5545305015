/**
 * Bytes as printable ASCII that gzip makes as small as the bytes themselves: the most frequent values are one character each, the
 * others two. Base64 costs 4/3 even under gzip, as its characters do not line up with bytes that repeat.
 */

/** Printable characters without blank, quotes, backslash, backtick, dollar, and `<`, which could end a script in a page. */
const LEFT_OUT = '"$\'<\\`';
const ALPHABET = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter(
  (character) => !LEFT_OUT.includes(character),
);
/** The first two begin a pair. */
const PREFIXES = 2;
const SINGLES = ALPHABET.length - PREFIXES;
const VALUES = 256;
/** Bytes that become text at a time. */
const PIECE = 8192;

/** Text, and which values are one character: 256 bits as hexadecimal digits, the lowest value in the lowest bit of the first. */
export interface EncodedBytes {
  readonly singles: string;
  readonly text: string;
}

/** The most frequent values; of equally frequent ones the lower. */
function singlesOf(bytes: Uint8Array): Set<number> {
  const counts = new Uint32Array(VALUES);
  for (const byte of bytes) counts[byte]!++;
  const order = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b);
  return new Set(order.slice(0, SINGLES));
}

/** Encodes bytes; the same bytes give the same text. */
export function encodeText(bytes: Uint8Array): EncodedBytes {
  const single = singlesOf(bytes);
  let [ones, pairs] = [0, 0];
  const codes = Array.from({ length: VALUES }, (_, value) => {
    if (single.has(value)) return ALPHABET[PREFIXES + ones++]!;
    const code = ALPHABET[Math.floor(pairs / ALPHABET.length)]! + ALPHABET[pairs % ALPHABET.length]!;
    pairs++;
    return code;
  });
  const digits = Array.from({ length: VALUES / 4 }, (_, i) =>
    [0, 1, 2, 3].reduce((digit, bit) => digit + (single.has(4 * i + bit) ? 1 << bit : 0), 0).toString(16),
  );
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(Array.from(bytes.subarray(at, at + PIECE), (byte) => codes[byte]!).join(''));
  }
  return { singles: digits.join(''), text: pieces.join('') };
}

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
