/** Structures of pruning as words on the command line. */
import { OptionError } from '../errors.js';
import { expectOneOf, show } from '../options.js';
import { block, nm, type Structure, type StructureName, structures } from '../prune/structures/index.js';

/** `4x1` is block(4, 1), `2:4` is nm(2, 4), others go by name. Throws OptionError. */
export function parseStructure(where: string, text: string): Structure {
  const [, rows, columns] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (rows && columns) return block(Number(rows), Number(columns));
  const [, n, m] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (n && m) return nm(Number(n), Number(m));
  if (/\d/.test(text)) {
    throw new OptionError(
      `${where}: --structure must be a name, blocks such as 4x1, or N:M such as 2:4, got ${show(text)}`,
    );
  }
  const names = Object.keys(structures) as StructureName[];
  return structures[expectOneOf(where, '--structure', text, names)];
}
