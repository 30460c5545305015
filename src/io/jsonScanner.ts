/**
 * A strict reader of JSON text that stands in for JSON.parse, which keeps the last of two equal keys, rounds large
 * integers and recurses. The caller drives it by the grammar it expects; nothing here depends on nesting depth.
 */
import { FormatError } from '../errors.js';
import { hasLoneSurrogate } from './tensors.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `text` in quotes, cut short for a message: a hostile name may be a megabyte long. */
export function clip(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** Reads one JSON text from left to right; every failure is a FormatError naming the byte in the file. */
export class JsonScanner {
  readonly #where: string;
  readonly #text: string;
  readonly #firstByte: number;
  #at = 0;

  /** `firstByte` is the offset of `text` in the file, for messages. */
  constructor(where: string, text: string, firstByte: number) {
    this.#where = where;
    this.#text = text;
    this.#firstByte = firstByte;
  }

  /** Throws `where: byte n: rule, got value`; the value is the text that follows unless given. */
  fail(rule: string, got?: string, at = this.#at): never {
    const byte = this.#firstByte + new TextEncoder().encode(this.#text.slice(0, at)).length;
    const value =
      got ?? (at < this.#text.length ? clip(this.#text.slice(at, at + 20)) : 'the end of the header');
    throw new FormatError(`${this.#where}: byte ${byte}: ${rule}, got ${value}`);
  }

  /** Offset of the next token, to point `fail` at it later. */
  position(): number {
    this.#skipSpace();
    return this.#at;
  }

  /** Reads an object; `readValue` must read the value of the key it is given. Equal keys are refused. */
  object(noun: string, readValue: (key: string, keyAt: number) => void): void {
    const keys = new Set<string>();
    this.#list(noun, '{', '}', () => {
      const keyAt = this.position();
      const key = this.string('key');
      if (keys.has(key)) this.fail('keys must not repeat', clip(key), keyAt);
      keys.add(key);
      if (!this.#accept(':')) this.fail('a key must be followed by :');
      readValue(key, keyAt);
    });
  }

  /** Reads an array of whole numbers in [0, 2^53). */
  integers(noun: string): number[] {
    const numbers: number[] = [];
    this.#list(noun, '[', ']', () => numbers.push(this.#integer()));
    return numbers;
  }

  /** Reads a string. */
  string(noun: string): string {
    const begin = this.position();
    const text = this.#text;
    if (text.charCodeAt(begin) !== QUOTE) this.fail(`${noun} must be a string`);
    let end = begin + 1;
    while (end < text.length && text.charCodeAt(end) !== QUOTE)
      end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
    if (end >= text.length) this.fail(`${noun} must be a closed string`);
    this.#at = end + 1;
    const value = this.#unescape(text.slice(begin, end + 1), noun, begin);
    if (hasLoneSurrogate(value)) this.fail(`${noun} must be well-formed text`, clip(value), begin);
    return value;
  }

  /** Throws unless only white space is left. */
  end(): void {
    if (this.position() < this.#text.length) this.fail('nothing but spaces may follow the header object');
  }

  #unescape(quoted: string, noun: string, at: number): string {
    try {
      return JSON.parse(quoted) as string;
    } catch {
      this.fail(`${noun} must be a JSON string`, clip(quoted), at);
    }
  }

  #integer(): number {
    const begin = this.position();
    // Digits alone first: a regular expression takes longer to compile than a header to read.
    let [end, number] = [begin, 0];
    for (; end < begin + 15; end++) {
      const digit = this.#text.charCodeAt(end) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      number = number * 10 + digit;
    }
    const plain = end > begin && (number > 0 ? this.#text[begin] !== '0' : end === begin + 1);
    if (plain && ',]'.includes(this.#text[end] ?? '?')) {
      this.#at = end;
      return number;
    }
    const token = /^[-+.\w]*/.exec(this.#text.slice(begin, begin + 24))![0];
    const value = Number(token);
    if (!/^(0|[1-9]\d*)$/.test(token) || !Number.isSafeInteger(value)) {
      this.fail('numbers must be whole, >= 0 and below 2^53', token === '' ? undefined : clip(token));
    }
    this.#at = begin + token.length;
    return value;
  }

  #list(noun: string, open: string, close: string, readItem: () => void): void {
    if (!this.#accept(open)) this.fail(`${noun} must start with ${open}`);
    if (this.#accept(close)) return;
    do readItem();
    while (this.#accept(','));
    if (!this.#accept(close)) this.fail(`${noun} must go on with , or end with ${close}`);
  }

  #accept(character: string): boolean {
    const found = this.#text[this.position()] === character;
    if (found) this.#at++;
    return found;
  }

  #skipSpace(): void {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? '?')) this.#at++;
  }
}
