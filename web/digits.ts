/** Digits as they are shipped: one gzipped file of labels, then pixels; fetched when first asked for. */
import type { Digits } from './messages.js';

const PIXELS = 784;

async function load(url: string): Promise<Digits> {
  const response = await fetch(url).catch((cause) => {
    throw new Error(`${url} could not be fetched; is there a network?`, { cause });
  });
  if (!response.ok || !response.body) throw new Error(`${url} must be there, got status ${response.status}`);
  const stream = response.body.pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = bytes.length / (PIXELS + 1);
  if (!Number.isInteger(count)) throw new Error(`${url} must hold whole digits, got ${bytes.length} bytes`);
  return { labels: bytes.slice(0, count), images: bytes.slice(count) };
}

const loaded = new Map<string, Promise<Digits>>();

/** `test`: 300 of the official test set; `train`: 10,000 to train and test with in the page. */
export function digits(name: 'test' | 'train'): Promise<Digits> {
  const found = loaded.get(name);
  if (found) return found;
  const digits = load(`digits/${name}.bin`);
  loaded.set(name, digits);
  digits.catch(() => loaded.delete(name)); // the next call tries anew
  return digits;
}

/** One of them at random, pixels from 0 to 1. */
export function pickOne(
  { images, labels }: Digits,
  random = Math.random,
): { label: number; pixels: Float32Array } {
  const i = Math.floor(random() * labels.length);
  const bytes = images.subarray(i * PIXELS, (i + 1) * PIXELS);
  return { label: labels[i]!, pixels: Float32Array.from(bytes, (byte) => byte / 255) };
}
