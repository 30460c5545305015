/** Training by each peer that trains, against the float64 twin. */

import { createJaxTrainer } from './jaxTraining.mjs';
import { adamTrainer, randomLayers, uniform } from './reference.mjs';

const SIZES = [784, 300, 100, 10];
const BATCH = 64;
const STEPS = 20;
const LEARNING_RATE = 1e-3;

/** @param {number} n @param {number} seed */
const randomInput = (n, seed) => Float32Array.from({ length: n * SIZES[0] }, uniform(seed));

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

/** @param {(row: { peer: string, check: string, value: number, limit: number }) => void} report */
export async function checkTraining(report) {
  const { x, labels } = separable();
  const options = { layers: SIZES, batchSize: BATCH, learningRate: LEARNING_RATE, seed: 2 };
  const trainer = await createJaxTrainer(options);
  const peer = `${trainer.name} ${trainer.version}`;
  const twin = adamTrainer(randomLayers(SIZES, 2), LEARNING_RATE);
  const errors = [];
  const losses = [];
  for (let step = 0; step < STEPS; step++) {
    losses.push(trainer.step(x, labels));
    errors.push(Math.abs(losses[step] - twin(x, labels)));
  }
  if (trainer.device() !== 'wasm')
    throw new Error(`checkTraining: device must be wasm, got ${trainer.device()}`);
  trainer.dispose();
  const fall = losses[STEPS - 1] / losses[0];
  report({ peer, check: 'loss, step 1: |error|', value: errors[0], limit: 1e-4 });
  report({ peer, check: `loss, steps 1-${STEPS}: max |error|`, value: Math.max(...errors), limit: 1e-3 });
  report({ peer, check: `loss, step ${STEPS} / step 1`, value: fall, limit: 0.1 });
}
