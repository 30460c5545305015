import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadMnist } from '../../datasets/index.js';
import { loadModel } from '../../src/index.js';
import type { Entry } from '../../web/manifest.js';
import manifest from '../../web/models/manifest.json';

const folder = resolve(import.meta.dirname, '../../web/models');
const entries = manifest as readonly Entry[];
const bytesOf = ({ file }: Entry) => readFileSync(join(folder, file));

test('the ready models are those of the manifest: every stop, both structures, below 4 MB', () => {
  const names = entries.map(({ sparsity, structure }) => `${sparsity} ${structure}`);
  const stops = [0.5, 0.8, 0.9, 0.95, 0.98, 0.99];
  const both = ['weight', 'block'].flatMap((structure) =>
    stops.map((sparsity) => `${sparsity} ${structure}`),
  );
  expect(names).toEqual(['0 weight', ...both]);
  expect(readdirSync(folder).sort()).toEqual([...entries.map(({ file }) => file), 'manifest.json'].sort());
  expect(entries.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(4e6);
});

test('their bytes are those of the manifest', () => {
  for (const entry of entries) {
    const bytes = bytesOf(entry);
    expect(bytes.length, entry.file).toBe(entry.bytes);
    expect(createHash('sha256').update(bytes).digest('hex'), entry.file).toBe(entry.sha256);
  }
});

test('they are as sparse and as accurate on the official test set as the manifest says', async () => {
  const { images, labels } = (await loadMnist()).test;
  for (const entry of entries) {
    const model = await loadModel(bytesOf(entry));
    const weights = model.layers.flatMap(({ weight }) => weight ?? []);
    const live = weights.reduce((sum, { data }) => sum + data.filter((value) => value !== 0).length, 0);
    expect(live, entry.file).toBe(entry.weights);
    expect(Math.abs(1 - live / 266_200 - entry.sparsity), entry.file).toBeLessThan(0.001);
    expect((await model.evaluate(images, labels)).accuracy, entry.file).toBe(entry.accuracy);
    model.dispose();
  }
}, 60_000);
