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

/** Those that came as something else, such as the page of a portal: no cache is asked for them again. */
const spoiled = new Set<string>();

async function download({ file, bytes: size }: Entry): Promise<Uint8Array> {
  const cache = spoiled.has(file) ? 'reload' : 'default';
  const response = await fetch(`models/${file}`, { cache }).catch((cause) => {
    throw new Error(`models/${file} could not be fetched; is there a network?`, { cause });
  });
  if (!response.ok) throw new Error(`models/${file} must be there, got status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === size) return bytes;
  spoiled.add(file);
  throw new Error(`models/${file} must have ${size} bytes, got ${bytes.length}`);
}

/** Bytes of a model file. */
export function bytesOf(entry: Entry): Promise<Uint8Array> {
  const { file } = entry;
  const found = files.get(file);
  if (found) return found;
  const bytes = download(entry);
  files.set(file, bytes);
  bytes.catch(() => files.delete(file)); // the next call tries anew
  return bytes;
}

/** What is wrong with its bytes is no reason to keep them. */
async function open(entry: Entry, kernels: 'auto' | 'dense'): Promise<Session> {
  const bytes = await bytesOf(entry);
  try {
    return await loadSession(bytes, { batch: 1, kernels });
  } catch (cause) {
    files.delete(entry.file);
    spoiled.add(entry.file);
    throw new Error(`models/${entry.file} cannot be used: ${(cause as Error).message}`, { cause });
  }
}

const sessions = new Map<string, Promise<Session>>();

/** The model compiled for one digit at a time; `dense` multiplies by every weight, zero or not. */
export function sessionOf(entry: Entry, kernels: 'auto' | 'dense'): Promise<Session> {
  const key = `${entry.file} ${kernels}`;
  const found = sessions.get(key);
  if (found) return found;
  const session = open(entry, kernels);
  sessions.set(key, session);
  session.catch(() => sessions.delete(key));
  return session;
}
