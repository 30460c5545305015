import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlyJson, run, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const [model, pruned] = [folder.path('model.safetensors'), folder.path('pruned.safetensors')];
const synthetic = ['--data', 'synthetic'];

describe('report', () => {
  beforeAll(async () => {
    await run(['train', '--layers', '16', '--epochs', '4', '--out', model, ...synthetic]);
  });
  afterAll(folder.remove);

  it('of prune shows rounds, masks and scores', async () => {
    const page = folder.path('pages/prune.html');
    const how = ['--sparsity', '0.9', '--rounds', '2', '--epochs', '1', '--out', pruned];
    const { code } = await run(['prune', model, ...how, '--report', page, ...synthetic]);
    expect(code).toBe(0);
    const html = readFileSync(page, 'utf8');
    for (const heading of ['Rounds', 'What is left', 'Masks', 'Scores and cuts']) {
      expect(html).toContain(`>${heading}</h2>`);
    }
  });

  it('writes a page on a model file, and prints the tables', async () => {
    const out = folder.path('page.html');
    const { code, stdout } = await run([
      ...['report', pruned, '--out', out, '--sensitivity', '--samples', '100'],
      ...synthetic,
    ]);
    expect(code).toBe(0);
    const html = readFileSync(out, 'utf8');
    for (const heading of ['Accuracy and cost', 'What is left', 'Masks', 'Sensitivity of layers']) {
      expect(html).toContain(`>${heading}</h2>`);
    }
    for (const text of ['dense ', 'pruned ', 'effective', 'accuracy with one layer pruned', `wrote ${out}`]) {
      expect(stdout).toContain(text);
    }
  });

  it('is headed by the name of the file without its folders', async () => {
    for (const [file, rest] of [
      [pruned, '90.00\u00a0% of the weights pruned'],
      [model, '12,704 weights, none pruned'],
    ] as const) {
      const out = folder.path('names.html');
      await run(['report', file, '--out', out, ...synthetic]);
      const heading = /<h1>([^<]*)<\/h1>/.exec(readFileSync(out, 'utf8'))![1];
      expect(heading).toBe(`${basename(file)}: ${rest}`);
    }
  });

  it('of a structural pruning counts from where it began', async () => {
    const page = folder.path('neurons.html');
    const how = ['--structure', 'neuron', '--sparsity', '0.5', '--rounds', '2', '--epochs', '0'];
    const smaller = folder.path('smaller.safetensors');
    await run(['prune', model, ...how, '--out', smaller, '--report', page, ...synthetic]);
    const html = readFileSync(page, 'utf8').replaceAll('\u00a0', ' ');
    expect(html).toContain('<h1>50 % of the weights gone (50 % of the neurons) in 2 rounds</h1>');
    expect(html).toContain('<dd class="big">6,352</dd><dd class="small">of 12,704</dd>');
  });

  it('prints the same as JSON', async () => {
    const out = folder.path('json.html');
    const found = onlyJson<{
      tradeOffs: { label: string; micros: object[] }[];
      liveness: { layers: object[] };
      sensitivity?: object;
    }>(await run(['report', pruned, '--out', out, '--json', ...synthetic]));
    expect(found.tradeOffs.map(({ label }) => label)).toEqual(['dense', 'pruned']);
    expect(found.tradeOffs[1]!.micros).toHaveLength(2);
    expect(found.liveness.layers).toHaveLength(2);
    expect(found.sensitivity).toBeUndefined();
    expect(existsSync(out)).toBe(true);
  });

  it('names the option at fault before any work', async () => {
    const { code, stderr } = await run(['report', pruned, '--samples', '0', ...synthetic]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('--samples must be a whole number >= 1');
  });
});
