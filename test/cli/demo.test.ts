import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoResult } from '../../src/report/index.js';
import { type Outcome, onlyJson, run, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const small = [
  '--data',
  'synthetic',
  '--epochs',
  '1',
  '--rounds',
  '2',
  '--retrain',
  '1',
  '--sparsity',
  '0.9',
];

describe('espalier demo', () => {
  let outcome: Outcome;
  const read = (name: string) => readFileSync(folder.path(`demo/${name}`));

  beforeAll(async () => {
    outcome = await run(['demo', ...small, '--out', folder.path('demo'), '--seed', '4', '--json']);
  }, 30_000);
  afterAll(folder.remove);

  it('ends with the object that API.md fixes', () => {
    expect(outcome.code).toBe(0);
    const result = onlyJson<DemoResult>(outcome);
    expect(Object.keys(result)).toEqual(['seconds', 'dense', 'sparse', 'bench']);
    expect(Object.keys(result.dense)).toEqual(['accuracy', 'parameters', 'bytes']);
    expect(Object.keys(result.sparse)).toEqual(['accuracy', 'sparsity', 'parameters', 'bytes']);
    expect(result.bench.map((row) => Object.keys(row))).toEqual(
      [1, 2, 3].map(() => ['batch', 'denseMicros', 'sparseMicros', 'speedup']),
    );
    expect(result.bench.map(({ batch }) => batch)).toEqual([1, 32, 256]);
    expect(result.dense.parameters).toBe(266_610);
    expect(result.sparse.sparsity).toBeCloseTo(0.9, 5);
    expect(result.sparse.parameters).toBe(26_620 + 410);
  });

  it('leaves exactly its four files, of the sizes it tells', () => {
    const names = ['dense.safetensors', 'report.html', 'result.json', 'sparse.safetensors'];
    expect(readdirSync(folder.path('demo')).sort()).toEqual(names);
    const { dense, sparse } = onlyJson<DemoResult>(outcome);
    expect(read('dense.safetensors').length).toBe(dense.bytes);
    expect(read('sparse.safetensors').length).toBe(sparse.bytes);
  });

  it('writes a result that the report can show', () => {
    const result = JSON.parse(read('result.json').toString()) as DemoResult;
    expect(result.training.map(({ name }) => name)).toEqual(['dense', 'round 1 (68 %)', 'round 2 (90 %)']);
    expect(result.rounds).toHaveLength(2);
    expect(result.pixels).toHaveLength(784);
    expect(result.layers.reduce((sum, { live }) => sum + live, 0)).toBeLessThanOrEqual(26_620);
    expect(result.command).toBe(
      'espalier demo --seed 4 --data synthetic --epochs 1 --rounds 2 --retrain 1 --sparsity 0.9',
    );
    const html = read('report.html').toString();
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain('Espalier demo');
    expect(html).not.toContain('NaN');
  });

  it('saves the dense model as it was before pruning', async () => {
    const live = async (name: string) =>
      onlyJson<{ live: number }>(await run(['inspect', folder.path(`demo/${name}.safetensors`), '--json']))
        .live;
    expect(await live('dense')).toBe(266_610);
    expect(await live('sparse')).toBe(27_030);
  });

  it('keeps the table for people off stdout with --json', () => {
    expect(outcome.stderr).toMatch(/test accuracy +\d/);
    expect(outcome.stderr).toContain('1/4  Loading synthetic');
  });
});
