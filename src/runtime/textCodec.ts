/**
 * Bytes as printable ASCII for gzip: the most frequent values are one character each, the others two. Code takes as much under gzip as
 * the bytes themselves and 1.4 times that in base64, whose characters do not line up with bytes that repeat (the inference kernels: 11.2,
 * 11.2 and 15.7 KB); sparse weights 1.06 against 1.10.
 */

/** Not used: quotes, backslash, backtick, dollar, and `<`, which could end a script in a page. */
const LEFT_OUT = '"$\'<\\`';
/** Codes of all other printable characters but the blank. */
export const ALPHABET: readonly number[] = Array.from({ length: 94 }, (_, i) => 33 + i).filter(
  (code) => !LEFT_OUT.includes(String.fromCharCode(code)),
);
/** The first two begin a pair. */
const PREFIXES = 2;
const SINGLES = ALPHABET.length - PREFIXES;
const VALUES = 256;

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
  const first = new Uint8Array(VALUES);
  const second = new Uint8Array(VALUES); // 0 for values that are one character
  let [ones, pairs] = [0, 0];
  for (let value = 0; value < VALUES; value++) {
    if (single.has(value)) first[value] = ALPHABET[PREFIXES + ones++]!;
    else {
      first[value] = ALPHABET[Math.floor(pairs / ALPHABET.length)]!;
      second[value] = ALPHABET[pairs++ % ALPHABET.length]!;
    }
  }
  const digits = Array.from({ length: VALUES / 4 }, (_, i) =>
    [0, 1, 2, 3].reduce((digit, bit) => digit + (single.has(4 * i + bit) ? 1 << bit : 0), 0).toString(16),
  );
  const codes = new Uint8Array(2 * bytes.length);
  let length = 0;
  for (const byte of bytes) {
    codes[length++] = first[byte]!;
    if (second[byte] !== 0) codes[length++] = second[byte]!;
  }
  return { singles: digits.join(''), text: new TextDecoder().decode(codes.subarray(0, length)) };
}

/** What the decoders look a character up in: alone, behind `!`, behind `#`. */
export const TABLE_BYTES = 3 * 128;

/** The table of a text. */
export function tableOf(singles: string): Uint8Array {
  const table = new Uint8Array(TABLE_BYTES);
  let [ones, pairs, digit, part] = [PREFIXES, 0, 0, 128];
  // One plain loop: it runs once, before anything is compiled.
  for (let value = 0; value < VALUES; value++, digit >>= 1) {
    if ((value & 3) === 0) {
      const code = singles.charCodeAt(value >> 2);
      digit = code < 58 ? code - 48 : code - 87; // 0 to 9, a to f
    }
    if (digit & 1) table[ALPHABET[ones++]!] = value;
    else {
      table[part + ALPHABET[pairs++]!] = value;
      if (pairs === ALPHABET.length) [pairs, part] = [0, part + 128];
    }
  }
  return table;
}
