/** What tests of run-time pruning share: networks with zeros, and a twin in float64 that counts multiply-adds. */
import type { Network, Sequential } from '../../src/index.js';
import { dense, gelu, type LayerSpec, leakyRelu, relu, sequential, sigmoid, tanh } from '../../src/index.js';
import { type Bounded, layerTwin, sparse, values } from '../model/support.js';

export const INPUTS = 11;

export const networks: Readonly<Record<string, readonly LayerSpec[]>> = {
  'a perceptron': [dense(23), relu(), dense(13), relu(), dense(5)],
  'signed activations': [dense(19), tanh(), dense(14), leakyRelu({ slope: 0.3 }), dense(9), gelu(), dense(5)],
  'activations before the first weight, none between the others': [
    relu(),
    dense(17),
    dense(12),
    sigmoid(),
    dense(5),
  ],
};

/** A model with a share of zeros among its weights, which leaves no row and no column empty. */
export async function build(layers: readonly LayerSpec[], sparsity: number, seed = 4): Promise<Sequential> {
  const model = await sequential({ inputShape: [INPUTS], seed }, layers);
  const shapes = model.layers.flatMap(({ weight, bias }) => [
    ...(weight ? [weight.shape] : []),
    ...(bias ? [[1]] : []),
  ]);
  model.setWeights(
    model.getWeights().map((array, i) => {
      const full = values(array.length, i + seed, 0.8);
      if (shapes[i]!.length < 2) return full;
      const thin = sparse(full, sparsity, i + seed);
      const [rows, cols] = shapes[i] as [number, number];
      for (let k = 0; k < Math.max(rows, cols); k++) thin[(k % rows) * cols + (k % cols)] = full[k]!;
      return thin;
    }),
  );
  return model;
}

/** Outputs of one sample in float64, its hidden activations of up to `threshold` set to zero, and the multiply-adds it needs. */
export function runTwin(
  { graph, parameters }: Network,
  sample: ArrayLike<number>,
  threshold = 0,
  hidden = false,
): Bounded & { multiplyAdds: number } {
  let x: Bounded = { values: Array.from(sample), errors: Array.from(sample, () => 0) };
  let [behind, multiplyAdds] = [hidden, 0];
  for (const node of graph.nodes) {
    const own = parameters[node.index]!.map((parameter) => parameter.values);
    if (node.type.role === 'product') {
      const small = (value: number) => behind && Math.abs(value) <= Math.fround(threshold);
      x = {
        values: x.values.map((value) => (small(value) ? 0 : value)),
        errors: x.errors.map((error, i) => (small(x.values[i]!) ? 0 : error)),
      };
      const cols = x.values.length;
      own[0]!.forEach((weight, i) => {
        if (weight !== 0 && x.values[i % cols] !== 0) multiplyAdds++;
      });
      behind = true;
    }
    x = layerTwin(node.spec, x, own);
  }
  return { ...x, multiplyAdds };
}
