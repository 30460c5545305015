/** Looks into a model file: shapes, and which weights are left. */
import { type LayerView, loadModel } from 'espalier';
import type { Inspection, Mask } from './messages.js';

const PIXELS = 784;

function maskOf({ name, weight }: LayerView): Mask[] {
  if (!weight) return [];
  const { shape } = weight;
  const rows = shape[0]!;
  const live = Uint8Array.from(weight.data, (value) => (value === 0 ? 0 : 1));
  const count = live.reduce((sum, one) => sum + one, 0);
  return [{ name, shape: [...shape], rows, columns: live.length / rows, live, count }];
}

function readsOf(first: Mask | undefined): Uint16Array | null {
  if (first?.columns !== PIXELS) return null;
  const reads = new Uint16Array(PIXELS);
  first.live.forEach((one, i) => {
    reads[i % PIXELS]! += one;
  });
  return reads;
}

/** Throws what loadModel throws for a bad file. */
export async function inspect(bytes: Uint8Array): Promise<Inspection> {
  const model = await loadModel(bytes);
  try {
    const { layers, graph } = model;
    const masks = layers.flatMap(maskOf);
    return {
      inputShape: graph.inputShape,
      outputs: graph.outputShape.reduce((product, side) => product * side, 1),
      softmax: layers.at(-1)?.spec.kind === 'softmax',
      masks,
      reads: readsOf(masks[0]),
    };
  } finally {
    model.dispose();
  }
}
