/** Checks of user-given options, shared by every public function. */
import { OptionError } from './errors.js';

/** Edits (insert, delete, replace) that turn `a` into `b`; Levenshtein 1966. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(change, previous[j]! + 1, current[j - 1]! + 1);
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** The allowed name closest to `name`, or undefined when none is near. */
export function nearestName(name: string, allowed: readonly string[]): string | undefined {
  const distance = (other: string) => editDistance(name.toLowerCase(), other.toLowerCase());
  const best = [...allowed].sort((a, b) => distance(a) - distance(b))[0];
  return best !== undefined && distance(best) <= Math.max(2, name.length / 3) ? best : undefined;
}

/** Short text form of any value, for error messages. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name}(${(value as Uint8Array).length ?? value.byteLength})`;
  }
  if (Array.isArray(value))
    return value.length > 8 ? `an array of ${value.length}` : `[${value.map(show).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const kind = value.constructor?.name ?? 'Object';
    return kind === 'Object'
      ? `{${Object.keys(value).slice(0, 6).join(', ')}}`
      : `an object of class ${kind}`;
  }
  return String(value);
}

function unknownName(where: string, noun: string, name: string, allowed: readonly string[]): OptionError {
  const near = nearestName(name, allowed);
  const hint = near === undefined ? '' : ` (did you mean ${show(near)}?)`;
  return new OptionError(`${where}: ${noun} must be one of ${allowed.join(', ')}, got ${show(name)}${hint}`);
}

/** Throws unless `options` is an object whose keys are all in `allowed`. */
export function expectOptions(where: string, options: unknown, allowed: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OptionError(`${where}: options must be an object, got ${show(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (!allowed.includes(key)) throw unknownName(where, 'option', key, allowed);
  }
}

/** Throws unless `value` is one of `allowed`. */
export function expectOneOf<T extends string>(
  where: string,
  noun: string,
  value: unknown,
  allowed: readonly T[],
): T {
  if (!allowed.includes(value as T)) {
    if (typeof value === 'string') throw unknownName(where, noun, value, allowed);
    throw new OptionError(`${where}: ${noun} must be one of ${allowed.join(', ')}, got ${show(value)}`);
  }
  return value as T;
}

/** Throws unless `value` is a whole number of at least `least`. */
export function expectInteger(where: string, name: string, value: unknown, least = 1): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    const range = Number.isInteger(value) && (value as number) > least ? ' and < 2^53' : '';
    throw new OptionError(`${where}: ${name} must be a whole number >= ${least}${range}, got ${show(value)}`);
  }
  return value as number;
}

/** Throws unless `value` is a finite number in [low, high]. */
export function expectNumber(
  where: string,
  name: string,
  value: unknown,
  low = -Infinity,
  high = Infinity,
): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < low || value > high) {
    const range =
      low === -Infinity && high === Infinity
        ? 'a finite number'
        : high === Infinity
          ? `a number >= ${low}`
          : `in [${low}, ${high}]`;
    throw new OptionError(`${where}: ${name} must be ${range}, got ${show(value)}`);
  }
  return value;
}

/** Throws unless `value` is a boolean. */
export function expectBoolean(where: string, name: string, value: unknown): boolean {
  if (typeof value !== 'boolean')
    throw new OptionError(`${where}: ${name} must be true or false, got ${show(value)}`);
  return value;
}
