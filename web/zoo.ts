/** The ready models: fetched and compiled when first asked for, once. */
import { loadSession, type Session } from 'espalier/session';
import type { Entry, StructureKey } from './manifest.js';
import manifest from './models/manifest.json';

/** All ready models. */
export const entries = manifest as readonly Entry[];

/** Shares of zeros that the slider stops at. */
export const stops = [...new Set(entries.map(({ sparsity }) => sparsity))];

/** The one that nothing was cut from. */
export const dense = entries.find(({ sparsity }) => sparsity === 0)!;

/** The entry at a stop; without zeros, both structures are the same. */
export function entryOf(sparsity: number, structure: StructureKey): Entry {
  const found = entries.find((entry) => entry.sparsity === sparsity && entry.structure === structure);
  return found ?? dense;
}

const files = new Map<string, Promise<Uint8Array>>();

async function download(file: string): Promise<Uint8Array> {
  const response = await fetch(`models/${file}`).catch((cause) => {
    throw new Error(`models/${file} could not be fetched; is there a network?`, { cause });
  });
  if (!response.ok) throw new Error(`models/${file} must be there, got status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Bytes of a model file. */
export function bytesOf({ file }: Entry): Promise<Uint8Array> {
  const found = files.get(file);
  if (found) return found;
  const bytes = download(file);
  files.set(file, bytes);
  bytes.catch(() => files.delete(file)); // the next call tries anew
  return bytes;
}

const sessions = new Map<string, Promise<Session>>();

/** The model compiled for one digit at a time; `dense` multiplies by every weight, zero or not. */
export function sessionOf(entry: Entry, kernels: 'auto' | 'dense'): Promise<Session> {
  const key = `${entry.file} ${kernels}`;
  const found = sessions.get(key);
  if (found) return found;
  const session = bytesOf(entry).then((bytes) => loadSession(bytes, { batch: 1, kernels }));
  sessions.set(key, session);
  session.catch(() => sessions.delete(key));
  return session;
}
