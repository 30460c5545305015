/** A small, plausible demo result, and checks that every chart has to pass. */
import { expect } from 'vitest';
import type { DemoResult, EpochSeries } from '../../src/report/index.js';

function epochs(count: number, sparsity: number): EpochSeries {
  const series = (f: (i: number) => number) => Array.from({ length: count }, (_, i) => f(i));
  return {
    loss: series((i) => 0.4 / (i + 1)),
    accuracy: series((i) => 1 - 0.1 / (i + 1)),
    valLoss: series((i) => 0.3 / (i + 1)),
    valAccuracy: series((i) => 0.98 - 0.05 / (i + 1)),
    sparsity: series(() => sparsity),
    learningRate: series(() => 0.001),
    samplesPerSecond: series((i) => 40000 + i),
  };
}

/** The sample; `changes` replaces whole fields. */
export function sampleResult(changes: Partial<DemoResult> = {}): DemoResult {
  return {
    seconds: 64,
    seed: 7,
    date: '2026-02-11T14:03:22.114Z',
    command: 'npm start -- --seed 7',
    machine: { cpu: 'Example CPU @ 2.70GHz', cores: 2, node: 'v20.19.0', platform: 'linux x64' },
    dense: { accuracy: 0.9821, parameters: 266610, bytes: 1066440 },
    sparse: { accuracy: 0.9815, sparsity: 0.95, parameters: 13710, bytes: 86240 },
    bench: [
      { batch: 1, denseMicros: 38.4, sparseMicros: 9.31, speedup: 4.12 },
      { batch: 32, denseMicros: 512.3, sparseMicros: 64.9, speedup: 7.89 },
    ],
    training: [
      { name: 'dense', history: epochs(3, 0) },
      { name: 'round 1 (45 %)', history: epochs(2, 0.45) },
    ],
    rounds: [
      { round: 1, sparsity: 0.45, validationAccuracyBefore: 0.95, validationAccuracy: 0.982 },
      { round: 2, sparsity: 0.95, validationAccuracyBefore: 0.74, validationAccuracy: 0.981 },
    ],
    layers: [
      {
        name: 'dense 1',
        shape: [300, 784],
        weights: 235200,
        live: 9408,
        format: 'sell',
        kernel: 'spmm_sell_f32',
      },
      {
        name: 'dense 2',
        shape: [10, 300],
        weights: 3000,
        live: 1920,
        format: 'dense',
        kernel: 'gemm_dense_f32',
      },
    ],
    pixels: Array.from({ length: 784 }, (_, i) => (i % 4 === 0 ? 0 : i % 23)),
    ...changes,
  };
}

/** Fails unless every tag is closed in order and no number went wrong. */
export function expectSound(svg: string): void {
  expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
  const open: string[] = [];
  for (const [, close, name] of svg.matchAll(/<(\/?)([a-zA-Z0-9]+)[^>]*>/g)) {
    if (close === '') open.push(name!);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
}
