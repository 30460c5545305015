/** `node bench/peers/check.mjs`: each peer against the float64 twin; exit code 1 if one is wrong. */

import { createJaxTrainer } from './jaxTraining.mjs';
import { createOnnxruntimeWeb } from './onnxruntimeWeb.mjs';
import { adamTrainer, forward, randomLayers, uniform } from './reference.mjs';

const SIZES = [784, 300, 100, 10];
const BATCH = 64;
const STEPS = 20;
const LEARNING_RATE = 1e-3;

/** @type {{ peer: string, check: string, value: number, limit: number }[]} */
const rows = [];

/** @param {number} n @param {number} seed */
function randomInput(n, seed) {
  const random = uniform(seed);
  return Float32Array.from({ length: n * SIZES[0] }, random);
}

/** A problem one can learn: sample s of class c is a fixed random pattern of c, plus noise. */
function separable() {
  const patterns = randomInput(10, 3);
  const noise = randomInput(BATCH, 4);
  const labels = Uint8Array.from({ length: BATCH }, (_, s) => (s * 7) % 10);
  const x = noise.map((value, i) => {
    const label = labels[Math.floor(i / SIZES[0])];
    return patterns[label * SIZES[0] + (i % SIZES[0])] + 0.5 * value;
  });
  return { x, labels };
}

async function checkInference() {
  const layers = randomLayers(SIZES, 1);
  const peer = await createOnnxruntimeWeb(layers);
  const label = `${peer.name} ${peer.version}`;
  for (const n of [1, 8, 33]) {
    const x = randomInput(n, n);
    const expected = forward(layers, x, n)[layers.length];
    const y = await peer.run(x, n);
    const errors = Array.from(expected, (value, i) => Math.abs(value - y[i]));
    const value = y.length === expected.length ? Math.max(...errors) : Number.NaN;
    rows.push({ peer: label, check: `forward, n = ${n}: max |error|`, value, limit: 1e-4 });
  }
  await peer.dispose();
}

async function checkTraining() {
  const { x, labels } = separable();
  const options = { layers: SIZES, batchSize: BATCH, learningRate: LEARNING_RATE, seed: 2 };
  const peer = await createJaxTrainer(options);
  const label = `${peer.name} ${peer.version}`;
  const twin = adamTrainer(randomLayers(SIZES, 2), LEARNING_RATE);
  const errors = [];
  const losses = [];
  for (let step = 0; step < STEPS; step++) {
    losses.push(peer.step(x, labels));
    errors.push(Math.abs(losses[step] - twin(x, labels)));
  }
  if (peer.device() !== 'wasm') throw new Error(`checkTraining: device must be wasm, got ${peer.device()}`);
  peer.dispose();
  const fall = losses[STEPS - 1] / losses[0];
  rows.push({ peer: label, check: 'loss, step 1: |error|', value: errors[0], limit: 1e-4 });
  rows.push({
    peer: label,
    check: `loss, steps 1-${STEPS}: max |error|`,
    value: Math.max(...errors),
    limit: 1e-3,
  });
  rows.push({ peer: label, check: `loss, step ${STEPS} / step 1`, value: fall, limit: 0.1 });
}

await checkInference();
await checkTraining();

const widths = [
  Math.max(...rows.map((row) => row.peer.length)),
  Math.max(...rows.map((row) => row.check.length)),
];
for (const { peer, check, value, limit } of rows) {
  const verdict = value <= limit ? 'ok' : 'WRONG';
  const cells = [peer.padEnd(widths[0]), check.padEnd(widths[1]), value.toExponential(2).padStart(9)];
  console.log(`${cells.join('  ')}  <= ${limit.toExponential(0)}  ${verdict}`);
}
process.exitCode = rows.every(({ value, limit }) => value <= limit) ? 0 : 1;
