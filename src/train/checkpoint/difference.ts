/** Where two descriptions part, in words. */
import type { CheckpointValue } from '../../io/state.js';

/** Longer values are cut to what stands around their difference. */
const SHOWN = 100;

type Value = CheckpointValue | undefined;
type Fields = Readonly<Record<string, CheckpointValue>>;

const isObject = (value: Value): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldOf = (fields: Fields, key: string): Value =>
  Object.hasOwn(fields, key) ? fields[key] : undefined;

const plain = (value: Value): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

const textOf = (value: Value) =>
  value === undefined ? 'nothing' : JSON.stringify(value, (_, entry: Value) => plain(entry));

/** Both, from a little before they part. */
function shown(there: Value, here: Value): [string, string] {
  const texts: [string, string] = [textOf(there), textOf(here)];
  const [a, b] = texts;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same++;
  const first = Math.max(0, same - SHOWN / 2);
  const cut = (text: string) =>
    text.length <= SHOWN
      ? text
      : `${first > 0 ? '...' : ''}${text.slice(first, first + SHOWN)}${first + SHOWN < text.length ? '...' : ''}`;
  return [cut(a), cut(b)];
}

/** What was made of options is called as they are: `optimizer.beta1`, not `optimizer.options.beta1`. */
const inside = (path: string, key: string) =>
  key === 'options' || path === '' ? path || key : `${path}.${key}`;

function ofFields(path: string, there: Fields, here: Fields): string[] {
  const other = fieldOf(there, 'kind') !== fieldOf(here, 'kind');
  const keys = other ? ['kind'] : [...new Set([...Object.keys(there), ...Object.keys(here)])];
  return keys.flatMap((key) => differences(inside(path, key), fieldOf(there, key), fieldOf(here, key)));
}

/** Every place where two values differ, such as `optimizer.learningRate: 0.1 there, 0.2 here`; of a list the first one. */
export function differences(path: string, there: Value, here: Value): string[] {
  if (isObject(there) && isObject(here)) return ofFields(path, there, here);
  if (Array.isArray(there) && Array.isArray(here)) {
    for (let i = 0; i < Math.max(there.length, here.length); i++) {
      const found = differences(`${path}[${i}]`, there[i] as Value, here[i] as Value);
      if (found.length > 0) return found;
    }
    return [];
  }
  if (Object.is(there, here)) return [];
  const [before, now] = shown(there, here);
  return [`${path}: ${before} there, ${now} here`];
}
