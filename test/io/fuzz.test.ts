import { expect, test } from 'vitest';
import { FormatError } from '../../src/errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import type { NamedTensor } from '../../src/io/tensors.js';
import { randomIntegers } from './support.js';

const MUTANTS = 200_000;

const seedFile = encodeSafetensors(
  [
    { name: 'w.values', dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, -2, 3, 4, 5, 6) },
    { name: 'w.gaps', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 255, 2) },
    { name: 'é"\n', dtype: 'I32', shape: [], data: Int32Array.of(7) },
    { name: 'none', dtype: 'U16', shape: [0, 4], data: new Uint16Array(0) },
  ] satisfies NamedTensor[],
  { format: 'espalier', note: 'a\\b' },
);

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  '0',
  '-',
  '1e9',
  '99999999999999999999',
  'null',
  ' ',
  '__metadata__',
].map((token) => new TextEncoder().encode(token));

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length - removed + inserted.length);
  out.set(bytes.subarray(0, at));
  out.set(inserted, at);
  out.set(bytes.subarray(at + removed), at + inserted.length);
  return out;
}

/** One to three edits: a byte, a token, a copied or removed run; the declared length follows half of the time. */
function mutate(random: () => number): Uint8Array {
  let bytes = new Uint8Array(seedFile) as Uint8Array;
  const headerEnd = 8 + seedFile[0]! + 256 * seedFile[1]!;
  for (let edits = 1 + (random() % 3); edits > 0; edits--) {
    const at = 8 + (random() % (headerEnd - 8));
    const run = Math.min(random() % 12, Math.max(0, bytes.length - at));
    const kind = random() % 5;
    if (kind === 0) bytes[at % bytes.length] = random() & 255;
    else if (kind === 1)
      bytes = splice(bytes, Math.min(at, bytes.length), 0, TOKENS[random() % TOKENS.length]!);
    else if (kind === 2) bytes = splice(bytes, Math.min(at, bytes.length), run, new Uint8Array(0));
    else if (kind === 3) bytes = splice(bytes, Math.min(at, bytes.length), 0, bytes.slice(at, at + run));
    else bytes[random() % 8] = random() & 3;
  }
  if (random() % 2 === 0) {
    const length = headerEnd - 8 + bytes.length - seedFile.length;
    new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, length)), true);
  }
  return bytes;
}

test('200,000 mutated headers are read, or refused with FormatError, and what is read can be written', () => {
  const random = randomIntegers(2463534242);
  let accepted = 0;
  const reasons = new Set<string>();
  for (let i = 0; i < MUTANTS; i++) {
    const mutant = mutate(random);
    try {
      const { tensors, metadata } = decodeSafetensors(mutant);
      const again = encodeSafetensors([...tensors.values()], metadata);
      expect(decodeSafetensors(again).tensors.size).toBe(tensors.size);
      accepted++;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      reasons.add(error.message.replace(/\d+|".*"/g, '_'));
    }
  }
  // Otherwise the mutants would be too wild or too tame to tell anything.
  expect(accepted).toBeGreaterThan(MUTANTS / 100);
  expect(accepted).toBeLessThan(MUTANTS / 2);
  expect(reasons.size).toBeGreaterThan(25);
}, 120_000);
