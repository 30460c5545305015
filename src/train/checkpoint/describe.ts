/** Options as plain data, to tell one run from another. */
import type { CheckpointValue } from '../../io/state.js';

/** Nothing that options hold goes deeper. */
const MAX_DEPTH = 6;

function describeObject(value: object, depth: number): CheckpointValue {
  const own = value as Record<string, unknown>;
  // What is made of options is told by them alone.
  const told = own.options === undefined ? own : { kind: own.kind, options: own.options };
  const entries = Object.entries(told).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(
    entries
      .map(([key, entry]) => [key.replace(/^\$/, ''), describe(entry, depth + 1)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/**
 * Options, or what was made of them (`kind` and `options`), as plain data: equal for equal ones. Of functions and arrays of
 * numbers only this much is told: that there is one, and its length.
 */
export function describe(value: unknown, depth = 0): CheckpointValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'function') return 'a function';
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name}(${(value as unknown as ArrayLike<number>).length})`;
  }
  if (depth > MAX_DEPTH || typeof value !== 'object') return String(typeof value);
  if (Array.isArray(value)) return value.map((entry) => describe(entry, depth + 1));
  return describeObject(value, depth);
}
