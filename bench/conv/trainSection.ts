/** Training LeNet-5 by Adam, beside other engines. */
import { syntheticDigits } from '../../datasets/index.js';
import { adam } from '../../src/index.js';
import type { Effort, Section } from '../section.js';
import { modelOf } from './networks.js';
import { lenet5 } from './peers.js';
import { compareTrainers, type TrainerRow } from './trainersSection.js';

const BATCH = 64;
const BATCHES = 8;
const RATE = 1e-3;

/** Samples a second, one step after the other. */
export async function trainSection(effort: Effort): Promise<Section<TrainerRow>> {
  const network = lenet5(1);
  const { images, labels } = syntheticDigits({ samples: BATCH * BATCHES, shape: [1, 28, 28] });
  const batches = Array.from({ length: BATCHES }, (_, i) => ({
    x: images.slice(i * BATCH * 784, (i + 1) * BATCH * 784),
    y: Int32Array.from(labels.subarray(i * BATCH, (i + 1) * BATCH)),
  }));
  const model = await modelOf(network);
  const optimizer = adam({ learningRate: RATE });
  const section = await compareTrainers(
    {
      title: 'Training LeNet-5',
      network,
      batches,
      learningRate: RATE,
      ours: [{ name: 'espalier', step: (x, y) => model.trainOnBatch(x, y, { optimizer }) }],
    },
    effort,
  );
  model.dispose();
  return section;
}
