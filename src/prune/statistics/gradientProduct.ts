import { NumericError } from '../../errors.js';
import type { Block } from '../../runtime/block.js';
import type { Loss } from '../../train/losses/loss.js';
import { type Shadow, shadowOf } from '../../train/shadow.js';
import { Trainer } from '../../train/trainer.js';
import { balancedSamples } from './samples.js';
import { type Bench, byWeight, type OwnStatistic, type StudiedWeight } from './statistic.js';
import { dataOf, type Pace } from './study.js';
import { roundedSums } from './sums.js';

/** Logits are divided by it: Wang et al. 2020, section 4.1 and their code. */
const TEMPERATURE = 200;
/** Samples a class, at most; the authors take 10 to 25. */
const PER_CLASS = 25;
/**
 * Length of the step along the gradient in units of the length of all weights: the rounding of float32 gradients, divided by it,
 * and what it leaves out (its square) are about the same.
 */
const STEP = 1 / 128;

/** Gradients on the chosen samples, of a model and of a copy whose weights are moved about. */
interface Probe {
  readonly bench: Bench;
  readonly still: Trainer;
  readonly shadow: Shadow;
  readonly moved: Trainer;
  readonly loss: Loss;
  readonly order: Uint32Array;
  readonly pace: Pace;
}

/** The loss of outputs divided by the temperature, where outputs are logits; other losses as they are. */
function tempered(loss: Loss, { kernels, room, batchSize }: Bench, outputs: number): Loss {
  if (loss.kind !== 'softmaxCrossEntropy') return loss;
  const cool = room.allocate(outputs * (batchSize + 32) * 4);
  return {
    kind: loss.kind,
    targets: loss.targets,
    run(call) {
      const n = call.outputs * call.tiles * call.lanes;
      kernels.scale_f32(cool.address, call.x, n, 1 / TEMPERATURE);
      const sum = loss.run({ ...call, x: cool.address });
      kernels.scale_f32(call.dx, call.dx, n, 1 / TEMPERATURE);
      return sum;
    },
  };
}

/** Both trainers take the chosen samples from `first` on; how many. */
function stage({ bench, still, moved, order }: Probe, first: number): number {
  const { images, labels } = dataOf(bench.study);
  const batch = order.slice(first, first + bench.batchSize);
  for (const { batch: staged } of [still, moved]) {
    staged.stage(images, batch);
    staged.stageTargets(labels, batch);
  }
  return batch.length;
}

/** sums += scale * mean gradient over what is staged; of moved weights, with the gates of those that stay. */
async function addGradients(
  { bench, still, moved, loss, order, pace }: Probe,
  count: number,
  sums: ReadonlyMap<number, Block>,
  scale: number,
  gated: boolean,
): Promise<void> {
  const [trainer, gates] = gated ? [moved, still] : [still, undefined];
  const { loss: sum } = trainer.loss(loss, trainer.forward(count, false, undefined, gates), count);
  if (!Number.isFinite(sum)) {
    throw new NumericError(`statistics: the loss must be finite, got ${sum}; no weight was changed`);
  }
  const gradients = trainer.backward(count, undefined, { training: false, ...(gates && { gates }) });
  const share = (scale * count) / order.length;
  for (const { index, parameter } of bench.all) {
    const to = sums.get(index)!.address;
    bench.kernels.add_scaled_f64(to, gradients[index]!.address, parameter.count, share);
  }
  await pace.step();
}

/** Moves all weights of the shadow to w + step * direction. */
function move({ bench, shadow }: Probe, direction: ReadonlyMap<number, Block>, step: number): void {
  for (const { index, parameter } of bench.all) {
    const to = shadow.model.parameters[index]!.address;
    const { address, count } = parameter;
    bench.kernels.perturb_f32(to, address, direction.get(index)!.address, count, step);
  }
}

/** Euclidean length of all weights, and of their gradients. */
function lengths({ bench }: Probe, direction: ReadonlyMap<number, Block>): { w: number; g: number } {
  let [w, g] = [0, 0];
  for (const { index, parameter } of bench.all) {
    w += bench.kernels.sum_squares_f32(parameter.address, parameter.count);
    const { memory, address } = direction.get(index)!;
    for (const value of new Float64Array(memory.buffer, address, parameter.count)) g += value * value;
  }
  return { w: Math.sqrt(w), g: Math.sqrt(g) };
}

async function productOf(probe: Probe): Promise<Map<number, Float32Array>> {
  const { bench, still, order } = probe;
  const { room, all, batchSize } = bench;
  const sums = () => byWeight(all, ({ parameter }: StudiedWeight) => room.doubles(parameter.count));
  const [direction, product] = [sums(), sums()];
  for (let first = 0; first < order.length; first += batchSize) {
    await addGradients(probe, stage(probe, first), direction, 1, false);
  }
  const { w, g } = lengths(probe, direction);
  // Without a gradient, or without weights, H g is 0.
  const step = g > 0 ? (STEP * w) / g : 0;
  for (let first = 0; first < order.length; first += batchSize) {
    const count = stage(probe, first);
    still.forward(count, false);
    for (const sign of [1, -1]) {
      move(probe, direction, sign * step);
      await addGradients(probe, count, product, step > 0 ? sign / (2 * step) : 0, true);
    }
  }
  return roundedSums(bench, product, 1);
}

const orderOf = ({ study, samples }: Bench) =>
  balancedSamples(dataOf(study).labels, samples, PER_CLASS, study.seed);

/**
 * H g: the Hessian of the loss times its gradient g, both with respect to all weights, logits divided by 200, on a set with
 * as many samples of every class (at most 25), in inference mode. By central differences along g,
 * (g(w + h g) - g(w - h g)) / 2h with h = |w| / (128 |g|), summed in float64, on a copy of the weights. The moved passes take
 * the gates of the weights as they are (signs at relu and leakyRelu, places of maxima at maxPool2d), as differentiating twice does:
 * a gate that flips between the two points would count as curvature. Wang et al. 2020, arXiv:2002.07376, algorithm 1.
 */
export const gradientProduct: OwnStatistic<Float32Array> = {
  kind: 'own',
  steps: (bench) => 3 * Math.ceil(orderOf(bench).length / bench.batchSize),
  async compute(bench, pace) {
    const { study, batchSize } = bench;
    const shadow = shadowOf(study.model);
    const trainers: Trainer[] = [];
    try {
      for (const model of [study.model, shadow.model]) trainers.push(Trainer.create(model, batchSize));
      const [still, moved] = trainers as [Trainer, Trainer];
      const loss = tempered(study.loss, bench, still.batch.outputs);
      return await productOf({ bench, shadow, still, moved, loss, order: orderOf(bench), pace });
    } finally {
      for (const trainer of trainers) trainer.free();
      shadow.free();
    }
  },
};
