import { NETWORK_INPUT } from '../../graph/graph.js';
import { stagesOf } from '../../train/stages.js';
import type { FlowStep } from './flowStep.js';
import { stepOf } from './flowSteps.js';
import { Room } from './room.js';
import { added, normalized, powerOfTwo, type Scaled } from './scaled.js';
import type { Bench, OwnStatistic } from './statistic.js';
import type { Pace } from './study.js';

/** A layer with what it reads; `step` is null for one that adds. */
interface Place {
  readonly inputs: readonly number[];
  readonly step: FlowStep | null;
  /** Position of its weight, where it has one that is asked for. */
  readonly weight: number | undefined;
  readonly length: number;
}

function placesOf({ study, kernels, weights }: Bench, room: Room): Place[] {
  const { graph, parameters } = study.model;
  const asked = new Set(weights.map(({ index }) => index));
  return stagesOf(graph).map(({ node, parameters: own, inputs }) => {
    const adds = node.type.role === 'add';
    const step = adds
      ? null
      : stepOf(
          { kernels, room },
          node,
          own.map((i) => parameters[i]!),
        );
    return { inputs: node.inputs, step, weight: own.find((i) => asked.has(i)), length: inputs };
  });
}

const ones = (length: number): Scaled => ({ values: new Float64Array(length).fill(1), exponent: 0 });

const through = ({ values, exponent }: Scaled, pass: (values: Float64Array) => Float64Array): Scaled =>
  normalized({ values: pass(values), exponent });

/** Outputs of all layers for an input of ones. */
async function forward(places: readonly Place[], pace: Pace): Promise<Scaled[]> {
  const values: Scaled[] = [];
  const input = ones(places[0]!.length);
  for (const { inputs, step } of places) {
    const [first, second] = inputs.map((i) => (i === NETWORK_INPUT ? input : values[i]!));
    values.push(step ? through(first!, (x) => step.forward(x)) : normalized(added(first!, second!)));
    if (step?.weights) await pace.step();
  }
  return values;
}

/** dR/d|W| / R for every weight that is asked for, last layer first. */
async function backward(
  places: readonly Place[],
  values: readonly Scaled[],
  pace: Pace,
): Promise<Map<number, Float64Array>> {
  const found = new Map<number, Float64Array>();
  const output = values.at(-1)!;
  const total = output.values.reduce((sum, value) => sum + value, 0);
  const gradients = new Map<number, Scaled>([[places.length - 1, ones(output.values.length)]]);
  for (let i = places.length - 1; i >= 0; i--) {
    const { inputs, step, weight, length } = places[i]!;
    const dy = gradients.get(i)!;
    gradients.delete(i);
    if (weight !== undefined && step?.weights) {
      const x = inputs[0] === NETWORK_INPUT ? ones(length) : values[inputs[0]!]!;
      const scale = total > 0 ? powerOfTwo(x.exponent + dy.exponent - output.exponent) / total : 0;
      found.set(weight, step.weights(x.values, dy.values, scale));
    }
    const dx = step ? through(dy, (g) => step.backward(g)) : dy;
    for (const from of inputs) {
      const other = gradients.get(from);
      gradients.set(from, other ? normalized(added(other, dx)) : dx);
    }
    if (step?.weights) await pace.step();
  }
  return found;
}

/**
 * How much of R = 1^T |W_L| ... |W_1| 1 goes through each weight, as dR/d|W| / R: R itself over- or underflows in deep or
 * wide networks, so values are kept with a power of two beside them. Of residual blocks both branches carry flow, and add up;
 * pooling hands on the mean of a window, batch normalization multiplies by the size of its factor at inference. Biases, shifts and
 * activations take no part; the model is only read. All zeros where nothing flows. Tanaka et al. 2020, arXiv:2006.05467,
 * eq. 1 and theorem 1.
 */
export const flow: OwnStatistic<Float64Array> = {
  kind: 'weights',
  steps: ({ all }) => 2 * all.length,
  async compute(bench, pace) {
    const room = new Room(bench.room.memory);
    try {
      const places = placesOf(bench, room);
      return await backward(places, await forward(places, pace), pace);
    } finally {
      room.free();
    }
  },
};
