/**
 * Bytes of a module from the text that the build wrote (src/runtime/textCodec.ts): a loop over tens of thousands of characters
 * that JavaScript, not yet compiled, would take milliseconds for. A module of its own, since it comes before all others.
 */

/** Decodes the characters in [text, end) to `out` by a table of 3 x 128 bytes; returns where the bytes end. */
export function decode(out: usize, text: usize, end: usize, table: usize): usize {
  while (text < end) {
    let code: usize = load<u8>(text++);
    // `!` and `#` begin a pair: the second and third part of the table.
    if (code == 33) code = 128 + <usize>load<u8>(text++);
    else if (code == 35) code = 256 + <usize>load<u8>(text++);
    store<u8>(out++, load<u8>(table + code));
  }
  return out;
}
