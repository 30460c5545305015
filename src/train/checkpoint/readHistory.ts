import type { History } from '../callbacks/callback.js';
import { emptyHistory } from '../history.js';
import { fieldsOf, listOf, refuse } from './read.js';

/** The history of a fit of at most so many epochs. Throws FormatError. */
export function readHistory(value: unknown, epochs: number): History {
  const fields = fieldsOf('history', value);
  const history = emptyHistory();
  for (const [name, list] of Object.entries(history) as [keyof History, (number | string)[]][]) {
    const type = name === 'storage' ? 'string' : 'number';
    const given = listOf(`history.${name}`, fields[name]);
    if (given.length > epochs || given.some((entry) => typeof entry !== type))
      refuse(`history.${name}`, given);
    list.push(...(given as (number | string)[]));
  }
  return history;
}
