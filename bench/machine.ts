import { cpus } from 'node:os';

/** One line about where figures were measured. */
export function machine(): string {
  const list = cpus();
  return `${list[0]?.model.trim() ?? 'unknown processor'}, ${list.length} cores, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}
