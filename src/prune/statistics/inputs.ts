/** The inputs of a layer, sample by sample, as kernels of statistics take them. */
import { convWindows } from '../../train/convolution/windows.js';
import type { LayerPass } from '../../train/passes.js';
import type { Bench, StudiedWeight } from './statistic.js';

/** Windows of a convolution that are looked at together, times samples. */
const CHUNK = 512;

/** Inputs of some samples: x [ceil(samples / lanes), features, lanes] at a byte address. */
export interface InputTiles {
  readonly x: number;
  readonly features: number;
  readonly lanes: number;
  readonly samples: number;
  /** Which group of a convolution they are of; 0 for other layers. */
  readonly group: number;
}

/** Parts of a weight that have inputs of their own: the groups of a convolution, one for other layers. */
export const inputGroups = ({ parameter }: StudiedWeight): number => parameter.spec.groups ?? 1;

/** Most samples that a visit may bring. */
export const mostSamples = ({ batchSize }: Bench): number => Math.max(batchSize, CHUNK);

/** What visits the inputs of layers; keeps room for the windows of a convolution. */
export type InputReader = (
  weight: StudiedWeight,
  pass: LayerPass,
  count: number,
  visit: (tiles: InputTiles) => void,
) => void;

/**
 * A reader for the weights of a bench. A sample of a convolution is a window: the values that one pixel of its outputs is
 * made of, in the order of the columns of the weight. Windows come a few hundred at a time, lanes without a sample left out.
 */
export function inputReader(bench: Bench): InputReader {
  const { kernels, room, study, weights } = bench;
  const { nodes } = study.model.graph;
  const images = weights.filter(({ layer }) => nodes[layer]!.spec.kind === 'conv2d');
  const widest = Math.max(0, ...images.map(({ parameter }) => parameter.cols));
  const windows = widest > 0 ? room.allocate(widest * CHUNK * 4, false) : null;
  return ({ layer }, pass, count, visit) => {
    const { spec } = nodes[layer]!;
    const { lanes, inputs } = pass;
    if (spec.kind !== 'conv2d') {
      visit({ x: pass.x, features: inputs, lanes, samples: count, group: 0 });
      return;
    }
    const from = convWindows(pass, spec);
    for (let first = 0; first < count; first += lanes) {
      const keep = Math.min(lanes, count - first);
      const most = Math.floor(CHUNK / keep);
      for (let group = 0; group < from.groups; group++) {
        const x = from.x + (first / lanes) * from.tileBytes + group * from.groupBytes;
        for (let window = 0; window < from.count; window += most) {
          const some = Math.min(most, from.count - window);
          const bases = from.bases + window * from.step;
          const to = windows!.address;
          kernels.unfold_f32(to, x, from.offsets, bases, from.step, from.cols, some, keep);
          visit({ x: to, features: from.cols, lanes: keep, samples: some * keep, group });
        }
      }
    }
  };
}
