/** Inference of each peer against the float64 twin, and how long it takes. */

import { forward, randomLayers, uniform, withZeros } from './reference.mjs';
import { inferencePeers } from './registry.mjs';
import { microsOf } from './timing.mjs';

const NETWORKS = [
  [784, 300, 100, 10],
  [784, 1024, 1024, 10],
];
const SPARSITIES = [0, 0.9, 0.95];
const BATCHES = [1, 8, 32, 256];

/** @typedef {import('./onnxMlp.mjs').DenseLayer} DenseLayer */

/**
 * Largest difference over all batch sizes, relative to the largest output. Each batch is run twice in the same array, first with other
 * content, so that an engine that kept the first one is found out.
 *
 * @param {typeof inferencePeers[number]} entry
 * @param {DenseLayer[]} layers
 * @param {Float32Array} inputs of the largest batch
 * @param {Float64Array} expected
 */
async function worstError(entry, layers, inputs, expected) {
  const inFeatures = layers[0].inFeatures;
  const outFeatures = layers[layers.length - 1].outFeatures;
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  let worst = 0;
  let label = entry.name;
  for (const n of BATCHES) {
    const peer = await entry.create(layers, n);
    label = `${peer.name} ${peer.version}`;
    const x = new Float32Array(n * inFeatures).fill(1);
    await peer.run(x, n);
    x.set(inputs.subarray(0, x.length));
    const y = await peer.run(x, n);
    if (!(y instanceof Float32Array) || y.length !== n * outFeatures) worst = Number.NaN;
    y.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - expected[i]) / scale);
    });
    await peer.dispose();
  }
  return { label, worst };
}

/** @param {(row: { peer: string, check: string, value: number, limit: number }) => void} report */
export async function checkInference(report) {
  for (const sizes of NETWORKS)
    for (const sparsity of SPARSITIES) {
      const layers = withZeros(randomLayers(sizes, 1), sparsity, 2);
      const n = Math.max(...BATCHES);
      const inputs = Float32Array.from({ length: n * sizes[0] }, uniform(3));
      const expected = Float64Array.from(forward(layers, inputs, n)[layers.length]);
      for (const entry of inferencePeers) {
        const { label, worst } = await worstError(entry, layers, inputs, expected);
        const check = `${sizes.join('-')}, ${sparsity * 100} % zeros: max error`;
        report({ peer: label, check, value: worst, limit: 1e-5 });
      }
    }
}

/** Microseconds a call: a row for each network and batch, a column for each peer. */
export async function timeInference() {
  const rows = [['microseconds a call', 'batch', ...inferencePeers.map(({ name }) => name)]];
  for (const sizes of NETWORKS)
    for (const n of BATCHES) {
      const layers = randomLayers(sizes, 1);
      const x = Float32Array.from({ length: n * sizes[0] }, uniform(n));
      const peers = await Promise.all(inferencePeers.map(({ create }) => create(layers, n)));
      const micros = await microsOf(peers.map((peer) => () => peer.run(x, n)));
      rows.push([sizes.join('-'), String(n), ...micros.map((value) => value.toFixed(0))]);
      for (const peer of peers) await peer.dispose();
    }
  return rows;
}
