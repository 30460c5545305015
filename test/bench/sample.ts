/** Plausible figures for the plots of the benchmarks. */
import type { SpeedupBatch, SpeedupData } from '../../bench/plots/speedup.js';

const peers = (factor: number) =>
  [
    { name: 'onnxruntime-web', speedup: 0.5 },
    { name: 'onnxruntime-node', speedup: 1.7 },
    { name: 'tfjs-wasm', speedup: 0.6 },
    { name: 'LiteRT', speedup: 0.62 },
    { name: 'jax-js', speedup: 0.45 },
  ].map(({ name, speedup }) => ({ name, speedup: speedup * factor }));

function batch(size: number, factor: number, points: readonly (readonly [number, number])[]): SpeedupBatch {
  return {
    batch: size,
    points: points.map(([sparsity, speedup]) => ({ sparsity, speedup })),
    peers: peers(factor),
  };
}

/** The sample; `changes` replaces whole fields. */
export function sampleSpeedups(changes: Partial<SpeedupData> = {}): SpeedupData {
  return {
    title: 'LeNet-300-100: speed-up over our own dense engine',
    machine: 'Example CPU @ 2.70GHz, 4 cores, Node 20.19.0, 2026-02-11',
    batches: [
      batch(1, 1.6, [
        [0, 1],
        [0.5, 0.9],
        [0.75, 1.2],
        [0.9, 2.6],
        [0.95, 4.2],
        [0.98, 8],
        [0.99, 12],
      ]),
      batch(8, 1.2, [
        [0, 1],
        [0.5, 1.1],
        [0.8, 2.5],
        [0.9, 4.8],
        [0.95, 8.6],
        [0.98, 16],
        [0.99, 22],
      ]),
      batch(32, 1, [
        [0, 1],
        [0.5, 1.4],
        [0.8, 3.2],
        [0.9, 6],
        [0.95, 10.5],
        [0.98, 20],
        [0.99, 28],
      ]),
      batch(256, 0.9, [
        [0, 1],
        [0.5, 1.5],
        [0.8, 3.4],
        [0.9, 6.4],
        [0.95, 11.2],
        [0.98, 21.5],
        [0.99, 31],
      ]),
    ],
    ...changes,
  };
}
