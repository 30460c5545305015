/** Random networks over images: convolutions, depthwise ones, pooling, batch normalization, residual sums. */
import {
  avgPool2d,
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  gelu,
  globalAvgPool2d,
  type LayerSpec,
  leakyRelu,
  maxPool2d,
  relu,
  residual,
  type Sequential,
  sequential,
  tanh,
} from '../../src/index.js';
import { values } from '../model/support.js';
import type { SeededRandom } from '../support/seededRandom.js';

/** Activations that keep zeros. */
const activations = [relu, leakyRelu, tanh, gelu, () => dropout(0.3)];

/** An integer in [from, to]. */
export const between = (random: SeededRandom, from: number, to: number) =>
  from + Math.floor(random.uniform() * (to - from + 1));

const chance = (random: SeededRandom, share: number) => random.uniform() < share;

/** Layers that keep the number of channels and the size. */
function wrapping(random: SeededRandom, channels: number): LayerSpec[] {
  const layers: LayerSpec[] = [];
  if (chance(random, 0.5)) layers.push(batchNorm());
  if (chance(random, 0.6)) layers.push(activations[between(random, 0, activations.length - 1)]!());
  if (channels > 1 && chance(random, 0.3)) {
    layers.push(conv2d(channels, 3, { padding: 1, groups: channels, bias: chance(random, 0.5) }));
  }
  return layers;
}

function convolution(random: SeededRandom, filters: number): LayerSpec[] {
  const kernel = between(random, 1, 3);
  const bias = chance(random, 0.6);
  return [conv2d(filters, kernel, { padding: 'same', bias }), ...wrapping(random, filters)];
}

function block(
  random: SeededRandom,
  channels: number,
  depth: number,
): { layers: readonly LayerSpec[]; channels: number } {
  const out = chance(random, 0.5) ? channels : between(random, 2, 5);
  const body = [...convolution(random, between(random, 2, 5)), ...convolution(random, out)];
  if (depth > 0 && chance(random, 0.3))
    body.push(...block(random, out, 0).layers, ...convolution(random, out));
  const shortcut = out === channels ? [] : convolution(random, out);
  return { layers: [...residual(body, shortcut), ...wrapping(random, out)], channels: out };
}

/** Layers from images [channels, size, size] to 3 outputs. */
export function randomLayers(random: SeededRandom): { inputShape: number[]; layers: LayerSpec[] } {
  const inputShape = [between(random, 1, 3), 6, 6];
  let channels = between(random, 2, 6);
  const layers = convolution(random, channels);
  for (let blocks = between(random, 1, 2); blocks > 0; blocks--) {
    const made = block(random, channels, 1);
    layers.push(...made.layers);
    channels = made.channels;
    if (chance(random, 0.4))
      layers.push(chance(random, 0.5) ? maxPool2d(2, { stride: 1 }) : avgPool2d(2, { stride: 1 }));
  }
  layers.push(...(chance(random, 0.5) ? [globalAvgPool2d()] : [maxPool2d(2), flatten()]));
  if (chance(random, 0.6)) {
    layers.push(dense(between(random, 2, 6)), ...(chance(random, 0.5) ? [batchNorm()] : []), relu());
    if (chance(random, 0.4)) {
      const units = between(random, 2, 4);
      layers.push(dense(units), relu(), ...residual([dense(5), relu(), dense(units)]));
    }
  }
  return { inputShape, layers: [...layers, dense(3)] };
}

/** Random weights, and statistics that are not those of the start. */
export function randomWeights(model: Sequential, seed: number): Float32Array[] {
  const specs = model.graph.nodes.flatMap(({ parameters }) => parameters);
  return model.getWeights().map((array, i) => {
    const { role } = specs[i]!;
    const random = values(array.length, seed + i, role === 'weight' ? 0.6 : 0.3);
    return role === 'variance' || role === 'scale' ? random.map((value) => 1 + value) : random;
  });
}

/** A model of random layers with random weights. */
export async function randomModel(random: SeededRandom, seed: number): Promise<Sequential> {
  const { inputShape, layers } = randomLayers(random);
  const model = await sequential({ inputShape, seed }, layers);
  model.setWeights(randomWeights(model, seed));
  return model;
}
