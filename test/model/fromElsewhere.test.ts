import { expect, test } from 'vitest';
import { batchNorm, conv2d, dense, flatten, relu, sequential } from '../../src/index.js';
import { values } from './support.js';

/** A state dict as PyTorch names and shapes it. */
const state: Readonly<Record<string, Float32Array>> = {
  'conv1.weight': values(2 * 1 * 2 * 2, 1), // [filters, channels, height, width]
  'bn1.weight': Float32Array.of(1.5, 0.5),
  'bn1.bias': Float32Array.of(0.25, -0.5),
  'bn1.running_mean': Float32Array.of(0.1, -0.2),
  'bn1.running_var': Float32Array.of(2, 0.5),
  'fc1.weight': values(3 * 8, 2), // [out, in]
  'fc1.bias': values(3, 3),
};
const torch = {
  weight: 'weight',
  bias: 'bias',
  scale: 'weight',
  mean: 'running_mean',
  variance: 'running_var',
};
const modules = ['conv1', 'bn1', 'fc1'];

/** The network of that state, as its definition reads, in float64. */
function reference(image: Float32Array): number[] {
  const at = (name: string, i: number) => state[name]![i]!;
  const features: number[] = [];
  for (let f = 0; f < 2; f++) {
    for (let row = 0; row < 2; row++) {
      for (let col = 0; col < 2; col++) {
        let sum = 0;
        for (let u = 0; u < 2; u++) {
          for (let v = 0; v < 2; v++)
            sum += at('conv1.weight', f * 4 + u * 2 + v) * image[(row + u) * 3 + col + v]!;
        }
        const normal = (sum - at('bn1.running_mean', f)) / Math.sqrt(at('bn1.running_var', f) + 1e-5);
        features.push(Math.max(0, normal * at('bn1.weight', f) + at('bn1.bias', f)));
      }
    }
  }
  return [0, 1, 2].map((out) =>
    features.reduce((sum, x, i) => sum + x * at('fc1.weight', out * 8 + i), at('fc1.bias', out)),
  );
}

test('weights of a state dict go where README says', async () => {
  const model = await sequential({ inputShape: [1, 3, 3], seed: 1 }, [
    conv2d(2, 2, { bias: false }),
    batchNorm(),
    relu(),
    flatten(),
    dense(3),
  ]);
  const layers = model.graph.nodes.filter(({ parameters }) => parameters.length > 0);
  model.setWeights(
    layers.flatMap(({ parameters }, i) =>
      parameters.map(({ role }) => state[`${modules[i]}.${torch[role as keyof typeof torch]}`]!),
    ),
  );
  const image = values(9, 4);
  const expected = reference(image);
  model.predict(image).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
  model.dispose();
});
