/** Trains and prunes a network, as any program would with the public API. */
import {
  AbortedError,
  adamw,
  augmentImages,
  block,
  cosine,
  dense,
  type EpochLogs,
  gradual,
  type LabelledData,
  relu,
  type Sequential,
  sequential,
} from 'espalier';
import type { Jobs, Trained, TrainProgress } from './messages.js';
import { Pace } from './pace.js';

const PIXELS = 784;
const BATCH = 64;
/** Of 10,000 digits: 1,000 are for the curve of right answers, and the last ones for the figure at the end. */
const TRAINING = 8000;
const VALIDATION = 1000;
/** How much of a batch's loss the curve takes over. */
const SMOOTHING = 0.05;
/** Milliseconds between two reports. */
const EVERY = 60;

type Given = Jobs['train']['give'];

function parts({ images, labels }: Given['digits']) {
  const units = Float32Array.from(images, (byte) => byte / 255);
  const part = (from: number, to: number) => ({
    images: units.subarray(from * PIXELS, to * PIXELS),
    labels: labels.subarray(from, to),
  });
  const end = TRAINING + VALIDATION;
  return { train: part(0, TRAINING), validation: part(TRAINING, end), test: part(end, labels.length) };
}

/** Tells where training is, not too often. */
function reporter(model: Sequential, tell: (progress: TrainProgress) => void) {
  const pace = new Pace();
  let last = 0;
  /** Mean of the epoch before this step, and of the last batches: the curve has no jump where an epoch begins. */
  let before = 0;
  let smooth: number | undefined;
  const figures = () => ({
    sparsity: model.summary().sparsity,
    samplesPerSecond: pace.perSecond,
  });
  return {
    onStep({ epoch, step, loss }: { epoch: number; step: number; loss: number }) {
      pace.add(BATCH);
      const own = step === 1 ? loss : loss * step - before * (step - 1);
      before = loss;
      smooth = smooth === undefined ? own : smooth + (own - smooth) * SMOOTHING;
      if (performance.now() - last < EVERY) return;
      last = performance.now();
      tell({ at: epoch - 1 + (step * BATCH) / TRAINING, loss: smooth, accuracy: null, ...figures() });
    },
    onEpochEnd({ epoch, loss, valAccuracy }: EpochLogs) {
      tell({ at: epoch, loss: smooth ?? loss, accuracy: valAccuracy ?? null, ...figures() });
    },
  };
}

/** Tests a model as it is. */
async function outcome(
  model: Sequential,
  test: LabelledData,
  begun: number,
  stopped: boolean,
): Promise<Trained> {
  const seconds = (performance.now() - begun) / 1000;
  const { accuracy } = await model.evaluate(test.images, test.labels);
  const { sparsity } = model.summary();
  return { bytes: model.encode(), accuracy, tested: test.labels.length, sparsity, seconds, stopped };
}

/** Trains, and tests what came out; when stopped, what there is by then. */
export async function train(
  { options, digits }: Given,
  tell: (progress: TrainProgress) => void,
  signal: AbortSignal,
): Promise<Trained> {
  const { epochs, sparsity, structure } = options;
  const data = parts(digits);
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  const model = await sequential({ inputShape: [PIXELS], seed: 1 }, layers);
  const steps = epochs * Math.ceil(TRAINING / BATCH);
  const begun = performance.now();
  try {
    await model.fit(data.train.images, data.train.labels, {
      epochs,
      batchSize: BATCH,
      optimizer: adamw({ learningRate: cosine({ start: 3e-3, end: 0, steps }), weightDecay: 0.05 }),
      pruning: gradual({
        sparsity,
        until: 0.6,
        every: 20,
        structure: structure === 'block' ? block(4, 1) : 'weight',
      }),
      augment: augmentImages({ shape: [1, 28, 28], shift: 1.5, rotate: 10, scale: [0.9, 1.1], shear: 8 }),
      validation: data.validation,
      callbacks: [reporter(model, tell)],
      signal,
    });
    return await outcome(model, data.test, begun, false);
  } catch (error) {
    if (!(error instanceof AbortedError)) throw error;
    return await outcome(model, data.test, begun, true);
  } finally {
    model.dispose();
  }
}
